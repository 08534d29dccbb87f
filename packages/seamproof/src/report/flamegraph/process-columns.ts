/** One process as columns of numbers: only the nodes that lead to a cost, frames merged over JIT tiers. */
import { kernelModule } from '../../contract/cpu-profile.js'
import type { ProcessFacts, StackCost } from '../../contract/facts.js'
import type { Frame } from '../../contract/frame.js'
import { frameName } from '../frame-text.js'
import {
  type LeakedAmounts,
  metricAmount,
  metricGap,
  metricLabels,
  metrics,
  type Resource,
  resourceOf,
  resources,
} from '../metric.js'
import {
  type FlamegraphProcess,
  type FrameCategory,
  frameCategories,
  type MetricColumns,
  type ResourceColumns,
} from './flamegraph-document.js'

class StringTable {
  readonly strings = ['']
  private readonly indexes = new Map([['', 0]])

  index(text: string): number {
    let index = this.indexes.get(text)
    if (index === undefined) {
      index = this.strings.push(text) - 1
      this.indexes.set(text, index)
    }
    return index
  }
}

/** Modules that stand for a state of the thread rather than for code. */
const stateModules: Record<string, FrameCategory> = {
  '[gc]': 'gc',
  [kernelModule]: 'kernel',
  '[runnable]': 'runnable',
  '[idle]': 'idle',
}

export function frameCategory(frame: Frame): FrameCategory {
  const state = stateModules[frame.moduleName ?? '']
  if (state !== undefined) return state
  if (frame.kind === 'wasm') return 'wasm'
  if (frame.kind === 'builtin') return 'builtin'
  return frame.origin
}

/** JavaScript belongs to its package, or to its file; native code to its module. */
function frameGroup(frame: Frame): string {
  if (frame.file !== undefined && frame.kind === 'js') {
    if (frame.file.startsWith('node:')) return 'node internals'
    const inPackages = frame.file.lastIndexOf('/node_modules/')
    if (inPackages === -1) return frame.file.slice(frame.file.lastIndexOf('/') + 1)
    const [first = '', second = ''] = frame.file.slice(inPackages + 14).split('/')
    return first.startsWith('@') ? `${first}/${second}` : first
  }
  return frame.moduleName ?? (frame.kind === 'builtin' ? 'V8 builtins' : 'unknown')
}

type FrameColumns = Pick<FlamegraphProcess, 'strings' | 'frames'> & { frameOf: Int32Array }

/** Tier and inlining change from call to call; name and place make the frame. */
export function frameColumns(frames: readonly Frame[]): FrameColumns {
  const table = new StringTable()
  const columns: FlamegraphProcess['frames'] = {
    name: [],
    file: [],
    line: [],
    column: [],
    module: [],
    category: [],
    group: [],
    flags: [],
  }
  const merged = new Map<string, number>()
  const frameOf = new Int32Array(frames.length)
  frames.forEach((frame, index) => {
    const name = table.index(frameName(frame))
    const file = table.index(frame.file ?? '')
    const module = table.index(frame.moduleName ?? '')
    const category = frameCategories.indexOf(frameCategory(frame))
    const key = `${name} ${file} ${frame.line ?? 0} ${module} ${category}`
    let target = merged.get(key)
    if (target === undefined) {
      target = columns.name.push(name) - 1
      merged.set(key, target)
      columns.file.push(file)
      columns.line.push(frame.line ?? 0)
      columns.column.push(frame.column ?? 0)
      columns.module.push(module)
      columns.category.push(category)
      columns.group.push(table.index(frameGroup(frame)))
      columns.flags.push((frame.isNamed ? 0 : 1) | (frame.isInlined ? 2 : 0))
    }
    frameOf[index] = target
  })
  return { strings: table.strings, frames: columns, frameOf }
}

/** Keeps the nodes on the way to a cost, in an order where parents come first. */
export function treeColumns(
  tree: ProcessFacts['tree'],
  frameOf: Int32Array,
  costNodes: Iterable<number>,
): { tree: FlamegraphProcess['tree']; nodeOf: Int32Array } {
  const nodeOf = new Int32Array(tree.parentIndex.length).fill(-1)
  const parentOffset = [0]
  const frame = [-1]
  nodeOf[0] = 0
  const path: number[] = []
  for (const costNode of costNodes) {
    let node = costNode
    while ((nodeOf[node] ?? 0) === -1) {
      path.push(node)
      node = tree.parentIndex[node] ?? 0
    }
    for (let step = path.pop(); step !== undefined; step = path.pop()) {
      const parent = nodeOf[tree.parentIndex[step] ?? 0] ?? 0
      const index = frame.push(frameOf[tree.frameIndex[step] ?? -1] ?? -1) - 1
      parentOffset.push(index - parent)
      nodeOf[step] = index
    }
  }
  return { tree: { parentOffset, frame }, nodeOf }
}

const orAbsent = (column: number[]): number[] | undefined =>
  column.some((value) => value !== 0) ? column : undefined

export function metricColumnsOf(
  head: Pick<MetricColumns, 'metric' | 'label' | 'gap'>,
  columns: Partial<Record<'bytes' | 'blocks' | 'time' | 'samples', number[]>>,
): MetricColumns {
  const filled: MetricColumns = { ...head }
  for (const unit of ['bytes', 'blocks', 'time', 'samples'] as const) {
    const column = columns[unit] && orAbsent(columns[unit])
    if (column) filled[unit] = column
  }
  return filled
}

export const metricColumns = (
  head: Pick<MetricColumns, 'metric' | 'label' | 'gap'>,
  bytes: number[],
  blocks: number[],
): MetricColumns => metricColumnsOf(head, { bytes, blocks })

/** Rows of one resource; `rowOf` maps an index into `costs` to its row. */
function resourceColumns(
  process: ProcessFacts,
  resource: Resource,
  leaked: LeakedAmounts,
  nodeOf: Int32Array,
): { columns: ResourceColumns; rowOf: Map<number, number> } {
  const rows: [StackCost, number][] = []
  const rowOf = new Map<number, number>()
  process.costs.forEach((cost, index) => {
    if (resourceOf(cost.kind) === resource) rowOf.set(index, rows.push([cost, index]) - 1)
  })
  const columns: ResourceColumns = {
    resource,
    node: rows.map(([cost]) => nodeOf[cost.treeIndex] ?? 0),
    metrics: metrics.map((metric) => {
      const amounts = rows.map(([cost, index]) => metricAmount(cost, metric, leaked.get(index)))
      const gap = metricGap(process, metric)
      const head = { metric, label: metricLabels[metric], ...(gap === undefined ? {} : { gap }) }
      return metricColumns(
        head,
        amounts.map((amount) => amount.bytes),
        amounts.map((amount) => amount.blocks),
      )
    }),
  }
  return { columns, rowOf }
}

export interface ProcessColumns
  extends Pick<FlamegraphProcess, 'strings' | 'frames' | 'tree' | 'resources'> {
  rowOf: Map<Resource, Map<number, number>>
}

export function processColumns(process: ProcessFacts, leaked: LeakedAmounts): ProcessColumns {
  const { strings, frames, frameOf } = frameColumns(process.frames)
  const { tree, nodeOf } = treeColumns(
    process.tree,
    frameOf,
    process.costs.map((cost) => cost.treeIndex),
  )
  const rowOf = new Map<Resource, Map<number, number>>()
  const filled = resources.flatMap((resource) => {
    const made = resourceColumns(process, resource, leaked, nodeOf)
    rowOf.set(resource, made.rowOf)
    return made.columns.node.length > 0 ? [made.columns] : []
  })
  return { strings, frames, tree, resources: filled, rowOf }
}
