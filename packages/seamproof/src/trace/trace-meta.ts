import type { MarkKind } from '../contract/facts.js'
import type { TraceCpu } from './cpu-records.js'
import type { TraceLayer } from './layer-records.js'
import { MetaBuilder } from './meta-builder.js'
import { visitMetaRecords } from './meta-record.js'
import type { StackTree } from './stack-tree.js'
import type { TraceCode } from './trace-code.js'
import type { DamageEntry } from './trace-damage.js'
import { TraceFile } from './trace-file.js'
import type { TraceHeader } from './trace-header.js'
import type { TraceLocation } from './trace-location.js'
import type { TraceModule } from './trace-module.js'

export interface TraceProcess {
  executable: string
  cwd: string
  argv: string[]
}

export interface TraceMark {
  /** Events with a smaller number come before the mark. */
  seq: number
  timeUs: number
  kind: MarkKind
  name: string
}

export interface TraceThread {
  index: number
  tid: number
  startUs: number
  /** Null while it ran when the trace ended. */
  endUs: number | null
  name: string
}

export interface TraceGc {
  startUs: number
  durationUs: number
  /** V8's GCType. */
  type: number
}

/** What /proc said. Resident memory is read often, the rest seldom: 0 means not read. */
export interface TraceSample {
  timeUs: number
  rssBytes: number
  fdCount: number
  threadCount: number
  /** The number of the mark that it was taken for; 0 between marks. */
  seq: number
  childCount: number
  mappingCount: number
}

export interface TraceJsHeap {
  timeUs: number
  usedBytes: number
  totalBytes: number
  externalBytes: number
  arrayBuffersBytes: number
}

/** The head of a snapshot of `aggregate` mode; its stacks are read with `readSnapshots`. */
export interface TraceSnapshot {
  seq: number
  timeUs: number
  liveBytes: number
  liveCount: number
  peakBytes: number
}

/** Everything in a trace but its events. All times are microseconds since the process's start. */
export interface TraceMeta {
  path: string
  /** Base name: what `TraceSymbols.traceFile` and `ProcessFacts.traceFile` hold. */
  traceFile: string
  header: TraceHeader
  /** Null when the trace broke off before it, or its chunk is damaged. */
  process: TraceProcess | null
  modules: TraceModule[]
  code: TraceCode[]
  /** Distinct resolved addresses: symbols are made for these, by index. The first is the unknown address 0. */
  locations: TraceLocation[]
  stacks: StackTree
  marks: TraceMark[]
  threads: TraceThread[]
  gcs: TraceGc[]
  samples: TraceSample[]
  jsHeap: TraceJsHeap[]
  snapshots: TraceSnapshot[]
  forks: { childPid: number; timeUs: number }[]
  notes: string[]
  /** What the seam layer wrote; null when it was not active. */
  layer: TraceLayer | null
  /** Chunks of samples, clocks and collections that newer ones have overwritten. */
  overwrittenChunkCount: number
  /** What the CPU sampler wrote; null when it was not there. */
  cpu: TraceCpu | null
  /** Places that could not be trusted and were skipped. */
  damage: DamageEntry[]
}

export function buildTraceMeta(file: TraceFile): TraceMeta {
  const builder = new MetaBuilder(file)
  visitMetaRecords(file, (record) => builder.visit(record))
  return builder.finish()
}

/** Reads all of a trace but its events. Throws `SeamproofError` for a file that is no trace; skips and counts damage. */
export function readTraceMeta(path: string): TraceMeta {
  const file = new TraceFile(path)
  try {
    return buildTraceMeta(file)
  } finally {
    file.close()
  }
}
