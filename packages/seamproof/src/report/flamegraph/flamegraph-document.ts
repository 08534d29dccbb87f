/** What the page embeds as JSON. The client reads nothing else, so this is the whole contract between the two. */
import type { Metric, Resource } from '../metric.js'

export const flamegraphDocumentVersion = 1

/** Who a frame belongs to, as the page colours it. The order is the index in `frames.category`. */
export const frameCategories = [
  'user',
  'subject',
  'node-internal',
  'builtin',
  'runtime',
  'system',
  'wasm',
  'unknown',
  'gc',
  'kernel',
  'runnable',
  'idle',
] as const
export type FrameCategory = (typeof frameCategories)[number]

export interface FlamegraphDocument {
  formatVersion: typeof flamegraphDocumentVersion
  kind: 'memory' | 'cpu'
  /** Red for more, blue for less. */
  isDiff?: boolean
  /** Served while the program runs: newer documents follow as events. */
  isLive?: boolean
  title: string
  command: string
  generator: string
  processes: FlamegraphProcess[]
  initialProcess: number
  verdicts: VerdictLine[]
  leaks: LeakLine[]
}

export interface VerdictLine {
  status: 'pass' | 'fail' | 'inconclusive' | 'not-run'
  check: string
  evidence: string
  reason?: string
}

export interface LeakLine {
  status: 'fail' | 'inconclusive' | 'suppressed'
  processIndex: number
  resource: Resource
  rate: string
  title: string
  location: string
  calledFrom: string
  reason: string
  /** Cost rows (in the resource's columns) of the group: the page outlines their stacks. */
  costRows: number[]
}

export interface FlamegraphProcess {
  label: string
  /** Label and value, ready to print. */
  figures: [label: string, value: string][]
  losses: string[]
  strings: string[]
  frames: {
    name: number[]
    /** Index into `strings`; 0 is the empty string. */
    file: number[]
    line: number[]
    column: number[]
    module: number[]
    category: number[]
    /** What module grouping shows: the native module, or the package or file of JavaScript. */
    group: number[]
    /** 1: the name is only an address; 2: inlined; 4: further out than any frame of the program. */
    flags: number[]
  }
  /** Prefix tree; node 0 is the root. `parentOffset[i]` = i − parent. */
  tree: { parentOffset: number[]; frame: number[] }
  resources: ResourceColumns[]
  /** Of a CPU profile: what the page needs to show one thread, or a part of the time. */
  cpu?: CpuColumns
}

export interface CpuColumns {
  durationNs: number
  threads: { label: string; sampleCount: number }[]
  /** Of each row: its thread, and its state as an index into `frameCategories`. */
  rowThread: number[]
  rowCategory: number[]
  /**
   * Samples over time, in equal slices: those of slice i are `row` and `count` from `sliceStart[i]` to `sliceStart[i + 1]`.
   * Absent where the source has no times.
   */
  timeline?: { sliceNs: number; sliceStart: number[]; row: number[]; count: number[] }
}

export interface ResourceColumns {
  resource: Resource | 'cpu'
  /** Tree node of each row; several rows may share one. */
  node: number[]
  metrics: MetricColumns[]
}

export interface MetricColumns {
  metric: Metric | 'on-cpu' | 'waiting' | 'wall' | 'before' | 'after' | 'change' | 'share-change'
  label: string
  /** Set when the metric cannot be drawn: why. */
  gap?: string
  /** Absent: nothing but zeros. In a diff `change` has signed values, and its width is their size. */
  bytes?: number[]
  blocks?: number[]
  /** Nanoseconds, and samples, of a CPU profile. */
  time?: number[]
  samples?: number[]
}
