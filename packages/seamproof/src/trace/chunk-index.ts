import type { TraceFile } from './trace-file.js'
import {
  ChunkType,
  chunkCapacityBytesMax,
  chunkHeaderBytes,
  chunkMagic,
  fileHeaderBytes,
  pageBytes,
} from './trace-format.js'

export interface ChunkRef {
  offset: number
  type: number
  /** Header included, and never past the end of the file or into the next chunk. */
  capacityBytes: number
  payloadBytes: number
  /** No length and no CRC: its writer still ran, or was killed. */
  isOpen: boolean
  first: number
  owner: number
  crc: number
}

/** META in the order of the file, PASSING in that of its numbers; EVENTS by thread, each in the order of its sequence numbers. */
export interface ChunkIndex {
  meta: ChunkRef[]
  /** What is kept of the records that a long run overwrites. */
  passing: ChunkRef[]
  events: ChunkRef[]
}

const knownTypes = new Set<number>(Object.values(ChunkType))

const windowBytes = 1024 * 1024
/** No writer leaves a hole this large: the rest of the file is preallocated space. */
const zeroRunBytesMax = 1024 * 1024 * 1024

function parseChunkHeader(view: DataView, position: number, offset: number): ChunkRef | null {
  if (view.getUint32(position, true) !== chunkMagic) return null
  const capacityBytes = view.getUint32(position + 8, true)
  const payloadBytes = view.getUint32(position + 12, true)
  const crc = view.getUint32(position + 28, true)
  if (
    capacityBytes < pageBytes ||
    capacityBytes % pageBytes !== 0 ||
    capacityBytes > chunkCapacityBytesMax ||
    payloadBytes > capacityBytes - chunkHeaderBytes
  )
    return null
  return {
    offset,
    type: view.getUint16(position + 4, true),
    capacityBytes,
    payloadBytes,
    // A writer killed while closing its chunk leaves a length without a CRC, or the reverse.
    isOpen: payloadBytes === 0 || crc === 0,
    first: view.getUint32(position + 16, true) + view.getUint32(position + 20, true) * 4294967296,
    owner: view.getUint32(position + 24, true),
    crc,
  }
}

/** Walks the file from chunk to chunk; where no chunk is, page by page. */
class ChunkScan {
  readonly found: ChunkRef[] = []
  readonly #file: TraceFile
  readonly #window = new Uint8Array(windowBytes)
  #view = new DataView(this.#window.buffer)
  #windowStart = 0
  #windowLength = 0
  /** The agent's chunks of one type have one capacity: another one is verified before it is used to skip. */
  readonly #usualCapacity = new Map<number, number>()

  constructor(file: TraceFile) {
    this.#file = file
  }

  /** Position of a page inside the window, with at least a chunk header behind it; -1 at the end of the file. */
  #page(offset: number, readBytes: number): number {
    const inWindow = offset - this.#windowStart
    if (inWindow >= 0 && inWindow + chunkHeaderBytes <= this.#windowLength) return inWindow
    const bytes = this.#file.read(offset, readBytes, this.#window)
    this.#windowStart = offset
    this.#windowLength = bytes.length
    return bytes.length < chunkHeaderBytes ? -1 : 0
  }

  chunkAt(offset: number, readBytes: number): ChunkRef | 'zero' | 'stray' | 'end' {
    const position = this.#page(offset, readBytes)
    if (position < 0) return 'end'
    const chunk = parseChunkHeader(this.#view, position, offset)
    if (chunk !== null) return chunk
    for (let i = 0; i < chunkHeaderBytes; i += 4)
      if (this.#view.getUint32(position + i, true) !== 0) return 'stray'
    return 'zero'
  }

  /** How far to go on after a chunk; logs and returns one page when the chunk cannot be trusted to say. */
  accept(chunk: ChunkRef): number {
    if (chunk.isOpen) this.#clipOpen(chunk)
    else if (this.#usualCapacity.get(chunk.type) !== chunk.capacityBytes) {
      if (this.#file.payload(chunk) === null) return pageBytes
      this.#usualCapacity.set(chunk.type, chunk.capacityBytes)
    }
    if (knownTypes.has(chunk.type)) this.found.push(chunk)
    else if (chunk.isOpen)
      this.#file.damage.add(chunk.offset, pageBytes, `chunk type ${chunk.type} is not known`)
    return chunk.capacityBytes
  }

  /** Nothing vouches for an open chunk's capacity: it ends where the next chunk begins. */
  #clipOpen(chunk: ChunkRef): void {
    const end = Math.min(chunk.offset + chunk.capacityBytes, this.#file.sizeBytes)
    for (let offset = chunk.offset + pageBytes; offset < end; offset += pageBytes) {
      const next = this.chunkAt(offset, windowBytes)
      if (typeof next !== 'object') continue
      this.#file.damage.add(offset, 0, 'an open chunk claimed the space of this one')
      chunk.capacityBytes = offset - chunk.offset
      return
    }
    chunk.capacityBytes = end - chunk.offset
  }

  run(): void {
    let offset = fileHeaderBytes
    let stray: { offset: number; bytes: number } | undefined
    let zeroBytes = 0
    const limit = this.#limit()
    while (offset < limit) {
      const chunk = this.chunkAt(
        offset,
        stray === undefined && zeroBytes === 0 ? pageBytes : windowBytes,
      )
      if (chunk === 'end') break
      zeroBytes = chunk === 'zero' ? zeroBytes + pageBytes : 0
      if (zeroBytes > zeroRunBytesMax) break
      if (chunk === 'stray') {
        stray ??= { offset, bytes: 0 }
        stray.bytes += pageBytes
        offset += pageBytes
        continue
      }
      this.#logStray(stray)
      stray = undefined
      offset += chunk === 'zero' ? pageBytes : this.accept(chunk)
    }
    this.#logStray(stray)
  }

  #logStray(stray: { offset: number; bytes: number } | undefined): void {
    if (stray !== undefined)
      this.#file.damage.add(stray.offset, stray.bytes, 'these pages belong to no chunk')
  }

  /** The header's count of used bytes spares us the preallocated rest, unless something is there after all. */
  #limit(): number {
    const { usedBytes } = this.#file.header
    const size = this.#file.sizeBytes
    if (usedBytes < fileHeaderBytes || usedBytes % pageBytes !== 0 || usedBytes >= size) return size
    return this.chunkAt(usedBytes, chunkHeaderBytes) === 'zero' ? usedBytes : size
  }
}

export function indexChunks(file: TraceFile): ChunkIndex {
  const scan = new ChunkScan(file)
  scan.run()
  const events = scan.found.filter((chunk) => chunk.type === ChunkType.events)
  return {
    meta: scan.found.filter((chunk) => chunk.type === ChunkType.meta),
    passing: scan.found
      .filter((chunk) => chunk.type === ChunkType.passing)
      .sort((a, b) => a.first - b.first),
    events: events.sort((a, b) => a.owner - b.owner || a.first - b.first || a.offset - b.offset),
  }
}
