import type { Estimate } from './facts.js'
import type { LatencyFigures, SoakEndReason, SoakFloor, SoakHead } from './soak.js'

/** What was found out of a soak's record: numbers with units, of the measured load without its warm-up. */
export interface SoakFacts {
  head: SoakHead
  /** By their names; empty where no process came so far as to say them. */
  workloads: string[]
  parts: SoakPartFacts[]
  /** The part whose memory is judged: the one that was measured longest. */
  judgedPart: number
  load: SoakLoad
  latency: LatencyFigures
  service: LatencyFigures
  /** Median over the intervals of each one's percentile: one bad minute does not move it. */
  typicalP99Ns: Estimate
  /** Absent when no floor was measured. */
  floor?: SoakFloorFacts
  runQueueWaitShare: number
  cpuShare: number
  gc: { count: number; totalMs: number }
  /** Absent where the seam layer was not in the subject. */
  crossings?: SoakCrossings
  growth: SoakGrowth[]
  series: SoakSeries
  traceBytes: number
  /** Encoded HDR histograms of the whole measured load. */
  histograms: { latency: string; floor?: string }
}

export interface SoakPartFacts {
  part: number
  startedAt: string
  startedMs: number
  endedMs: number
  pid: number
  scheduling: string
  nodeVersion: string
  endReason: SoakEndReason | 'cut off'
  endText: string
  /** Time without load since the part before ended. */
  gapMs: number
  measuredMs: number
}

export interface SoakLoad {
  loadMs: number
  /** From the end of the warm-up to the end, rests counted. */
  wallMs: number
  restCount: number
  restMs: number
  scheduledCount: number
  completedCount: number
  achievedPerS: number
  /** Of the rates of single intervals. */
  intervalPerS: Estimate
  heldShare: number
  backlogMaxCount: number
}

/** Of the measured load. */
export interface SoakCrossings {
  crossingCount: number
  napiCallCount: number
  crossingsPerOperation: number
  napiCallsPerOperation: number
  /** Of the rates of single intervals. */
  crossingsPerS: Estimate
}

export interface SoakFloorFacts extends Pick<SoakFloor, 'latency' | 'runQueueWaitShare'> {
  scheduling: string
}

export type GrowthSubject =
  | 'native live'
  | 'USS'
  | 'V8 heap'
  | 'V8 committed'
  | 'allocator'
  | 'external'
  | 'RSS'
  | 'file descriptors'
  | 'threads'
  | 'handles'
  | 'mappings'

/**
 * One kind of memory or resource over the measured time. `native live`, `V8 heap` and `allocator` are read at rest; `USS` too, without clean
 * pages of files; `RSS` under load as well. Both without the agent's tables. `allocator` is what the process holds beyond live blocks, V8's committed heap and the agent.
 */
export interface SoakGrowth {
  what: GrowthSubject
  unit: 'B' | 'count'
  pointCount: number
  overMs: number
  /** At the end of the warm-up, by the fitted line. */
  baseline: number
  perS: Estimate
  /** Over `overMs`. */
  growth: Estimate
  /** Growth ÷ baseline. */
  ratio: Estimate
}

/** Parallel arrays for charts; RSS and USS as in `SoakGrowth`. Intervals that are no longer than half of the others are left out. */
export interface SoakSeries {
  elapsedMs: number[]
  isWarmup: boolean[]
  part: number[]
  achievedPerS: number[]
  p50Ns: number[]
  p99Ns: number[]
  p999Ns: number[]
  maxNs: number[]
  nativeLiveBytes: number[]
  rssBytes: number[]
  anonBytes: number[]
  heapUsedBytes: number[]
  externalBytes: number[]
  fdCount: number[]
  threadCount: number[]
  handleCount: number[]
  cpuShare: number[]
  runQueueWaitShare: number[]
  gcMs: number[]
  /** Of the intervals with the seam layer in the subject. */
  crossingMs: number[]
  crossingsPerS: number[]
  napiCallsPerS: number[]
  /** Since the beginning, warm-ups included. */
  crossingTotal: number[]
  floorMs: number[]
  floorP99Ns: number[]
  restMs: number[]
  restLiveBytes: number[]
  restUssBytes: number[]
}
