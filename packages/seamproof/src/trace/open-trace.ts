import type { EventBatch } from './event-batch.js'
import { readEventBatches } from './event-stream.js'
import { type SnapshotVisitor, visitSnapshots } from './snapshot-stream.js'
import type { DamageEntry } from './trace-damage.js'
import { TraceFile } from './trace-file.js'
import { buildTraceMeta, type TraceMeta } from './trace-meta.js'

/** A trace whose events can be read, any number of times, in bounded memory. Close it. */
export interface OpenTrace {
  readonly meta: TraceMeta
  /** Events of all threads in their order; empty in `aggregate` mode. The batch is filled again: do not keep it. */
  batches(): Iterable<EventBatch>
  /** The snapshots of `aggregate` mode, in their order. */
  visitSnapshots(visitor: SnapshotVisitor): void
  /** Damage found so far; complete after the events were read. */
  damage(): DamageEntry[]
  close(): void
}

/** Throws `SeamproofError` for a file that is no trace, or of another version; damage inside is skipped and counted. */
export function openTrace(path: string): OpenTrace {
  const file = new TraceFile(path)
  try {
    const meta = buildTraceMeta(file)
    return {
      meta,
      batches: () => readEventBatches(file, meta.stacks.nodeCount),
      visitSnapshots: (visitor) => visitSnapshots(file, meta.stacks.nodeCount, visitor),
      damage: () => file.damage.entries,
      close: () => file.close(),
    }
  } catch (error) {
    file.close()
    throw error
  }
}
