/** The trees that charts and texts draw: subtree totals for laying out, nothing that a verdict rests on. */
import type { CpuProfile } from '../../contract/cpu-profile.js'
import type { ProcessFacts } from '../../contract/facts.js'
import { cpuColumns } from '../flamegraph/cpu-columns.js'
import { processColumns } from '../flamegraph/process-columns.js'
import type { LeakedAmounts, Metric, MetricUnit, Resource } from '../metric.js'
import { buildKeys, type FoldName, type Grouping } from './frame-keys.js'
import { decodeProcess, metricOf, type ProcessData, type Unit } from './process-data.js'
import { topFrames } from './top-frames.js'
import { buildViewTree, type ViewTree } from './view-tree.js'

/** What is drawn of a CPU profile; `wall` is the other two. */
export const cpuMetrics = ['on-cpu', 'waiting', 'wall'] as const
export type CpuMetric = (typeof cpuMetrics)[number]

export interface CpuTreeRequest {
  metric: CpuMetric
  isInverted?: boolean
  grouping?: Grouping
  folds?: readonly FoldName[]
}

export interface CallTreeRequest {
  metric: Metric
  unit: MetricUnit
  resource?: Resource
  isInverted?: boolean
  grouping?: Grouping
  folds?: readonly FoldName[]
}

export interface CallTree {
  data: ProcessData
  tree: ViewTree
}

/** Lays out several trees of one process; the columns are made once. */
export class CallTreeLayout {
  private readonly data: ProcessData

  constructor(process: ProcessFacts, leaked: LeakedAmounts) {
    this.data = decodeProcess({
      label: '',
      figures: [],
      losses: [],
      ...processColumns(process, leaked),
    })
  }

  tree(request: CallTreeRequest): CallTree {
    const { resource = 'heap', grouping = 'function', isInverted = false } = request
    const keys = buildKeys(this.data, grouping, new Set(request.folds ?? []))
    const columns = this.data.source.resources.find((one) => one.resource === resource)
    const metric = columns && metricOf(columns, request.metric)
    const { unit } = request
    return {
      data: this.data,
      tree: buildViewTree({ data: this.data, keys, columns, metric, unit, isInverted }),
    }
  }

  /** Functions, or modules, by what they allocated themselves; libc's frames count for their caller. */
  ranked(request: CallTreeRequest): RankedFrame[] {
    const { tree, data } = this.tree({ ...request, folds: ['system'] })
    const all = tree.value[0] ?? 0
    return topFrames(tree)
      .filter(({ self }) => self > 0)
      .map(({ key, self }) => ({
        ...keyText({ data, tree }, key),
        value: self,
        share: all === 0 ? 0 : self / all,
      }))
  }
}

/** CPU time, with samples as the other value of each node. */
export function cpuCallTree(profile: CpuProfile, request: CpuTreeRequest): CallTree {
  const { grouping = 'function', isInverted = false } = request
  const data = decodeProcess({ label: '', figures: [], losses: [], ...cpuColumns(profile) })
  const columns = data.source.resources[0]
  const metric = columns?.metrics.find((one) => one.metric === request.metric)
  const unit: Unit = 'time'
  const keys = buildKeys(data, grouping, new Set(request.folds ?? []))
  return { data, tree: buildViewTree({ data, keys, columns, metric, unit, isInverted }) }
}

export interface KeyText {
  name: string
  location: string
  origin: 'subject' | 'user' | 'other'
}

export interface RankedFrame extends KeyText {
  value: number
  share: number
}

/** Name and short place of a key, for one line of text. */
export function keyText({ data, tree }: CallTree, key: number): KeyText {
  const { keys } = tree
  const name = keys.label[key] ?? ''
  const frame = keys.frame[key] ?? -1
  const origin = (['user', 'subject'] as const)[keys.category[key] ?? -1] ?? 'other'
  if (frame < 0 || keys.isCollapsed[key] === 1) return { name, location: '', origin }
  const { frames } = data.source
  const file = data.text(frames.file[frame] ?? 0)
  const line = frames.line[frame] ?? 0
  const short = file.startsWith('node:') ? file : file.slice(file.lastIndexOf('/') + 1)
  const hasName = ((frames.flags[frame] ?? 0) & 1) === 0
  const module = hasName ? data.text(frames.module[frame] ?? 0) : ''
  const location = short === '' ? module : line > 0 ? `${short}:${line}` : short
  return { name, location, origin }
}
