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
] as const
export type FrameCategory = (typeof frameCategories)[number]

export interface FlamegraphDocument {
  formatVersion: typeof flamegraphDocumentVersion
  kind: 'memory' | 'diff'
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
    /** 1: the name is only an address; 2: inlined. */
    flags: number[]
  }
  /** Prefix tree; node 0 is the root. `parentOffset[i]` = i − parent. */
  tree: { parentOffset: number[]; frame: number[] }
  resources: ResourceColumns[]
}

export interface ResourceColumns {
  resource: Resource
  /** Tree node of each row; several rows may share one. */
  node: number[]
  metrics: MetricColumns[]
}

export interface MetricColumns {
  metric: Metric | 'before' | 'after' | 'change'
  label: string
  /** Set when the metric cannot be drawn: why. */
  gap?: string
  /** Absent: nothing but zeros. In a diff `change` has signed values, and its width is their size. */
  bytes?: number[]
  blocks?: number[]
}
