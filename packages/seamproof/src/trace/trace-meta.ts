import { basename } from 'node:path'
import type { MarkKind } from '../contract/facts.js'
import { type ByteReader, DamagedBytes } from './byte-reader.js'
import { type MetaRecord, visitMetaRecords } from './meta-record.js'
import { StackTree } from './stack-tree.js'
import { type CodeLines, LiveCode, type TraceCode } from './trace-code.js'
import type { DamageEntry } from './trace-damage.js'
import { TraceFile } from './trace-file.js'
import { MetaType, NodeFlag } from './trace-format.js'
import type { TraceHeader } from './trace-header.js'
import { LocationTable, type TraceLocation } from './trace-location.js'
import { LiveModules, type TraceModule } from './trace-module.js'

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

export interface TraceSample {
  timeUs: number
  rssBytes: number
  fdCount: number
  threadCount: number
  seq: number
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
  /** Places that could not be trusted and were skipped. */
  damage: DamageEntry[]
}

const markKinds: MarkKind[] = ['user', 'round-begin', 'round-end', 'warmup-end', 'program-end']

/** Builds a `TraceMeta` from the records in their order. */
class MetaBuilder {
  readonly #file: TraceFile
  readonly #modules = new LiveModules()
  readonly #code = new LiveCode()
  readonly #locations = new LocationTable()
  readonly #unknownLocation = this.#locations.unknown(0)
  /** No id can be larger: a NODE record takes five bytes. */
  readonly #nodeIdMax: number
  #nextNode = 0
  #lastPc = 0
  readonly meta: TraceMeta

  constructor(file: TraceFile) {
    this.#file = file
    this.#nodeIdMax = Math.min(file.sizeBytes / 5, 2 ** 32 - 2)
    this.meta = {
      path: file.path,
      traceFile: basename(file.path),
      header: file.header,
      process: null,
      modules: this.#modules.all,
      code: this.#code.all,
      locations: this.#locations.all,
      stacks: new StackTree(),
      marks: [],
      threads: [],
      gcs: [],
      samples: [],
      jsHeap: [],
      snapshots: [],
      forks: [],
      notes: [],
      damage: [],
    }
  }

  visit(record: MetaRecord): void {
    if (record.isChunkStart) {
      this.#nextNode = record.chunk.first
      this.#lastPc = 0
    }
    const { body } = record
    switch (record.type) {
      case MetaType.process:
        this.meta.process = {
          executable: body.string(),
          cwd: body.string(),
          argv: Array.from({ length: body.count(1) }, () => body.string()),
        }
        break
      case MetaType.module:
        this.#modules.add(readModule(body, record.record))
        break
      case MetaType.moduleGone:
        this.#modules.remove(body.varint(), record.record)
        break
      case MetaType.code:
        this.#code.add(body.varint(), body.varint(), body.string())
        break
      case MetaType.codeLines:
        this.#code.setLines(body.varint(), readLines(body))
        break
      case MetaType.node:
        this.#node(body)
        break
      case MetaType.fork:
        this.meta.forks.push({ childPid: body.varint(), timeUs: body.varint() })
        break
      case MetaType.note:
        this.meta.notes.push(body.string())
        break
      default:
        this.#timed(record.type, body)
    }
  }

  #timed(type: number, body: ByteReader): void {
    switch (type) {
      case MetaType.mark:
        this.meta.marks.push(readMark(body))
        break
      case MetaType.thread:
        this.meta.threads.push({
          index: body.varint(),
          tid: body.varint(),
          startUs: body.varint(),
          endUs: null,
          name: body.string(),
        })
        break
      case MetaType.threadEnd:
        this.#threadEnd(body.varint(), body.varint())
        break
      case MetaType.gc:
        this.meta.gcs.push({
          startUs: body.varint(),
          durationUs: body.varint(),
          type: body.u8(),
        })
        break
      case MetaType.sample:
        this.meta.samples.push(readSample(body))
        break
      case MetaType.jsHeap:
        this.meta.jsHeap.push(readJsHeap(body))
        break
      case MetaType.snapshot:
        this.meta.snapshots.push(readSnapshot(body))
        break
    }
  }

  #node(body: ByteReader): void {
    const id = this.#nextNode++
    const parent = id - body.varint()
    const pc = this.#lastPc + body.zigzag()
    const flags = body.varint()
    const bytecodeOffset = (flags & NodeFlag.hasBytecodeOffset) !== 0 ? body.varint() : undefined
    if (id < 1 || id > this.#nodeIdMax || parent < 0 || parent >= id || pc < 0)
      throw new DamagedBytes('a stack node has an impossible id, parent or address')
    this.#lastPc = pc
    const location = this.#resolve(pc, bytecodeOffset)
    this.meta.stacks.add(id, parent, location, flags & 0x7f, this.#unknownLocation)
  }

  #resolve(pc: number, bytecodeOffset: number | undefined): number {
    const address = Math.max(0, pc - 1)
    const codeIndex = this.#code.find(address)
    if (codeIndex >= 0)
      return this.#locations.js(
        codeIndex,
        address - this.#code.all[codeIndex]!.start,
        bytecodeOffset,
      )
    const moduleIndex = this.#modules.find(address)
    if (moduleIndex < 0) return this.#locations.unknown(pc)
    return this.#locations.native(moduleIndex, address - this.#modules.all[moduleIndex]!.loadBias)
  }

  #threadEnd(index: number, timeUs: number): void {
    const thread = this.meta.threads.findLast((candidate) => candidate.index === index)
    if (thread !== undefined) thread.endUs = timeUs
  }

  finish(): TraceMeta {
    this.meta.damage = this.#file.damage.entries
    return this.meta
  }
}

function readModule(body: ByteReader, record: number): TraceModule {
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

function readLines(body: ByteReader): CodeLines {
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

function readMark(body: ByteReader): TraceMark {
  const seq = body.varint()
  const timeUs = body.varint()
  const kind = markKinds[body.u8()]
  if (kind === undefined) throw new DamagedBytes('a mark has an unknown kind')
  return { seq, timeUs, kind, name: body.string() }
}

function readSample(body: ByteReader): TraceSample {
  return {
    timeUs: body.varint(),
    rssBytes: body.varint(),
    fdCount: body.varint(),
    threadCount: body.varint(),
    seq: body.varint(),
  }
}

function readJsHeap(body: ByteReader): TraceJsHeap {
  return {
    timeUs: body.varint(),
    usedBytes: body.varint(),
    totalBytes: body.varint(),
    externalBytes: body.varint(),
    arrayBuffersBytes: body.varint(),
  }
}

function readSnapshot(body: ByteReader): TraceSnapshot {
  return {
    seq: body.varint(),
    timeUs: body.varint(),
    liveBytes: body.varint(),
    liveCount: body.varint(),
    peakBytes: body.varint(),
  }
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
