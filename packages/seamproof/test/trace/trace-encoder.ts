import { crc32 } from 'node:zlib'
import { ByteWriter } from './byte-writer.js'

/**
 * A writer of docs/TRACE_FORMAT.md that shares nothing with the reader: made from the page alone, so that a mistake in one
 * of the two shows.
 */
export interface TraceSink {
  write(offset: number, bytes: Uint8Array): void
}

export class MemorySink implements TraceSink {
  #bytes = new Uint8Array(1 << 16)
  length = 0

  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(bytes, offset)
    this.length = Math.max(this.length, end)
  }

  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.length)
  }
}

export interface EncoderOptions {
  mode?: 'full' | 'aggregate'
  eventChunkBytes?: number
  metaChunkBytes?: number
  version?: number
  pid?: number
}

/** One chunk being written. */
class OpenChunk {
  readonly bytes: Uint8Array
  readonly view: DataView
  used = 32

  constructor(
    readonly offset: number,
    type: number,
    capacity: number,
    first: number,
    owner: number,
  ) {
    this.bytes = new Uint8Array(capacity)
    this.view = new DataView(this.bytes.buffer)
    this.view.setUint32(0, 0x4b4e4843, true)
    this.view.setUint16(4, type, true)
    this.view.setUint32(8, capacity, true)
    this.view.setBigUint64(16, BigInt(first), true)
    this.view.setUint32(24, owner, true)
  }

  get room(): number {
    return this.bytes.length - this.used
  }

  seal(): void {
    this.view.setUint32(12, this.used - 32, true)
    const sum = crc32(this.bytes.subarray(32, this.used), crc32(this.bytes.subarray(0, 28)))
    this.view.setUint32(28, sum, true)
  }
}

class ThreadState {
  chunk: OpenChunk | null = null
  seq = 0
  timeUs = 0
  lastStack = 0
  lastAddr = 0
  siteStack = new Float64Array(64)
  siteKind = new Uint8Array(64)
  siteSize = new Float64Array(64)
  siteAddr = new Float64Array(64)
  recent = new Float64Array(64)

  constructor(readonly index: number) {}

  reset(chunk: OpenChunk, seq: number): void {
    this.chunk = chunk
    this.seq = seq
    this.timeUs = 0
    this.lastStack = 0
    this.lastAddr = 0
    for (const table of [this.siteStack, this.siteKind, this.siteSize, this.siteAddr, this.recent])
      table.fill(0)
  }
}

const site = (stack: number) => Math.imul(stack, 0x9e3779b1) >>> 26
const slot = (addr: number) => {
  const low = addr % 2 ** 32
  return (low ^ Math.floor(low / 64)) & 63
}
/** No record is longer. */
const recordBytesMax = 80

export class TraceEncoder {
  /** Events and marks take their numbers here. */
  seq = 1
  timeUs = 0
  nodeCount = 0
  codeCount = 0
  eventCount = 0
  readonly header = new Uint8Array(4096)
  readonly headerView = new DataView(this.header.buffer)
  readonly #threads = new Map<number, ThreadState>()
  readonly #sink: TraceSink
  readonly #eventChunkBytes: number
  readonly #metaChunkBytes: number
  #meta: OpenChunk | null = null
  #lastPc = 0n
  #fileBytes = 4096

  constructor(sink: TraceSink, options: EncoderOptions = {}) {
    this.#sink = sink
    this.#eventChunkBytes = options.eventChunkBytes ?? 65536
    this.#metaChunkBytes = options.metaChunkBytes ?? 65536
    this.header.set(new TextEncoder().encode('SEAMTRC1'))
    const view = this.headerView
    view.setUint32(8, options.version ?? 1, true)
    view.setUint32(12, 4096, true)
    view.setUint32(16, options.pid ?? 4242, true)
    view.setUint32(20, 1, true)
    view.setBigUint64(24, 1_790_000_000_000_000_000n, true)
    view.setBigUint64(32, 1_000_000_000n, true)
    view.setUint32(40, options.mode === 'aggregate' ? 1 : 0, true)
    view.setUint32(44, 4096, true)
    view.setUint32(48, 256, true)
    view.setUint32(252, crc32(this.header.subarray(0, 52)), true)
  }

  #chunk(type: number, capacity: number, first: number, owner: number): OpenChunk {
    const chunk = new OpenChunk(this.#fileBytes, type, capacity, first, owner)
    this.#fileBytes += capacity
    return chunk
  }

  /** A hole, as after a chunk that was handed out and never begun. */
  skipPages(count: number): void {
    this.#fileBytes += count * 4096
  }

  // ---- META

  meta(type: number, body: ByteWriter): void {
    const head = new ByteWriter().u8(type).varint(body.length)
    const bytes = head.length + body.length
    if (this.#meta !== null && this.#meta.room < bytes + 1) this.#closeMeta()
    if (this.#meta === null) {
      const capacity = Math.max(this.#metaChunkBytes, Math.ceil((bytes + 33) / 4096) * 4096)
      this.#meta = this.#chunk(1, capacity, this.nodeCount + 1, this.codeCount)
      this.#lastPc = 0n
    }
    const chunk = this.#meta
    chunk.bytes.set(head.view(), chunk.used)
    chunk.bytes.set(body.view(), chunk.used + head.length)
    chunk.used += bytes
  }

  #closeMeta(): void {
    if (this.#meta === null) return
    this.#meta.seal()
    this.#sink.write(this.#meta.offset, this.#meta.bytes)
    this.#meta = null
  }

  process(executable: string, cwd: string, argv: string[]): void {
    const body = new ByteWriter().string(executable).string(cwd).varint(argv.length)
    for (const argument of argv) body.string(argument)
    this.meta(1, body)
  }

  module(
    index: number,
    bias: number,
    path: string,
    buildId: string,
    segments: [start: number, bytes: number, protection: number, fileOffset: number][],
  ): void {
    const body = new ByteWriter()
      .varint(index)
      .varint(bias)
      .string(path)
      .blob(Buffer.from(buildId, 'hex'))
      .varint(segments.length)
    for (const segment of segments) for (const field of segment) body.varint(field)
    this.meta(2, body)
  }

  moduleGone(index: number): void {
    this.meta(3, new ByteWriter().varint(index))
  }

  code(start: number, bytes: number, name: string): void {
    this.meta(4, new ByteWriter().varint(start).varint(bytes).string(name))
    this.codeCount++
  }

  codeLines(start: number, lines: [offset: number, position: number][]): void {
    const body = new ByteWriter().varint(start).varint(lines.length)
    let [lastOffset, lastPosition] = [0, 0]
    for (const [offset, position] of lines) {
      body.varint(offset - lastOffset).zigzag(position - lastPosition)
      lastOffset = offset
      lastPosition = position
    }
    this.meta(16, body)
  }

  /** Gives the id of the new node. */
  node(parent: number, pc: number, flags = 0, bytecodeOffset?: number): number {
    return this.exactNode(parent, BigInt(pc), flags, bytecodeOffset)
  }

  exactNode(parent: number, pc: bigint, flags = 0, bytecodeOffset?: number): number {
    // The difference to the last pc depends on the chunk: make room first.
    if (this.#meta === null || this.#meta.room < recordBytesMax) {
      this.#closeMeta()
      this.#lastPc = 0n
    }
    const id = this.nodeCount + 1
    const body = new ByteWriter().varint(id - parent).exactZigzag(pc - this.#lastPc)
    body.varint(bytecodeOffset === undefined ? flags : flags | 8)
    if (bytecodeOffset !== undefined) body.varint(bytecodeOffset)
    this.meta(5, body)
    this.nodeCount = id
    this.#lastPc = pc
    return id
  }

  mark(kind: number, name: string): void {
    this.meta(6, new ByteWriter().varint(this.seq).varint(this.timeUs).u8(kind).string(name))
  }

  threadStart(index: number, tid: number, name: string): void {
    this.meta(7, new ByteWriter().varint(index).varint(tid).varint(this.timeUs).string(name))
  }

  threadEnd(index: number): void {
    this.meta(8, new ByteWriter().varint(index).varint(this.timeUs))
  }

  gc(durationUs: number, type: number): void {
    this.meta(9, new ByteWriter().varint(this.timeUs).varint(durationUs).u8(type))
  }

  /** Between marks; `sampleForMark` goes before the mark that it is for. */
  sample(
    rssBytes: number,
    fds: number,
    threads: number,
    children = 0,
    mappings = 0,
    seq = 0,
  ): void {
    const body = new ByteWriter().varint(this.timeUs)
    for (const value of [rssBytes, fds, threads, seq, children, mappings]) body.varint(value)
    this.meta(10, body)
  }

  sampleForMark(
    rssBytes: number,
    fds: number,
    threads: number,
    children: number,
    mappings: number,
  ): void {
    this.sample(rssBytes, fds, threads, children, mappings, this.seq)
  }

  /** `seq` of the mark it is taken for, or 0. */
  snapshot(
    live: { bytes: number; count: number; peakBytes: number },
    stacks: number[][],
    seq = this.seq,
  ): void {
    const head = new ByteWriter().varint(seq).varint(this.timeUs)
    this.meta(11, head.varint(live.bytes).varint(live.count).varint(live.peakBytes))
    for (const [stack, kind, ...totals] of stacks) {
      const body = new ByteWriter().varint(stack!).u8(kind!)
      for (const total of totals) body.varint(total)
      this.meta(12, body)
    }
    this.meta(13, new ByteWriter())
  }

  note(text: string): void {
    this.meta(17, new ByteWriter().string(text))
  }

  // ---- EVENTS

  #thread(index: number, seq: number): ThreadState {
    let thread = this.#threads.get(index)
    if (thread === undefined) {
      thread = new ThreadState(index)
      this.#threads.set(index, thread)
    }
    if (thread.chunk !== null && thread.chunk.room < recordBytesMax) this.closeThread(index)
    if (thread.chunk === null) thread.reset(this.#chunk(2, this.#eventChunkBytes, seq, index), seq)
    this.#put(thread, seq)
    return thread
  }

  /** Time and gap, when they changed. */
  #put(thread: ThreadState, seq: number): void {
    if (this.timeUs !== thread.timeUs) {
      this.#u8(thread, 0x03)
      this.#varint(thread, this.timeUs - thread.timeUs)
      thread.timeUs = this.timeUs
    }
    const gap = seq - thread.seq
    if (gap > 32) {
      this.#u8(thread, 0x04)
      this.#varint(thread, gap)
    } else if (gap > 0) this.#u8(thread, 0x20 + gap - 1)
    thread.seq = seq
  }

  #u8(thread: ThreadState, value: number): void {
    const chunk = thread.chunk!
    chunk.bytes[chunk.used++] = value
  }

  #varint(thread: ThreadState, value: number): void {
    const chunk = thread.chunk!
    let rest = value
    while (rest >= 0x80) {
      if (rest < 0x80000000) {
        chunk.bytes[chunk.used++] = (rest & 0x7f) | 0x80
        rest = rest >>> 7
      } else {
        const low = rest % 128
        chunk.bytes[chunk.used++] = low | 0x80
        rest = (rest - low) / 128
      }
    }
    chunk.bytes[chunk.used++] = rest
  }

  #zigzag(thread: ThreadState, value: number): void {
    this.#varint(thread, value >= 0 ? value * 2 : -value * 2 - 1)
  }

  alloc(index: number, kind: number, stack: number, size: number, address: number): void {
    const thread = this.#thread(index, this.seq++)
    this.eventCount++
    thread.seq++
    if (address % 16 !== 0) {
      this.#u8(thread, 0x06)
      this.#u8(thread, kind)
      this.#zigzag(thread, stack - thread.lastStack)
      this.#varint(thread, size)
      this.#varint(thread, address)
      thread.lastStack = stack
      return
    }
    const addr = address / 16
    const s = site(stack)
    if (stack !== 0 && thread.siteStack[s] === stack && thread.siteKind[s] === kind) {
      const isSame = thread.siteSize[s] === size
      this.#u8(thread, (isSame ? 0x80 : 0xc0) + s)
      if (!isSame) this.#varint(thread, size)
      this.#zigzag(thread, addr - thread.siteAddr[s]!)
    } else {
      this.#u8(thread, 0x01)
      this.#u8(thread, kind)
      this.#zigzag(thread, stack - thread.lastStack)
      this.#varint(thread, size)
      this.#zigzag(thread, addr - thread.lastAddr)
    }
    thread.siteStack[s] = stack
    thread.siteKind[s] = kind
    thread.siteSize[s] = size
    thread.siteAddr[s] = addr
    thread.recent[slot(addr)] = addr
    thread.lastAddr = addr
    thread.lastStack = stack
  }

  free(index: number, address: number): void {
    const thread = this.#thread(index, this.seq++)
    this.eventCount++
    thread.seq++
    if (address % 16 !== 0) {
      this.#u8(thread, 0x07)
      this.#varint(thread, address)
      return
    }
    const addr = address / 16
    if (thread.recent[slot(addr)] === addr) this.#u8(thread, 0x40 + slot(addr))
    else {
      this.#u8(thread, 0x02)
      this.#zigzag(thread, addr - thread.lastAddr)
    }
    thread.lastAddr = addr
  }

  /** `meanwhile` runs between the release and the acquisition: what other threads do there. */
  realloc(
    index: number,
    from: number,
    to: number,
    size: number,
    stack: number,
    meanwhile: () => void = () => {},
  ): void {
    const released = this.seq++
    meanwhile()
    const acquired = this.seq++
    const thread = this.#thread(index, released)
    this.eventCount += 2
    const isOdd = from % 16 !== 0 || to % 16 !== 0
    this.#u8(thread, isOdd ? 0x0d : 0x05)
    if (isOdd) {
      this.#varint(thread, from)
      this.#varint(thread, to)
    } else {
      this.#zigzag(thread, from / 16 - thread.lastAddr)
      this.#zigzag(thread, to / 16 - from / 16)
    }
    this.#varint(thread, size)
    this.#zigzag(thread, stack - thread.lastStack)
    this.#varint(thread, acquired - released - 1)
    thread.seq = acquired + 1
    thread.lastStack = stack
    if (isOdd) return
    thread.lastAddr = to / 16
    thread.recent[slot(to / 16)] = to / 16
  }

  map(index: number, address: number, length: number, stack: number): void {
    const thread = this.#thread(index, this.seq++)
    this.eventCount++
    thread.seq++
    this.#u8(thread, 0x08)
    this.#varint(thread, address / 4096)
    this.#varint(thread, length)
    this.#zigzag(thread, stack - thread.lastStack)
    this.#varint(thread, 3)
    this.#varint(thread, 0x22)
    thread.lastStack = stack
  }

  unmap(index: number, address: number, length: number): void {
    const thread = this.#thread(index, this.seq++)
    this.eventCount++
    thread.seq++
    this.#u8(thread, 0x09)
    this.#varint(thread, address / 4096)
    this.#varint(thread, length)
  }

  remap(
    index: number,
    from: [address: number, length: number],
    to: [address: number, length: number],
    stack: number,
    meanwhile: () => void = () => {},
  ): void {
    const released = this.seq++
    meanwhile()
    const acquired = this.seq++
    const thread = this.#thread(index, released)
    this.eventCount += 2
    this.#u8(thread, 0x0a)
    for (const [address, length] of [from, to]) {
      this.#varint(thread, address / 4096)
      this.#varint(thread, length)
    }
    this.#zigzag(thread, stack - thread.lastStack)
    this.#varint(thread, acquired - released - 1)
    thread.seq = acquired + 1
    thread.lastStack = stack
  }

  acquire(index: number, resourceClass: number, id: number, stack: number): void {
    const thread = this.#thread(index, this.seq++)
    this.eventCount++
    thread.seq++
    this.#u8(thread, 0x0b)
    this.#u8(thread, resourceClass)
    this.#varint(thread, id)
    this.#zigzag(thread, stack - thread.lastStack)
    thread.lastStack = stack
  }

  release(index: number, resourceClass: number, id: number): void {
    const thread = this.#thread(index, this.seq++)
    this.eventCount++
    thread.seq++
    this.#u8(thread, 0x0c)
    this.#u8(thread, resourceClass)
    this.#varint(thread, id)
  }

  closeThread(index: number): void {
    const thread = this.#threads.get(index)
    if (thread?.chunk == null) return
    thread.chunk.seal()
    this.#sink.write(thread.chunk.offset, thread.chunk.bytes)
    thread.chunk = null
  }

  // ---- the end

  /** A proper end, or one by SIGKILL: chunks stay as they are, without length and CRC. */
  finish(how: 'closed' | 'killed' = 'closed'): void {
    if (how === 'closed') {
      for (const index of this.#threads.keys()) this.closeThread(index)
      this.#closeMeta()
      this.headerView.setUint32(52, 1, true)
      this.headerView.setBigUint64(128, BigInt(1_000_000_000 + this.timeUs * 1000), true)
    } else {
      const open = [this.#meta, ...[...this.#threads.values()].map((thread) => thread.chunk)]
      for (const chunk of open) if (chunk !== null) this.#sink.write(chunk.offset, chunk.bytes)
    }
    this.headerView.setBigUint64(112, BigInt(this.eventCount), true)
    this.headerView.setBigUint64(120, BigInt(this.#fileBytes), true)
    this.#sink.write(0, this.header)
  }
}
