import type { ByteReader } from './byte-reader.js'
import type { MetaRecord } from './meta-record.js'
import { addressAfter, type ReturnAddress } from './return-address.js'
import { MetaType, NodeFlag } from './trace-format.js'

export const hex = (value: number | bigint): string => `0x${value.toString(16)}`

/** Names of the fields that are plain varints, for the types that have no others. */
const varintFields: Readonly<Record<number, readonly string[]>> = {
  [MetaType.moduleGone]: ['index'],
  [MetaType.threadEnd]: ['index', 'us'],
  [MetaType.sample]: ['us', 'rssBytes', 'fds', 'threads', 'seq', 'children', 'mappings'],
  [MetaType.snapshot]: ['seq', 'us', 'liveBytes', 'liveBlocks', 'peakBytes'],
  [MetaType.jsHeap]: ['us', 'usedBytes', 'totalBytes', 'externalBytes', 'arrayBuffersBytes'],
  [MetaType.fork]: ['childPid', 'us'],
}

const typeNames = new Map(
  Object.entries(MetaType).map(([name, type]) => [
    type as number,
    name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(),
  ]),
)
const markNames = [
  'user',
  'round begins',
  'round ends',
  'warm-up ends',
  'program ends',
  'range begins',
  'range ends',
]

/** Prediction state of one chunk, which makes differences into ids and addresses. */
export interface NodeState {
  nextNode: number
  lastPc: ReturnAddress
}

/** One META record for a person to read. */
export function describeRecord(record: MetaRecord, state: NodeState): string {
  const name = typeNames.get(record.type) ?? `TYPE_${record.type}`
  return `${name} ${describeBody(record.type, record.body, state)}`.trimEnd()
}

function describeBody(type: number, body: ByteReader, state: NodeState): string {
  const fields = varintFields[type]
  if (fields !== undefined)
    return fields.map((field) => (body.remaining > 0 ? `${field}=${body.varint()}` : '')).join(' ')
  switch (type) {
    case MetaType.process:
      return describeProcess(body)
    case MetaType.module:
      return describeModule(body)
    case MetaType.code:
      return `start=${hex(body.varint())} bytes=${body.varint()} ${JSON.stringify(body.string())}`
    case MetaType.codeLines:
      return `start=${hex(body.varint())} lines=${body.varint()}`
    case MetaType.node:
      return describeNode(body, state)
    case MetaType.mark:
      return `seq=${body.varint()} us=${body.varint()} ${markNames[body.u8()] ?? 'unknown kind'} ${JSON.stringify(body.string())}`
    case MetaType.thread:
      return `index=${body.varint()} tid=${body.varint()} us=${body.varint()} ${JSON.stringify(body.string())}`
    case MetaType.gc:
      return `us=${body.varint()} tookUs=${body.varint()} type=${body.u8()}`
    case MetaType.snapshotStack:
      return describeSnapshotStack(body)
    case MetaType.note:
      return JSON.stringify(body.string())
    default:
      return `${body.remaining} bytes`
  }
}

function describeProcess(body: ByteReader): string {
  const executable = body.string()
  const cwd = body.string()
  const argv = Array.from({ length: body.count(1) }, () => JSON.stringify(body.string()))
  return `executable=${executable} cwd=${cwd} argv=[${argv.join(', ')}]`
}

function describeModule(body: ByteReader): string {
  const index = body.varint()
  const bias = hex(body.varint())
  const path = body.string()
  const buildId = Buffer.from(body.bytes()).toString('hex') || 'none'
  const segments = Array.from({ length: body.count(4) }, () => {
    const start = body.varint()
    const end = start + body.varint()
    return `${hex(start)}-${hex(end)} prot=${body.varint()} at=${hex(body.varint())}`
  })
  return `index=${index} bias=${bias} buildId=${buildId} ${path} [${segments.join('; ')}]`
}

function describeNode(body: ByteReader, state: NodeState): string {
  const id = state.nextNode++
  const parent = id - body.varint()
  state.lastPc = addressAfter(state.lastPc, body.exactZigzag())
  const flags = body.varint()
  const names = [
    (flags & NodeFlag.cut) !== 0 && 'cut at the depth limit',
    (flags & NodeFlag.endedEarly) !== 0 && 'walk ended early',
    (flags & NodeFlag.foreignStack) !== 0 && 'foreign stack',
    (flags & NodeFlag.hasBytecodeOffset) !== 0 && `bytecode ${body.varint()}`,
  ].filter((name) => name !== false)
  return [`${id} ← ${parent}`, `pc=${hex(state.lastPc)}`, ...names].join(' ')
}

function describeSnapshotStack(body: ByteReader): string {
  const place = `stack=${body.varint()} kind=${body.u8()}`
  const [blocks, bytes] = [body.varint(), body.varint()]
  return `${place} allocated=${blocks} (${bytes} B) freed=${body.varint()} (${body.varint()} B)`
}
