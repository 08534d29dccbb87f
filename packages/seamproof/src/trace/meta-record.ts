import { ByteReader, DamagedBytes } from './byte-reader.js'
import type { ChunkRef } from './chunk-index.js'
import type { TraceFile } from './trace-file.js'
import { chunkHeaderBytes } from './trace-format.js'

export interface MetaRecord {
  /** Number of the record in the stream, from 0. */
  record: number
  type: number
  body: ByteReader
  chunk: ChunkRef
  /** True for the first record of its chunk: the prediction state starts from zero. */
  isChunkStart: boolean
  /** Place in the file. */
  offset: number
}

/**
 * The META stream, record by record. The visitor may throw `DamagedBytes`: that record is then counted as damaged and the
 * next one goes on. Where the lengths of records make no sense, it goes on with the next chunk.
 */
export function visitMetaRecords(file: TraceFile, visit: (record: MetaRecord) => void): void {
  let record = 0
  for (const chunk of [...file.index.meta, ...file.index.passing])
    record = visitChunkRecords(file, chunk, record, visit)
}

/** The records of one chunk, numbered from `firstRecord`; gives the number after the last. */
export function visitChunkRecords(
  file: TraceFile,
  chunk: ChunkRef,
  firstRecord: number,
  visit: (record: MetaRecord) => void,
): number {
  const payload = file.payload(chunk)
  if (payload === null) return firstRecord
  const reader = new ByteReader(payload)
  let record = firstRecord
  let isChunkStart = true
  try {
    while (reader.remaining > 0) {
      const offset = chunk.offset + chunkHeaderBytes + reader.position
      const type = reader.u8()
      if (type === 0) break
      const body = reader.slice(reader.varint())
      try {
        visit({ record: record++, type, body, chunk, isChunkStart, offset })
      } catch (error) {
        if (!(error instanceof DamagedBytes)) throw error
        file.damage.add(offset, 1, error.message)
      }
      isChunkStart = false
    }
  } catch (error) {
    if (!(error instanceof DamagedBytes)) throw error
    file.damage.add(chunk.offset, Math.max(1, reader.remaining), error.message)
  }
  return record
}
