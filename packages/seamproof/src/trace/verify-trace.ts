import { type EventBatch, EventOp } from './event-batch.js'
import { readEventBatches } from './event-stream.js'
import { hex } from './inspect-record.js'
import { LiveBlocks } from './live-blocks.js'
import { visitSnapshots } from './snapshot-stream.js'
import { TraceFile } from './trace-file.js'
import { NodeFlag } from './trace-format.js'
import { buildTraceMeta, type TraceMeta } from './trace-meta.js'

/** A rule of the format that a trace breaks. */
export interface TraceViolation {
  rule: string
  count: number
  /** The first place where it is broken. */
  example: string
}

class Violations {
  readonly #found = new Map<string, TraceViolation>()

  add(rule: string, example: () => string): void {
    const known = this.#found.get(rule)
    if (known !== undefined) known.count++
    else this.#found.set(rule, { rule, count: 1, example: example() })
  }

  get all(): TraceViolation[] {
    return [...this.#found.values()]
  }
}

/** Reads a whole trace and lists what in it contradicts docs/TRACE_FORMAT.md. Empty for a sound trace. */
export function verifyTrace(path: string): TraceViolation[] {
  const file = new TraceFile(path)
  try {
    const violations = new Violations()
    const meta = buildTraceMeta(file)
    verifyMeta(meta, violations)
    const eventCount = verifyEvents(file, meta, violations)
    verifySnapshots(file, meta, violations)
    verifyHeader(meta, eventCount, violations)
    for (const { offset, bytes, reason } of file.damage.entries)
      violations.add('every chunk is whole', () => `at ${offset}, ${bytes} bytes: ${reason}`)
    return violations.all
  } finally {
    file.close()
  }
}

function verifyHeader({ header }: TraceMeta, eventCount: number, violations: Violations): void {
  if (!header.isHeaderIntact) violations.add('the CRC of the header matches', () => 'bytes 0 to 51')
  // The header counts complete chunks only; threads that ran to the end leave theirs open, in a closed trace too.
  if (header.mode === 'full' && header.eventsRecorded > eventCount)
    violations.add(
      'the header counts the events',
      () => `${header.eventsRecorded} in the header, ${eventCount} in the chunks`,
    )
}

function verifyMeta(meta: TraceMeta, violations: Violations): void {
  const { stacks, marks, threads, process } = meta
  if (process === null) violations.add('a trace has a PROCESS record', () => 'none was found')
  for (let node = 1; node <= stacks.nodeCount; node++)
    if ((stacks.flags[node]! & NodeFlag.missing) !== 0)
      violations.add('every stack node has a record', () => `node ${node}`)
  marks.forEach((mark, index) => {
    const before = marks[index - 1]
    if (before !== undefined && (mark.seq < before.seq || mark.timeUs < before.timeUs))
      violations.add('marks are in order', () => `mark ${index} (${mark.name})`)
  })
  const known = new Set<number>()
  for (const thread of threads) {
    if (known.has(thread.index))
      violations.add('a thread index is used once', () => `index ${thread.index}`)
    known.add(thread.index)
  }
}

function verifyEvents(file: TraceFile, meta: TraceMeta, violations: Violations): number {
  const known = new Set(meta.threads.map((thread) => thread.index))
  for (const chunk of file.index.events)
    if (!known.has(chunk.owner))
      violations.add('every thread has a THREAD record', () => `thread ${chunk.owner}`)
  const live = new LiveBlocks()
  let lastSeq = -1
  let count = 0
  for (const batch of readEventBatches(file, Number.MAX_SAFE_INTEGER)) {
    count += batch.length
    for (let i = 0; i < batch.length; i++) {
      const seq = batch.seq[i]!
      if (seq <= lastSeq)
        violations.add('sequence numbers are unique and rise', () => `${seq} after ${lastSeq}`)
      lastSeq = seq
      verifyBlock(batch, i, live, meta.stacks.nodeCount, violations)
    }
  }
  return count
}

function verifyBlock(
  batch: EventBatch,
  i: number,
  live: LiveBlocks,
  nodeCount: number,
  violations: Violations,
): void {
  const op = batch.op[i]!
  const at = () => `event ${batch.seq[i]}, address ${hex(batch.address[i]!)}`
  const low = batch.address[i]! | 0
  const high = (batch.address[i]! / 2 ** 32) | 0
  if (op === EventOp.free || op === EventOp.reallocRelease) {
    live.remove(low, high)
    return
  }
  const hasStack = op === EventOp.allocate || op === EventOp.map || op === EventOp.acquire
  if (hasStack && batch.stack[i]! > nodeCount)
    violations.add(
      'the stack of an event has a node',
      () => `event ${batch.seq[i]}, stack ${batch.stack[i]} of ${nodeCount}`,
    )
  if (op !== EventOp.allocate) return
  if (live.insert(low, high, 0, 0, 0)) violations.add('no address is live twice', at)
}

function verifySnapshots(file: TraceFile, meta: TraceMeta, violations: Violations): void {
  visitSnapshots(file, meta.stacks.nodeCount, {
    begin: () => {},
    stack: (row) => {
      if (row.freedCount > row.allocatedCount || row.freedBytes > row.allocatedBytes)
        violations.add(
          'no stack frees more than it allocated',
          () => `stack ${row.stack}: ${row.freedCount} of ${row.allocatedCount}`,
        )
    },
    end: () => {},
  })
}
