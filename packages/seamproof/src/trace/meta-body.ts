import type { MarkKind } from '../contract/facts.js'
import { type ByteReader, DamagedBytes } from './byte-reader.js'
import type { CodeLines } from './trace-code.js'
import type { TraceJsHeap, TraceMark, TraceSample, TraceSnapshot } from './trace-meta.js'
import type { TraceModule } from './trace-module.js'

const markKinds: MarkKind[] = [
  'user',
  'round-begin',
  'round-end',
  'warmup-end',
  'program-end',
  'range-begin',
  'range-end',
]

export function readModule(body: ByteReader, record: number): TraceModule {
  const agentIndex = body.varint()
  const loadBias = body.varint()
  const path = body.string()
  const buildId = Buffer.from(body.bytes()).toString('hex')
  const segments = Array.from({ length: body.count(4) }, () => ({
    start: body.varint(),
    bytes: body.varint(),
    protection: body.varint(),
    fileOffset: body.varint(),
  }))
  return {
    agentIndex,
    loadBias,
    path,
    buildId,
    segments,
    loadedAtRecord: record,
    unloadedAtRecord: null,
  }
}

export function readLines(body: ByteReader): CodeLines {
  const count = body.count(2)
  const offsets = new Uint32Array(count)
  const positions = new Uint32Array(count)
  let offset = 0
  let position = 0
  for (let i = 0; i < count; i++) {
    offset += body.varint()
    position += body.zigzag()
    offsets[i] = offset
    positions[i] = position
  }
  return { offsets, positions }
}

export function readMark(body: ByteReader): TraceMark {
  const seq = body.varint()
  const timeUs = body.varint()
  const kind = markKinds[body.u8()]
  if (kind === undefined) throw new DamagedBytes('a mark has an unknown kind')
  return { seq, timeUs, kind, name: body.string() }
}

export function readSample(body: ByteReader): TraceSample {
  return {
    timeUs: body.varint(),
    rssBytes: body.varint(),
    fdCount: body.varint(),
    threadCount: body.varint(),
    seq: body.varint(),
    // The first agents did not write these two.
    childCount: body.remaining > 0 ? body.varint() : 0,
    mappingCount: body.remaining > 0 ? body.varint() : 0,
  }
}

export function readJsHeap(body: ByteReader): TraceJsHeap {
  return {
    timeUs: body.varint(),
    usedBytes: body.varint(),
    totalBytes: body.varint(),
    externalBytes: body.varint(),
    arrayBuffersBytes: body.varint(),
  }
}

export function readSnapshot(body: ByteReader): TraceSnapshot {
  return {
    seq: body.varint(),
    timeUs: body.varint(),
    liveBytes: body.varint(),
    liveCount: body.varint(),
    peakBytes: body.varint(),
  }
}
