import { basename } from 'node:path'
import { type ByteReader, DamagedBytes } from './byte-reader.js'
import { CpuRecords, isCpuRecord } from './cpu-records.js'
import { isLayerRecord, LayerRecords } from './layer-records.js'
import {
  readJsHeap,
  readLines,
  readMark,
  readModule,
  readSample,
  readSnapshot,
} from './meta-body.js'
import type { MetaRecord } from './meta-record.js'
import { addressAfter, type ReturnAddress } from './return-address.js'
import { StackTree } from './stack-tree.js'
import { LiveCode } from './trace-code.js'
import type { TraceFile } from './trace-file.js'
import { MetaType, NodeFlag } from './trace-format.js'
import { LocationTable } from './trace-location.js'
import type { TraceMeta } from './trace-meta.js'
import { LiveModules } from './trace-module.js'

/** Builds a `TraceMeta` from the records in their order. */
export class MetaBuilder {
  readonly #file: TraceFile
  readonly #modules = new LiveModules()
  readonly #code = new LiveCode()
  readonly #locations = new LocationTable()
  readonly #unknownLocation = this.#locations.unknown(0)
  /** No id can be larger: a NODE record takes five bytes. */
  readonly #nodeIdMax: number
  readonly #layer = new LayerRecords()
  readonly #cpu = new CpuRecords()
  #nextNode = 0
  #lastPc: ReturnAddress = 0
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
      layer: null,
      cpu: null,
      overwrittenChunkCount: file.index.passing[0]?.first ?? 0,
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
        if (isLayerRecord(record.type))
          this.#layer.add(record.type, body, this.meta.marks.length - 1)
        else if (isCpuRecord(record.type)) this.#cpu.add(record.type, body)
        else this.#timed(record.type, body)
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
    this.#lastPc = addressAfter(this.#lastPc, body.exactZigzag())
    const flags = body.varint()
    const bytecodeOffset = (flags & NodeFlag.hasBytecodeOffset) !== 0 ? body.varint() : undefined
    if (id < 1 || id > this.#nodeIdMax || parent < 0)
      throw new DamagedBytes('a stack node has an impossible id or parent')
    if (parent >= id) throw new DamagedBytes('a stack node is its own parent')
    const location = this.#resolve(Number(this.#lastPc), bytecodeOffset)
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
    this.meta.layer = this.#layer.finish()
    this.meta.cpu = this.#cpu.finish()
    return this.meta
  }
}
