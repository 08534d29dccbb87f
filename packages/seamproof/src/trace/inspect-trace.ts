import type { ChunkRef } from './chunk-index.js'
import { EventBatch, EventOp } from './event-batch.js'
import { EventDecoder } from './event-decoder.js'
import { describeRecord, hex } from './inspect-record.js'
import { visitChunkRecords } from './meta-record.js'
import { TraceFile } from './trace-file.js'
import { ChunkType, KindCode } from './trace-format.js'

const opNames = new Map(Object.entries(EventOp).map(([name, op]) => [op as number, name]))
const kindNames = new Map(Object.entries(KindCode).map(([name, kind]) => [kind as number, name]))

export interface InspectOptions {
  /** Leave out single events; chunks are still listed. */
  withoutEvents?: boolean
}

/** Every record of a trace, a line each, in the order of the file; what cannot be read is said where it is. */
export function* inspectTrace(path: string, options: InspectOptions = {}): Generator<string> {
  const file = new TraceFile(path)
  try {
    yield* describeHeader(file)
    const chunks = [...file.index.meta, ...file.index.passing, ...file.index.events].sort(
      (a, b) => a.offset - b.offset,
    )
    let record = 0
    for (const chunk of chunks) {
      yield describeChunk(chunk)
      if (chunk.type !== ChunkType.events) {
        const lines: string[] = []
        record = describeRecords(file, chunk, record, lines)
        yield* lines
      } else if (options.withoutEvents !== true) yield* describeEvents(file, chunk)
    }
    for (const { offset, bytes, reason } of file.damage.entries)
      yield `DAMAGE at ${offset}, ${bytes} bytes: ${reason}`
  } finally {
    file.close()
  }
}

function* describeHeader(file: TraceFile): Generator<string> {
  yield `FILE ${file.path} ${file.sizeBytes} bytes`
  for (const [name, value] of Object.entries(file.header)) yield `  ${name}=${value}`
}

function describeChunk(chunk: ChunkRef): string {
  const what =
    chunk.type === ChunkType.meta
      ? `META firstNode=${chunk.first} firstCode=${chunk.owner}`
      : chunk.type === ChunkType.passing
        ? `PASSING number=${chunk.first}`
        : `EVENTS thread=${chunk.owner} firstSeq=${chunk.first}`
  const length = chunk.isOpen ? 'open' : `payload=${chunk.payloadBytes} crc=${hex(chunk.crc)}`
  return `CHUNK at ${chunk.offset} ${what} capacity=${chunk.capacityBytes} ${length}`
}

function describeRecords(
  file: TraceFile,
  chunk: ChunkRef,
  firstRecord: number,
  lines: string[],
): number {
  const state = { nextNode: chunk.first, lastPc: 0 }
  return visitChunkRecords(file, chunk, firstRecord, (record) => {
    lines.push(`  ${describeRecord(record, state)}`)
  })
}

function* describeEvents(file: TraceFile, chunk: ChunkRef): Generator<string> {
  const batch = new EventBatch()
  const decoder = new EventDecoder(file, [chunk], Number.MAX_SAFE_INTEGER)
  while (decoder.nextSeq !== Number.POSITIVE_INFINITY) {
    batch.length = 0
    decoder.fill(batch, Number.MAX_VALUE)
    for (let i = 0; i < batch.length; i++) yield `  ${describeEvent(batch, i)}`
  }
}

function describeEvent(batch: EventBatch, i: number): string {
  const op = batch.op[i]!
  const head = `${batch.seq[i]} us=${batch.timeUs[i]} ${opNames.get(op)}`
  const kind = kindNames.get(batch.kind[i]!)
  const address = hex(batch.address[i]!)
  switch (op) {
    case EventOp.allocate:
    case EventOp.map:
      return `${head} ${kind} ${address} ${batch.sizeBytes[i]} B stack=${batch.stack[i]}`
    case EventOp.unmap:
    case EventOp.remapRelease:
      return `${head} ${address} ${batch.sizeBytes[i]} B`
    case EventOp.acquire:
      return `${head} ${kind} ${batch.address[i]} stack=${batch.stack[i]}`
    case EventOp.release:
      return `${head} ${kind} ${batch.address[i]}`
    default:
      return `${head} ${address}`
  }
}
