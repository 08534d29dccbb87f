import type { CaptureMode } from './capture.js'
import type { Frame } from './frame.js'
import type { LayerFacts } from './layer.js'

/** facts.json: numbers and stacks computed from one capture. Bytes are those asked for, times are from the process's start. */
export interface CaptureFacts {
  formatVersion: 1
  seamproofVersion: string
  command: string[]
  processes: ProcessFacts[]
}

export interface ProcessFacts {
  traceFile: string
  pid: number
  parentPid: number
  executable: string
  argv: string[]
  startedAt: string
  durationMs: number
  mode: CaptureMode
  /** `closed`, or why the trace has no proper end: the report says so. */
  end: 'closed' | 'killed' | 'disk-full' | 'file-limit' | 'exec'
  frames: Frame[]
  /** Prefix tree of named stacks from the root (index 0) inwards; `frameIndex[0]` is -1. */
  tree: { parentIndex: number[]; frameIndex: number[] }
  costs: StackCost[]
  totals: AllocationTotals
  marks: MarkFact[]
  /** Those that changed from one point of their series to another. */
  groups: GrowthGroup[]
  /** Those that did not. Absent when there are none. */
  quietGroups?: QuietGroups[]
  resources: ResourceSeries[]
  timeline: Timeline
  gc: { count: number; totalMs: number }
  jsFrames: JsFrameCoverage
  losses: Losses
  /** Absent when the seam layer was not active. */
  layer?: LayerFacts
}

export type AllocationKind =
  | 'malloc'
  | 'calloc'
  | 'realloc'
  | 'aligned'
  | 'mmap'
  | 'fd'
  | 'thread'
  | 'child'

/** What one stack and kind did; only stacks that did something have one. */
export interface StackCost {
  /** Index into `tree`: the innermost frame. */
  treeIndex: number
  kind: AllocationKind
  allocatedCount: number
  allocatedBytes: number
  /** At the end of the trace. */
  liveCount: number
  liveBytes: number
  /** At the moment when the whole process's live bytes were highest. Zero in aggregate mode, where it is not known. */
  peakCount: number
  peakBytes: number
  /** Freed before the same thread allocated again. Zero in aggregate mode, where it is not known. */
  temporaryCount: number
  temporaryBytes: number
  /** Live at the last measured mark minus live at the first. */
  growthCount: number
  growthBytes: number
}

export interface AllocationTotals {
  eventCount: number
  allocatedCount: number
  allocatedBytes: number
  freedCount: number
  freedBytes: number
  /** Frees of blocks whose allocation was not seen (made before the agent, or before a fork). */
  unmatchedFreeCount: number
  liveCount: number
  liveBytes: number
  peakBytes: number
  peakMs: number
  temporaryCount: number
  mappedBytes: number
  sizeHistogram: { sizeBytesMax: number; count: number }[]
}

export type MarkKind =
  | 'user'
  | 'round-begin'
  | 'round-end'
  | 'warmup-end'
  | 'program-end'
  /** Of `profile.range(name, …)`. */
  | 'range-begin'
  | 'range-end'

export interface MarkFact {
  name: string
  kind: MarkKind
  timeMs: number
  liveBytes: number
  liveCount: number
}

/** A number with its interval at 95 %. */
export interface Estimate {
  value: number
  low: number
  high: number
}

/**
 * Stacks that share everything from the allocation out to the outermost frame of the first contiguous run of the subject's
 * frames; for stacks without subject frames, or where JavaScript comes first, out to the first JavaScript frame (attribution
 * `runtime`).
 */
export interface GrowthGroup {
  /** Stable over runs: made of module build-ids and offsets, or names. */
  groupId: string
  attribution: 'subject' | 'runtime' | 'system'
  kind: AllocationKind
  /** Module that holds the outermost subject frame, and that function. */
  moduleName: string
  functionName: string
  /** Indexes into `ProcessFacts.frames`, innermost first, from the allocation to the outermost frame of the group. */
  frameIndexes: number[]
  /**
   * The JavaScript that led there: frames innermost first (user's and Node's), and its share of the group's growth, 0..1.
   * Functions that V8 inlined are put back (`isInlined`) where unoptimised runs of the same code showed them.
   */
  callSites: { frameIndexes: number[]; share: number }[]
  /** Indexes into `costs` that belong to the group. */
  costIndexes: number[]
  /** How the series was made: marks of a workload's rounds, or slices of the program's life (weaker evidence). */
  evidence: 'rounds' | 'lifetime'
  /** Which workload's rounds, when `evidence` is `rounds`. */
  workload?: string
  operationsPerStep: number
  /**
   * Seconds lived at each entry, from 0, in `lifetime` of aggregate mode: its snapshots do not lie equally far apart, and
   * `operationsPerStep` is the mean. Absent where all steps are equal.
   */
  positions?: number[]
  /**
   * One entry per mark, slice or snapshot. In `lifetime` blocks younger than a tenth of the life are not counted, but for
   * aggregate mode, which does not know the age of a block.
   */
  liveCounts: number[]
  liveBytes: number[]
  /** Growth per operation in each step (first differences ÷ operations). */
  countPerOperationByStep: number[]
  /** Theil–Sen slope per operation, in `rounds`; per second of the program's life in `lifetime`. */
  blocksPerOperation: Estimate
  bytesPerOperation: Estimate
}

/** Groups of the subject that were at work, and held as much at every point of the series: only counted. */
export interface QuietGroups
  extends Pick<GrowthGroup, 'evidence' | 'workload' | 'kind' | 'operationsPerStep'> {
  stepCount: number
  groupCount: number
}

/** Kernel resources counted at marks from the outside (/proc), beside those seen by hooks. */
export interface ResourceSeries {
  resource: 'fd' | 'thread' | 'child' | 'mapping' | 'rss'
  workload?: string
  operationsPerStep: number
  values: number[]
  perOperation: Estimate
}

/** Parallel arrays. RSS is sampled, so its times differ from those of the live bytes. Counts that nobody took are empty. */
export interface Timeline {
  liveMs: number[]
  liveBytes: number[]
  rssMs: number[]
  rssBytes: number[]
  fdCount: number[]
  threadCount: number[]
}

/** Of the JavaScript frames in stacks, weighted by allocation count, how many have a name. */
export interface JsFrameCoverage {
  userFrameCount: number
  userFrameNamedCount: number
  frameCount: number
  frameNamedCount: number
}

/** What was not seen. Every report prints what is not zero. */
export interface Losses {
  eventsDropped: number
  stacksTruncated: number
  walksEndedEarly: number
  nodeTableFull: number
  foreignStackWalks: number
  untrackedCalls: number
  damagedChunks: number
  damagedBytes: number
  notes: string[]
}
