import type { MachineFacts } from './measurement.js'

/** soak.json: what a soak was asked to do. Written before the load begins. */
export interface SoakHead {
  formatVersion: 1
  seamproofVersion: string
  createdAt: string
  command: string[]
  cwd: string
  workloadFile: string
  /** Their operations take turns. */
  workloads: string[]
  /** Load that is measured, warm-up not counted. */
  forMs: number
  warmupMs: number
  ratePerS: number
  intervalMs: number
  /** Between two rests, at which the process is measured with nothing under way. */
  roundMs: number
  memoryLimitBytes?: number
  machine: MachineFacts
  /** Of the folder it ran in; `with changes` when files were not committed. */
  gitCommit?: string
}

export interface LatencyFigures {
  count: number
  meanNs: number
  p50Ns: number
  p90Ns: number
  p99Ns: number
  p999Ns: number
  p9999Ns: number
  maxNs: number
}

/** What the kernel says of the subject while it works: read without a look at its pages, which would hold it up. */
export interface ProcessStatus {
  rssBytes: number
  /** Of these, the pages that no file is behind. */
  anonBytes: number
  fdCount: number
  threadCount: number
}

/** What the kernel says of the subject at rest. */
export interface ProcessMemory extends ProcessStatus {
  /** Private pages: what the machine would get back if the process ended. */
  ussBytes: number
  /**
   * Of these, the pages that were written to. The others are of files (Node's own code): they stop being private when
   * another process maps the file, and growth is not to be told by that.
   */
  privateDirtyBytes: number
  pssBytes: number
  mappingCount: number
}

/** What V8 and the agent say, from inside. */
export interface SubjectMemory {
  /** Allocated and not freed, mappings not counted. Absent where no agent recorded. */
  nativeLiveBytes?: number
  /** The agent's own tables, of stacks and of live blocks: they are in the process's memory too, and no growth of the subject. */
  agentBytes?: number
  /** Mappings in which the seam layer keeps its books. */
  agentMappingCount?: number
  /** The lowest of the interval, taken four times a second: what is garbage counts least. */
  heapUsedBytes: number
  /** Committed. */
  heapTotalBytes: number
  externalBytes: number
  arrayBuffersBytes: number
  /** Handles and requests that keep the event loop alive. */
  handleCount: number
}

interface SoakLineHead {
  /** Of the wall clock. */
  at: string
  /** From the beginning of the soak's first part, gaps counted. */
  elapsedMs: number
  /** 1 for the first process; a resumed or restarted soak has more. */
  part: number
}

/** A process begins. */
export interface SoakBegin extends SoakLineHead {
  type: 'begin'
  pid: number
  /** Whose operations take turns; absent in records of older versions. */
  workloads?: string[]
  nodeVersion: string
  /** `SCHED_FIFO 1`, or why not. */
  scheduling: string
  periodUs: number
  traceFile?: string
}

/** One interval under load. Counts and histograms are of this interval alone. */
export interface SoakInterval extends SoakLineHead {
  type: 'interval'
  isWarmup: boolean
  /** Of the interval, under load: rests are left out. */
  loadMs: number
  scheduledCount: number
  completedCount: number
  /** Due, and not done at the end of the interval. */
  backlogCount: number
  latency: LatencyFigures
  /** From the real start of an operation: without the wait for its turn. */
  service: LatencyFigures
  /** HDR histograms, V2, compressed, base64. */
  latencyHdr: string
  serviceHdr: string
  cpuShare: number
  /** Share of the time in which the main thread wanted to run, and another process had the processor. */
  runQueueWaitShare: number
  eventLoopUtilization: number
  gcCount: number
  gcMs: number
  /** Calls of native exports. Absent where the seam layer was not in the subject; so is the next. */
  crossingCount?: number
  /** Node-API calls that those exports made. */
  napiCallCount?: number
  /** What it took the subject to report this interval, the one before: the load waited for it. */
  reportMs: number
  memory: SubjectMemory & ProcessStatus
  traceBytes: number
}

/** The machine's floor: an empty operation at the same rate with the same clock, in a process beside the subject. */
export interface SoakFloor extends SoakLineHead {
  type: 'floor'
  latency: LatencyFigures
  latencyHdr: string
  runQueueWaitShare: number
  scheduling: string
}

/** Nothing under way, garbage collected, finalizers run. The first is the end of the warm-up. */
export interface SoakRest extends SoakLineHead {
  type: 'rest'
  /** Operations done since the warm-up. */
  operationCount: number
  /** How long the load was held for it. */
  pausedMs: number
  memory: SubjectMemory & ProcessMemory
}

export type SoakEndReason =
  | 'done'
  /** Ctrl-C, or a signal. */
  | 'interrupted'
  /** An operation threw. */
  | 'threw'
  /** The process ended by itself or by a signal that we did not send. */
  | 'crashed'
  | 'memory-limit'
  /** It said nothing for a long time. */
  | 'hung'

export interface SoakEnd extends SoakLineHead {
  type: 'end'
  reason: SoakEndReason
  /** What happened, in a sentence with the figures. */
  text: string
  exitCode: number | null
  signal: string | null
}

/** series.jsonl: one line each, appended as it comes. */
export type SoakLine = SoakBegin | SoakInterval | SoakFloor | SoakRest | SoakEnd
