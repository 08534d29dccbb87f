import type { LatencySums } from '../../base/latency-figures.js'
import type { LatencyFigures, SubjectMemory } from '../../contract/soak.js'
import type { WorkloadError } from './workload-plan.js'

/** What the parent asks of the subject's runner; a JSON file in the soak's folder. */
export interface SoakPlan {
  modulePath: string
  defaultName: string
  /** Workloads whose operations take turns. */
  only?: string[]
  /** Without `only`: all take turns, where otherwise one must be named. */
  isAll?: true
  /** The agent's library: it has the ticker. */
  library: string
  /** 0: ordinary scheduling. */
  realtimePriority: number
  ratePerS: number
  periodUs: number
  warmupMs: number
  roundMs: number
  roundCount: number
  intervalMs: number
  /** Two files that take turns: where the counts of an interval are left for the parent. */
  countsPaths: [string, string]
}

/** What the runner tells, over Node's own channel to its parent. */
export type SoakMessage =
  | { type: 'ready'; workloads: string[]; nodeVersion: string; scheduling: string }
  | ({ type: 'interval' } & IntervalReport)
  | { type: 'rest'; operationCount: number; pausedMs: number; memory: SubjectMemory }
  | { type: 'threw'; error: WorkloadError; phase: string; workload?: string }
  | { type: 'done'; isStopped: boolean }

export interface IntervalReport {
  isWarmup: boolean
  loadMs: number
  scheduledCount: number
  completedCount: number
  backlogCount: number
  latency: LatencySums
  service: LatencySums
  /** Slots of the latency and then of the service time: see `LatencyCounts`. */
  countsPath: string
  runQueueWaitShare: number
  eventLoopUtilization: number
  gcCount: number
  gcMs: number
  crossingCount?: number
  napiCallCount?: number
  reportMs: number
  memory: SubjectMemory
}

/** `go`: the rest was measured, the load may go on. `stop`: come to an end, as after the last round. */
export type SoakCommand = 'go' | 'stop'

export interface FloorPlan {
  library: string
  realtimePriority: number
  ratePerS: number
  periodUs: number
  /** The load is on for this long in every `everyMs`. */
  activeMs: number
  everyMs: number
}

export interface FloorMessage {
  latency: LatencyFigures
  latencyHdr: string
  runQueueWaitShare: number
  scheduling: string
}
