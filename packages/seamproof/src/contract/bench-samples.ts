import type { LatencyFigures } from './soak.js'

/** What the processes of a bench leave, before anything is computed from it. */

/** Short stretches of one loop: a stretch shorter than a turn of the scheduler is either disturbed or not. */
export interface Slices {
  operationsPerSlice: number
  /** Time of each slice. */
  ns: number[]
  /** How much of it (and of reading the clock around it) the thread was ready to run while others had the processor. */
  waitNs: number[]
}

export interface OwnSample {
  metric: string
  value: number
  unit: string
  detail?: string
}

export interface ClosedLoopWorkload {
  name: string
  component?: string
  ratePerS?: number
  isAsync: boolean
  slices: Slices
  /** The same operation in a native loop, when the workload has one. */
  native?: Slices
  /** What the workload measured by itself. */
  own: OwnSample[]
}

export interface ClosedLoopResult {
  mode: 'closed'
  clockResolutionNs: number
  /** An empty function called in the same loop. */
  empty: Slices
  /** An empty crossing, and one that reads three integers: four calls of Node-API. */
  crossing: { empty: Slices; threeIntegers: Slices }
  workloads: ClosedLoopWorkload[]
}

/** One stretch of load at a set rate. */
export interface LoadSegment {
  scheduledCount: number
  completedCount: number
  wallMs: number
  runQueueWaitShare: number
  cpuShare: number
}

export interface OpenLoopWorkload {
  name: string
  ratePerS: number
  latency: LatencyFigures
  /** From the real start: without the wait for its turn. */
  service: LatencyFigures
  /** HDR histogram, compressed, base64. */
  latencyHdr: string
  segments: LoadSegment[]
  eventLoopUtilization: number
  /** The same load with an operation that does nothing, in turns with this one. */
  floor: { latency: LatencyFigures; latencyHdr: string; segments: LoadSegment[] }
}

export interface OpenLoopResultFile {
  mode: 'open'
  isRealtime: boolean
  workloads: OpenLoopWorkload[]
}

export interface HeapWorkload {
  name: string
  operations: number
  /** V8's heap after minus before, without a collection in between. */
  bytes: number[]
}

export interface HeapResult {
  mode: 'heap'
  /** The same with an empty function: what measuring itself takes. */
  empty: HeapWorkload
  workloads: HeapWorkload[]
}

interface CountResult {
  mode: 'count'
  name: string
  operations: number
}

/** What malloc and free of a block take, by its size. */
export interface AllocationTimes {
  mode: 'allocations'
  sizes: { bytes: number; slices: Slices }[]
}

export type BenchResult =
  | ClosedLoopResult
  | OpenLoopResultFile
  | HeapResult
  | CountResult
  | AllocationTimes
