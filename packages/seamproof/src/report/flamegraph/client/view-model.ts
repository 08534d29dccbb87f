/** From the state to what is drawn: data, keys, tree and marks, each made anew only when its inputs changed. */

import { selectedColumns } from '../../call-tree/cpu-selection.js'
import { buildKeys, type KeyTable } from '../../call-tree/frame-keys.js'
import { type NodeMarks, searchMarks, searchTest, stackMarks } from '../../call-tree/node-marks.js'
import {
  columnsOf,
  decodeProcess,
  metricOf,
  type ProcessData,
  type Unit,
  unitsOf,
} from '../../call-tree/process-data.js'
import { buildViewTree, type ViewTree } from '../../call-tree/view-tree.js'
import {
  type FlamegraphDocument,
  frameCategories,
  type MetricColumns,
  type ResourceColumns,
} from '../flamegraph-document.js'
import { NodeWords } from './node-text.js'
import type { ViewState } from './view-state.js'

const unitNouns: Record<string, string> = {
  heap: 'block',
  mmap: 'mapping',
  fd: 'descriptor',
  thread: 'thread',
  child: 'process',
}

export interface ViewModel {
  data: ProcessData
  columns: ResourceColumns | undefined
  metric: MetricColumns | undefined
  tree: ViewTree
  words: NodeWords
  marks: NodeMarks | undefined
  /** Set when a search is on; undefined test means a broken expression. */
  search: { test: ((text: string) => boolean) | undefined } | undefined
}

/** A metric with nothing in it gives way to the first that has something, so that the page never opens empty. */
function shownMetric(
  columns: ResourceColumns | undefined,
  wanted: string,
  unit: Unit,
): MetricColumns | undefined {
  const metric = metricOf(columns, wanted)
  return metric?.[unit] ? metric : (columns?.metrics.find((other) => other[unit]) ?? metric)
}

/** Settles what the document does not have: a process, resource, unit or metric that a link asks for in vain. */
export function settleState(report: FlamegraphDocument, state: ViewState): ViewState {
  const processIndex = Math.min(state.processIndex, report.processes.length - 1)
  const process = report.processes[processIndex]
  const columns = process && columnsOf(process, state.resource)
  const possible = unitsOf(columns)
  const unit = possible.includes(state.unit) ? state.unit : possible[0]!
  const metric = shownMetric(columns, state.metric, unit)?.metric ?? state.metric
  const leakIndex = state.leakIndex < report.leaks.length ? state.leakIndex : -1
  const resource = columns?.resource ?? state.resource
  const threadCount = process?.cpu?.threads.length ?? 0
  const thread = state.thread < threadCount ? state.thread : -1
  const sliceCount = (process?.cpu?.timeline?.sliceStart.length ?? 1) - 1
  const slices =
    state.slices && state.slices[0] < sliceCount
      ? ([state.slices[0], Math.min(sliceCount - 1, state.slices[1])] as const)
      : undefined
  return { ...state, processIndex, resource, unit, metric, leakIndex, thread, slices }
}

export class ViewModelCache {
  private readonly decoded = new Map<number, ProcessData>()
  private keysFor = ''
  private keys: KeyTable | undefined
  private selectedFor = ''
  private selected: ResourceColumns | undefined
  private treeFor = ''
  private tree: ViewTree | undefined

  constructor(private readonly report: FlamegraphDocument) {}

  model(state: ViewState): ViewModel {
    const data = this.dataOf(state.processIndex)
    const columns = this.columnsOf(state, data)
    const metric = metricOf(columns, state.metric)
    const tree = this.treeOf(state, data, columns, metric)
    const words = new NodeWords(
      tree,
      data,
      state.unit,
      unitNouns[state.resource] ?? 'block',
      metric?.metric === 'change' || metric?.metric === 'share-change',
      metric?.label ?? '',
    )
    const search = state.search === '' ? undefined : { test: searchTest(state.search) }
    return {
      data,
      columns,
      metric,
      tree,
      words,
      search,
      marks: this.marksOf(state, tree, data, search),
    }
  }

  private dataOf(index: number): ProcessData {
    let data = this.decoded.get(index)
    if (!data) {
      const source = this.report.processes[index]
      if (!source) throw new Error(`the report has no process ${index}`)
      data = decodeProcess(source)
      this.decoded.set(index, data)
    }
    return data
  }

  private columnsOf(state: ViewState, { source }: ProcessData): ResourceColumns | undefined {
    const columns = columnsOf(source, state.resource)
    if (columns === undefined || source.cpu === undefined) return columns
    const selectedFor = [state.processIndex, state.thread, state.slices?.join('-') ?? ''].join()
    if (!this.selected || this.selectedFor !== selectedFor) {
      this.selected = selectedColumns(columns, source.cpu, state)
      this.selectedFor = selectedFor
    }
    return this.selected
  }

  private treeOf(
    state: ViewState,
    data: ProcessData,
    columns: ResourceColumns | undefined,
    metric: MetricColumns | undefined,
  ): ViewTree {
    const keysFor = [state.processIndex, state.grouping, ...[...state.folds].sort()].join()
    if (!this.keys || this.keysFor !== keysFor) {
      this.keys = buildKeys(data, state.grouping, state.folds)
      this.keysFor = keysFor
    }
    const treeFor = [
      keysFor,
      state.resource,
      state.metric,
      state.unit,
      state.isInverted,
      state.thread,
      state.slices?.join('-') ?? '',
    ].join()
    if (!this.tree || this.treeFor !== treeFor) {
      const { unit, isInverted } = state
      this.tree = buildViewTree({ data, keys: this.keys, columns, metric, unit, isInverted })
      this.treeFor = treeFor
    }
    return this.tree
  }

  private marksOf(
    state: ViewState,
    tree: ViewTree,
    data: ProcessData,
    search: ViewModel['search'],
  ): NodeMarks | undefined {
    if (search?.test) return searchMarks(tree, data, search.test)
    const leak = this.report.leaks[state.leakIndex]
    return leak && leak.processIndex === state.processIndex && leak.resource === state.resource
      ? stackMarks(tree, leak.costRows)
      : undefined
  }
}

/**
 * The node that stands for the same frames in another tree. What is folded in one of the two is passed over; where the
 * program's or the subject's own frames differ, the paths part.
 */
export function sameNode(from: ViewTree, to: ViewTree, node: number): number {
  if (node >= from.size || from.isInverted !== to.isInverted) return 0
  const path: number[] = []
  for (let at = node; at > 0; at = from.parent[at]!) path.unshift(from.key[at]!)
  let found = 0
  for (const key of path) {
    const next = descendant(to, found, from.keys.label[key]!)
    const category = frameCategories[from.keys.category[key]!]
    if (next > 0) found = next
    else if (category === 'user' || category === 'subject') break
  }
  return found
}

/** The first node below `node` with a label: the widest on the way down. */
function descendant(tree: ViewTree, node: number, label: string): number {
  const end = node + tree.subtree[node]!
  for (let at = node + 1; at < end; at++) if (tree.keys.label[tree.key[at]!] === label) return at
  return -1
}
