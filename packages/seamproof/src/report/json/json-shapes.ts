/** Shapes of `--json`. Within one `formatVersion` fields are only ever added. Bytes, milliseconds and counts are plain numbers. */
import type {
  AllocationTotals,
  Estimate,
  GrowthGroup,
  JsFrameCoverage,
  MarkFact,
  ProcessFacts,
  ResourceSeries,
  Timeline,
} from '../../contract/facts.js'
import type { Frame } from '../../contract/frame.js'
import type { CheckVerdict, LeakVerdict } from '../../contract/verdict.js'
import type { CpuMetric } from '../call-tree/call-tree-layout.js'
import type { DiffChange } from '../diff/diff-layout.js'
import type { Metric, MetricUnit, Resource } from '../metric.js'

export const jsonFormatVersion = 1

interface JsonHead<Report extends string> {
  formatVersion: typeof jsonFormatVersion
  report: Report
  seamproofVersion: string
  command: string[]
}

export interface ProcessHeadJson {
  index: number
  pid: number
  parentPid: number
  argv: string[]
  startedAt: string
  durationMs: number
  mode: ProcessFacts['mode']
  end: ProcessFacts['end']
  /** What was not seen, in sentences; empty when nothing was lost. */
  losses: string[]
}

export interface LeakJson {
  status: LeakVerdict['status']
  reason: string
  suppressedBy?: { pattern: string; reason: string }
  groupId: string
  /** The leak that this one is part of, by its `groupId`: the same call of the subject led to both. */
  partOf?: string
  processIndex: number
  attribution: GrowthGroup['attribution']
  kind: GrowthGroup['kind']
  moduleName: string
  /** The function to look at first, and where it is. */
  functionName: string
  location: string
  /** The program's own JavaScript that led there most often. */
  calledFrom?: { functionName: string; location: string }
  evidence: GrowthGroup['evidence']
  workload?: string
  operationsPerStep: number
  /** Per operation in `rounds`, per second in `lifetime`. */
  blocksPerOperation: Estimate
  bytesPerOperation: Estimate
  countPerOperationByStep: number[]
  liveCounts: number[]
  liveBytes: number[]
  /** Innermost first, from the allocation to the outermost frame of the subject. */
  stack: Frame[]
  callSites: { share: number; stack: Frame[] }[]
}

export interface LeaksJson extends JsonHead<'leaks'> {
  checks: CheckVerdict[]
  leaks: LeakJson[]
  /** Suppressions of the config that hid nothing. */
  unusedSuppressions: { pattern: string; reason: string }[]
  processes: (ProcessHeadJson & { resources: ResourceSeries[] })[]
}

export interface RankedJson {
  name: string
  location: string
  value: number
  share: number
}

export interface SummaryJson extends JsonHead<'summary'> {
  checks: CheckVerdict[]
  metric: Metric
  processes: (ProcessHeadJson & {
    totals: AllocationTotals
    gc: ProcessFacts['gc']
    jsFrames: JsFrameCoverage
    topFunctions: RankedJson[]
    topModules: RankedJson[]
    /** Innermost frame first. */
    topStacks: { kind: string; bytes: number; blocks: number; stack: Frame[] }[]
  })[]
}

export interface TreeNodeJson {
  name: string
  location: string
  value: number
  share: number
  children: TreeNodeJson[]
}

export interface TreeJson extends JsonHead<'tree'> {
  processIndex: number
  metric: Metric
  unit: MetricUnit
  isInverted: boolean
  /** Why there is no tree, when the metric is not known. */
  gap?: string
  root?: TreeNodeJson
}

export interface CpuTreeJson extends JsonHead<'cpu-tree'> {
  pid: number
  metric: CpuMetric
  unit: 'ns'
  isInverted: boolean
  /** Behind the value of the root. */
  sampleCount: number
  root: TreeNodeJson
}

export interface TimelineJson extends JsonHead<'timeline'> {
  processes: (ProcessHeadJson & { timeline: Timeline; marks: MarkFact[]; gc: ProcessFacts['gc'] })[]
}

export interface DiffRowJson {
  change: DiffChange
  resource: Resource
  before: { bytes: number; blocks: number }
  after: { bytes: number; blocks: number }
  /** Innermost first. */
  stack: Frame[]
}

export interface DiffJson {
  formatVersion: typeof jsonFormatVersion
  report: 'diff'
  seamproofVersion: string
  metric: Metric
  gap?: string
  before: { command: string[]; process?: ProcessHeadJson; totals?: AllocationTotals }
  after: { command: string[]; process?: ProcessHeadJson; totals?: AllocationTotals }
  rows: DiffRowJson[]
}
