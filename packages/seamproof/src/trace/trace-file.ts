import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { type ChunkIndex, type ChunkRef, indexChunks } from './chunk-index.js'
import { TraceDamage } from './trace-damage.js'
import { chunkHeaderBytes, fileHeaderUsedBytes } from './trace-format.js'
import { parseTraceHeader, type TraceHeader } from './trace-header.js'

function unreadable(path: string, cause: unknown): SeamproofError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new SeamproofError('TRACE_UNREADABLE', `cannot read the trace ${path}: ${message}`, {
    hint: 'check the path and its permissions; `seamproof track -- node app.js` makes a capture',
    exitCode: ExitCode.subjectNotDriven,
    cause,
  })
}

/** Opening a pipe or a device could wait for ever: only regular files are traces. */
function openRegular(path: string): number {
  let isFile = false
  try {
    isFile = statSync(path).isFile()
    if (isFile) return openSync(path, 'r')
  } catch (error) {
    throw unreadable(path, error)
  }
  throw unreadable(path, 'it is not a regular file')
}

/** One trace on disk: its header, the index of its chunks, and their payloads, read and verified one at a time. */
export class TraceFile {
  readonly path: string
  readonly sizeBytes: number
  readonly header: TraceHeader
  readonly damage = new TraceDamage()
  readonly index: ChunkIndex
  readonly #descriptor: number
  #isClosed = false

  constructor(path: string) {
    this.path = path
    this.#descriptor = openRegular(path)
    try {
      this.sizeBytes = fstatSync(this.#descriptor).size
      this.header = parseTraceHeader(this.read(0, fileHeaderUsedBytes), path)
      this.index = indexChunks(this)
    } catch (error) {
      this.close()
      throw error instanceof SeamproofError ? error : unreadable(path, error)
    }
  }

  /** Fewer bytes than asked for at the end of the file. */
  read(offset: number, lengthBytes: number, into?: Uint8Array): Uint8Array {
    const length = Math.max(0, Math.min(lengthBytes, this.sizeBytes - offset))
    const bytes =
      into !== undefined && into.length >= length
        ? into.subarray(0, length)
        : new Uint8Array(length)
    let done = 0
    try {
      while (done < length) {
        const count = readSync(this.#descriptor, bytes, done, length - done, offset + done)
        if (count === 0) break
        done += count
      }
    } catch (error) {
      throw unreadable(this.path, error)
    }
    return done === length ? bytes : bytes.subarray(0, done)
  }

  /**
   * The payload of a chunk, or null when it cannot be trusted (which is then in `damage`). An open chunk has no CRC: its
   * bytes go on to its capacity and the decoder finds the end.
   */
  payload(chunk: ChunkRef, into?: Uint8Array): Uint8Array | null {
    const length =
      chunkHeaderBytes +
      (chunk.isOpen ? chunk.capacityBytes - chunkHeaderBytes : chunk.payloadBytes)
    const bytes = this.read(chunk.offset, length, into)
    if (chunk.isOpen) return bytes.subarray(Math.min(chunkHeaderBytes, bytes.length))
    const payload = bytes.subarray(Math.min(chunkHeaderBytes, bytes.length))
    if (bytes.length < length) {
      this.damage.add(chunk.offset, bytes.length, 'the file ends inside this chunk')
      return null
    }
    if (crc32(payload, crc32(bytes.subarray(0, 28))) !== chunk.crc) {
      this.damage.add(chunk.offset, chunk.capacityBytes, 'its CRC does not match')
      return null
    }
    return payload
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    closeSync(this.#descriptor)
  }
}
