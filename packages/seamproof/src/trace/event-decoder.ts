import type { ChunkRef } from './chunk-index.js'
import { type EventBatch, EventOp, eventBatchLength } from './event-batch.js'
import type { TraceFile } from './trace-file.js'
import { chunkHeaderBytes, KindCode, resourceKindBase, Token } from './trace-format.js'
import { longVarint, unzigzag, varintEnd } from './varint.js'

/** Zero bytes behind a payload: a varint that runs past the end stops there, so no read needs a bounds check. */
const padBytes = 64
const seqMax = Number.MAX_SAFE_INTEGER
const stackMax = 0xffffffff
const address16Max = 2 ** 48
const mapUnitBytes = 4096
const slotCount = 64

/** Decodes the events of one thread, chunk by chunk, straight into batches. */
export class EventDecoder {
  /** No later event of this thread has a smaller sequence number; Infinity after the last. */
  nextSeq = 0
  readonly thread: number
  readonly #file: TraceFile
  readonly #chunks: ChunkRef[]
  readonly #nodeCount: number
  #nextChunk = 0
  #buffer = new Uint8Array(0)
  #chunk: ChunkRef | null = null
  #position = 0
  #end = 0
  #timeUs = 0
  #lastStack = 0
  #lastAddress = 0
  /** The second event of a REALLOC or REMAP, which waits for its place in the order; 0 when none does. */
  #pendingOp = 0
  #pendingKind = 0
  #pendingAddress = 0
  #pendingSize = 0
  readonly #siteStack = new Uint32Array(slotCount)
  readonly #siteKind = new Uint8Array(slotCount)
  readonly #siteSize = new Float64Array(slotCount)
  readonly #siteAddress = new Float64Array(slotCount)
  readonly #recent = new Float64Array(slotCount)

  /** `chunks` are those of one thread, in their order. Stacks above `nodeCount` were lost and become 0. */
  constructor(file: TraceFile, chunks: ChunkRef[], nodeCount: number) {
    this.#file = file
    this.#chunks = chunks
    this.#nodeCount = nodeCount
    this.thread = chunks[0]?.owner ?? 0
    this.nextSeq = chunks[0]?.first ?? Number.POSITIVE_INFINITY
  }

  /** Appends events with a sequence number up to `untilSeq` while the batch has room, and moves `nextSeq` on. */
  fill(batch: EventBatch, untilSeq: number): void {
    while (batch.length < eventBatchLength && this.nextSeq <= untilSeq) {
      if (this.#chunk === null && !this.#open()) return
      const state = this.#decodeUsual(batch, untilSeq)
      if (state === 'end') this.#close()
      else if (state === 'rare' && batch.length < eventBatchLength && this.nextSeq <= untilSeq)
        this.#decodeRare(batch)
    }
  }

  /** Loads the next chunk; false after the last. */
  #open(): boolean {
    for (;;) {
      const chunk = this.#chunks[this.#nextChunk++]
      if (chunk === undefined) {
        this.nextSeq = Number.POSITIVE_INFINITY
        this.#buffer = new Uint8Array(0)
        return false
      }
      if (this.#buffer.length < chunk.capacityBytes + padBytes)
        this.#buffer = new Uint8Array(chunk.capacityBytes + padBytes)
      const payload = this.#file.payload(chunk, this.#buffer)
      if (payload === null) continue
      this.#start(chunk, payload.length)
      return true
    }
  }

  #start(chunk: ChunkRef, payloadBytes: number): void {
    this.#chunk = chunk
    this.#position = chunkHeaderBytes
    this.#end = chunkHeaderBytes + payloadBytes
    this.#buffer.fill(0, this.#end, this.#end + padBytes)
    this.#timeUs = 0
    this.#lastStack = 0
    this.#lastAddress = 0
    this.#pendingOp = 0
    this.#siteStack.fill(0)
    this.#siteKind.fill(0)
    this.#siteSize.fill(0)
    this.#siteAddress.fill(0)
    this.#recent.fill(0)
    this.nextSeq = chunk.first
  }

  #close(): void {
    this.#chunk = null
    this.nextSeq = this.#chunks[this.#nextChunk]?.first ?? Number.POSITIVE_INFINITY
  }

  /**
   * The hot loop: records that come by the million. Stops at the end of the chunk, at an event that is not due yet or for
   * which there is no room, and before a rare record. Addresses are in units of 16 bytes.
   */
  #decodeUsual(batch: EventBatch, untilSeq: number): 'end' | 'due-later' | 'rare' {
    const bytes = this.#buffer
    const end = this.#end
    const thread = this.thread
    const nodeCount = this.#nodeCount
    let position = this.#position
    let seq = this.nextSeq
    let lastAddress = this.#lastAddress
    let length = batch.length
    let state: 'end' | 'due-later' | 'rare' = 'due-later'
    for (;;) {
      if (this.#pendingOp !== 0) {
        state = 'rare'
        break
      }
      const token = position < end ? bytes[position]! : Token.end
      if (token >= Token.gapShort && token < Token.freeRecent) {
        seq += (token & 31) + 1
        position++
        continue
      }
      if (token < Token.gapShort && token !== Token.alloc && token !== Token.free) {
        state = token === Token.end ? 'end' : 'rare'
        break
      }
      if (seq > untilSeq || length === eventBatchLength) break
      position++
      batch.thread[length] = thread
      batch.seq[length] = seq
      batch.timeUs[length] = this.#timeUs
      if (token >= Token.siteSame) {
        const site = token & 63
        let size = this.#siteSize[site]!
        if (token >= Token.siteSize) {
          size = bytes[position]!
          if (size < 0x80) position++
          else {
            size = longVarint(bytes, position)
            position = varintEnd.position
          }
          this.#siteSize[site] = size
        }
        let delta: number = bytes[position]!
        if (delta < 0x80) position++
        else {
          delta = longVarint(bytes, position)
          position = varintEnd.position
        }
        lastAddress = this.#siteAddress[site]! + unzigzag(delta)
        const stack = this.#siteStack[site]!
        this.#lastStack = stack
        this.#siteAddress[site] = lastAddress
        this.#recent[recentSlot(lastAddress)] = lastAddress
        const kind = this.#siteKind[site]!
        if (kind === 0) {
          position = end + 1
          break
        }
        batch.op[length] = EventOp.allocate
        batch.kind[length] = kind
        batch.stack[length] = stack <= nodeCount ? stack : 0
        batch.sizeBytes[length] = size
      } else if (token >= Token.freeRecent) {
        lastAddress = this.#recent[token & 63]!
        batch.op[length] = EventOp.free
      } else if (token === Token.free) {
        let delta: number = bytes[position]!
        if (delta < 0x80) position++
        else {
          delta = longVarint(bytes, position)
          position = varintEnd.position
        }
        lastAddress += unzigzag(delta)
        batch.op[length] = EventOp.free
      } else {
        this.#position = position
        lastAddress = this.#allocation(batch, length, lastAddress)
        position = this.#position
      }
      if (!(lastAddress >= 0 && lastAddress <= address16Max)) {
        position = end + 1
        break
      }
      batch.address[length] = lastAddress * 16
      length++
      seq++
    }
    batch.length = length
    this.#position = position
    this.#lastAddress = lastAddress
    this.nextSeq = seq
    if (position <= end && seq <= seqMax) return state
    this.#damaged()
    return 'end'
  }

  /** ALLOC: a site that the table did not know. A bad kind gives an impossible address, which ends the chunk. */
  #allocation(batch: EventBatch, index: number, lastAddress: number): number {
    const kind = this.#buffer[this.#position++]!
    const stack = this.#stack()
    const size = this.#varint()
    const address = lastAddress + unzigzag(this.#varint())
    if (kind === 0 || kind > KindCode.mmap) return -1
    const site = siteSlot(stack)
    this.#siteStack[site] = stack
    this.#siteKind[site] = kind
    this.#siteSize[site] = size
    this.#siteAddress[site] = address
    this.#recent[recentSlot(address)] = address
    batch.op[index] = EventOp.allocate
    batch.kind[index] = kind
    batch.stack[index] = stack <= this.#nodeCount ? stack : 0
    batch.sizeBytes[index] = size
    return address
  }

  /** One record of the other types, or the second half of one. */
  #decodeRare(batch: EventBatch): void {
    if (this.#pendingOp !== 0) {
      const op = this.#pendingOp
      this.#pendingOp = 0
      this.#emit(
        batch,
        op,
        this.#pendingKind,
        this.#lastStack,
        this.#pendingSize,
        this.#pendingAddress,
      )
      return
    }
    const token = this.#buffer[this.#position++]!
    const isKnown =
      this.#decodeState(token) || this.#decodeBlock(batch, token) || this.#decodeRange(batch, token)
    if (isKnown && this.#position <= this.#end && this.nextSeq <= seqMax) return
    this.#damaged()
    this.#pendingOp = 0
    this.#close()
  }

  #decodeState(token: number): boolean {
    if (token === Token.time) this.#timeUs += this.#varint()
    else if (token === Token.gap) this.nextSeq += this.#varint()
    else return false
    return true
  }

  #decodeBlock(batch: EventBatch, token: number): boolean {
    if (token === Token.realloc) {
      const from = this.#lastAddress + unzigzag(this.#varint())
      const to = from + unzigzag(this.#varint())
      const size = this.#varint()
      this.#stack()
      this.#emit(batch, EventOp.reallocRelease, 0, 0, 0, from * 16)
      this.#defer(EventOp.allocate, KindCode.realloc, size, to * 16)
      this.#lastAddress = to
      this.#recent[recentSlot(to)] = to
    } else if (token === Token.allocOdd) {
      const kind = this.#buffer[this.#position++]!
      const stack = this.#stack()
      const size = this.#varint()
      if (kind === 0 || kind > KindCode.mmap) return false
      this.#emit(batch, EventOp.allocate, kind, stack, size, this.#varint())
    } else if (token === Token.freeOdd) {
      this.#emit(batch, EventOp.free, 0, 0, 0, this.#varint())
    } else if (token === Token.reallocOdd) {
      const from = this.#varint()
      const to = this.#varint()
      const size = this.#varint()
      this.#stack()
      this.#emit(batch, EventOp.reallocRelease, 0, 0, 0, from)
      this.#defer(EventOp.allocate, KindCode.realloc, size, to)
    } else return false
    return true
  }

  /** Mappings and resources. */
  #decodeRange(batch: EventBatch, token: number): boolean {
    if (token === Token.map) {
      const address = this.#varint() * mapUnitBytes
      const size = this.#varint()
      const stack = this.#stack()
      this.#varint() // protection
      this.#varint() // flags
      this.#emit(batch, EventOp.map, KindCode.mmap, stack, size, address)
    } else if (token === Token.unmap) {
      const address = this.#varint() * mapUnitBytes
      this.#emit(batch, EventOp.unmap, 0, 0, this.#varint(), address)
    } else if (token === Token.remap) {
      const from = this.#varint() * mapUnitBytes
      const fromSize = this.#varint()
      const to = this.#varint() * mapUnitBytes
      const toSize = this.#varint()
      this.#stack()
      this.#emit(batch, EventOp.remapRelease, 0, 0, fromSize, from)
      this.#defer(EventOp.map, KindCode.mmap, toSize, to)
    } else if (token === Token.acquire || token === Token.release) {
      const kind = resourceKindBase + this.#buffer[this.#position++]!
      if (kind > KindCode.child) return false
      const id = this.#varint()
      if (token === Token.acquire) this.#emit(batch, EventOp.acquire, kind, this.#stack(), 0, id)
      else this.#emit(batch, EventOp.release, kind, 0, 0, id)
    } else return false
    return true
  }

  /** The second event of a record comes `between` + 1 numbers after the first. */
  #defer(op: number, kind: number, size: number, address: number): void {
    this.#pendingOp = op
    this.#pendingKind = kind
    this.#pendingSize = size
    this.#pendingAddress = address
    this.nextSeq += this.#varint()
  }

  #emit(
    batch: EventBatch,
    op: number,
    kind: number,
    stack: number,
    size: number,
    address: number,
  ): void {
    const index = batch.length++
    batch.op[index] = op
    batch.kind[index] = kind
    batch.thread[index] = this.thread
    batch.stack[index] = stack <= this.#nodeCount ? stack : 0
    batch.sizeBytes[index] = size
    batch.address[index] = Math.max(0, address)
    batch.seq[index] = this.nextSeq++
    batch.timeUs[index] = this.#timeUs
  }

  #varint(): number {
    const byte = this.#buffer[this.#position]!
    if (byte < 0x80) {
      this.#position++
      return byte
    }
    const value = longVarint(this.#buffer, this.#position)
    this.#position = varintEnd.position
    return value
  }

  /** Reads a stack, which is written as its difference from the last one. */
  #stack(): number {
    const stack = this.#lastStack + unzigzag(this.#varint())
    // An impossible id ends the chunk: the position is checked after every record.
    if (stack < 0 || stack > stackMax) this.#position = this.#end + 1
    this.#lastStack = stack
    return stack
  }

  #damaged(): void {
    const chunk = this.#chunk!
    const bytes = Math.max(1, this.#end - this.#position)
    this.#file.damage.add(chunk.offset, bytes, 'its events do not make sense from here on')
  }
}

/** Both tables are the writer's: see docs/TRACE_FORMAT.md. */
function siteSlot(stack: number): number {
  return Math.imul(stack, 0x9e3779b1) >>> 26
}

function recentSlot(address16: number): number {
  const low = address16 | 0
  return (low ^ (low >>> 6)) & 63
}
