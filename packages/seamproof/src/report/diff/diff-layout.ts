/** Two processes side by side: stacks matched by the names of their frames, since addresses and lines move between builds. */
import type { ProcessFacts } from '../../contract/facts.js'
import type { Frame } from '../../contract/frame.js'
import {
  type Amount,
  type LeakedAmounts,
  type Metric,
  metricAmount,
  type Resource,
  resourceOf,
} from '../metric.js'
import { StackMerger } from './stack-merger.js'

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

export function layoutDiff(before: DiffSide, after: DiffSide, metric: Metric): DiffLayout {
  const merger = new StackMerger()
  const rows = new Map<string, DiffRow>()
  const add = ({ process, leaked }: DiffSide, side: 'before' | 'after') => {
    const nodeOf = merger.add(process)
    process.costs.forEach((cost, index) => {
      const amount = metricAmount(cost, metric, leaked.get(index))
      if (amount.bytes === 0 && amount.blocks === 0) return
      const row = rowOf(rows, nodeOf(cost.treeIndex), resourceOf(cost.kind))
      row[side].bytes += amount.bytes
      row[side].blocks += amount.blocks
    })
  }
  add(before, 'before')
  add(after, 'after')
  return { frames: merger.frames, tree: merger.tree, rows: [...rows.values()] }
}

function rowOf(rows: Map<string, DiffRow>, treeIndex: number, resource: Resource): DiffRow {
  const key = `${resource} ${treeIndex}`
  let row = rows.get(key)
  if (row === undefined) {
    const none = { bytes: 0, blocks: 0 }
    row = { treeIndex, resource, before: { ...none }, after: { ...none } }
    rows.set(key, row)
  }
  return row
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
