/** Two processes side by side: stacks matched by the names of their frames, since addresses and lines move between builds. */
import type { ProcessFacts } from '../../contract/facts.js'
import type { Frame } from '../../contract/frame.js'
import { EdgeTable } from '../call-tree/edge-table.js'
import { frameName } from '../frame-text.js'
import {
  type Amount,
  type LeakedAmounts,
  type Metric,
  metricAmount,
  type Resource,
  resourceOf,
} from '../metric.js'

export interface DiffSide {
  process: ProcessFacts
  leaked: LeakedAmounts
}

export interface DiffRow {
  treeIndex: number
  resource: Resource
  before: Amount
  after: Amount
}

export interface DiffLayout {
  /** Frames of both sides, each name once; where both have it, the later side's place. */
  frames: Frame[]
  tree: ProcessFacts['tree']
  rows: DiffRow[]
}

/** A path differs by install and a line by edit; the file's own name and the function do not. */
function diffKey(frame: Frame): string {
  const file = frame.file ?? ''
  const short = file.startsWith('node:') ? file : file.slice(file.lastIndexOf('/') + 1)
  return JSON.stringify([frameName(frame), frame.moduleName ?? '', short, frame.kind])
}

class Merger {
  readonly frames: Frame[] = []
  readonly edges = new EdgeTable()
  readonly rows = new Map<string, DiffRow>()
  private readonly indexes = new Map<string, number>()

  add({ process, leaked }: DiffSide, side: 'before' | 'after', metric: Metric): void {
    const frameOf = process.frames.map((frame) => this.frameIndex(frame))
    const nodeOf = new Int32Array(process.tree.parentIndex.length).fill(-1)
    nodeOf[0] = 0
    process.costs.forEach((cost, index) => {
      const amount = metricAmount(cost, metric, leaked.get(index))
      if (amount.bytes === 0 && amount.blocks === 0) return
      const resource = resourceOf(cost.kind)
      const node = this.node(process, frameOf, nodeOf, cost.treeIndex)
      const row = this.row(node, resource)
      row[side].bytes += amount.bytes
      row[side].blocks += amount.blocks
    })
  }

  private frameIndex(frame: Frame): number {
    const key = diffKey(frame)
    const known = this.indexes.get(key)
    if (known !== undefined) {
      this.frames[known] = frame
      return known
    }
    const index = this.frames.push(frame) - 1
    this.indexes.set(key, index)
    return index
  }

  private node(
    process: ProcessFacts,
    frameOf: readonly number[],
    nodeOf: Int32Array,
    treeIndex: number,
  ): number {
    const path: number[] = []
    let at = treeIndex
    while (nodeOf[at] === -1) {
      path.push(at)
      at = process.tree.parentIndex[at] ?? 0
    }
    let node = nodeOf[at] ?? 0
    for (const step of path.reverse()) {
      node = this.edges.child(node, frameOf[process.tree.frameIndex[step] ?? -1] ?? -1)
      nodeOf[step] = node
    }
    return node
  }

  private row(treeIndex: number, resource: Resource): DiffRow {
    const key = `${resource} ${treeIndex}`
    let row = this.rows.get(key)
    if (row === undefined) {
      const none = { bytes: 0, blocks: 0 }
      row = { treeIndex, resource, before: { ...none }, after: { ...none } }
      this.rows.set(key, row)
    }
    return row
  }
}

export function layoutDiff(before: DiffSide, after: DiffSide, metric: Metric): DiffLayout {
  const merger = new Merger()
  merger.add(before, 'before', metric)
  merger.add(after, 'after', metric)
  const { edges, frames, rows } = merger
  return {
    frames,
    tree: {
      parentIndex: Array.from(edges.parent.subarray(0, edges.size), (parent) =>
        Math.max(0, parent),
      ),
      frameIndex: Array.from(edges.key.subarray(0, edges.size)),
    },
    rows: [...rows.values()],
  }
}

export type DiffChange = 'new' | 'grew' | 'shrank' | 'gone' | 'same'

/** Bytes decide; blocks where bytes are the same. */
export const changeWeight = ({ before, after }: DiffRow): number =>
  after.bytes - before.bytes || after.blocks - before.blocks

export function changeOf(row: DiffRow): DiffChange {
  if (row.before.blocks === 0) return row.after.blocks === 0 ? 'same' : 'new'
  if (row.after.blocks === 0) return 'gone'
  const weight = changeWeight(row)
  return weight === 0 ? 'same' : weight > 0 ? 'grew' : 'shrank'
}
