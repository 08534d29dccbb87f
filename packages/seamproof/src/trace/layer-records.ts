import type { StressCounts } from '../contract/injection.js'
import type {
  LayerObjectKind,
  LayerPhase,
  LayerSeverity,
  LayerStackRole,
  UnseenReason,
} from '../contract/layer.js'
import { type ByteReader, DamagedBytes } from './byte-reader.js'
import {
  readInjection,
  readPoint,
  readStress,
  type TraceInjection,
  type TracePoint,
} from './point-records.js'
import { MetaType } from './trace-format.js'

export interface TraceFinding {
  number: number
  ruleId: string
  severity: LayerSeverity
  phase: LayerPhase
  seq: number
  timeUs: number
  thread: number
  addonPath: string
  exportName: string
  functionName: string
  objectKind: LayerObjectKind | undefined
  stacks: { role: LayerStackRole; stack: number }[]
  notes: { name: string; value: string }[]
  count: number
}

export interface TraceCrossing {
  addonPath: string
  exportName: string
  callCount: number
  totalNs: number
  maxNs: number
  apiCallCount: number
  /** Text and bytes that Node-API copied for it. */
  bytesIn: number
  bytesOut: number
  allocationCount: number
  allocatedBytes: number
  latencies?: { ns: number; count: number }[]
}

/** How many objects of one place there were at a mark; said only when it changed. */
export interface TraceLayerLive {
  markIndex: number
  kind: LayerObjectKind
  addonPath: string
  exportName: string
  stack: number
  liveCount: number
}

/** Of an addon whose calls do not come by the layer. */
export interface TraceUnseenAddon {
  addonPath: string
  reason: UnseenReason
}

export interface TraceLayer {
  nodeVersion: string | undefined
  wrappedFunctionCount: number
  unknownFunctionCount: number
  findings: TraceFinding[]
  crossings: TraceCrossing[]
  live: TraceLayerLive[]
  /** Places where a fault could be made. */
  points: TracePoint[]
  /** Faults that were made. */
  injections: TraceInjection[]
  stress: StressCounts | undefined
  unseenAddons: TraceUnseenAddon[]
}

const severities: (LayerSeverity | undefined)[] = [undefined, 'error', 'warning', 'advice']
const phases: LayerPhase[] = [
  'native',
  'init',
  'callback',
  'execute',
  'complete',
  'finalizer',
  'hook',
  'call-js',
  'teardown',
]
const unseenReasons: (UnseenReason | undefined)[] = [undefined, 'no-call', 'table', 'v8']
const roles: LayerStackRole[] = ['now', 'created', 'handed-over', 'freed']
const kinds: (LayerObjectKind | undefined)[] = [
  undefined,
  'reference',
  'deferred',
  'async work',
  'thread-safe function',
  'async context',
  'callback scope',
  'cleanup hook',
  'async cleanup hook',
  'wrap',
  'external',
  'buffer',
  'handle scope',
  'block',
]

export function isLayerRecord(type: number): boolean {
  return (
    (type >= MetaType.layer && type <= MetaType.layerLive) ||
    (type >= MetaType.layerNode && type <= MetaType.layerAddon)
  )
}

/** Collects the layer's records of one META stream. */
export class LayerRecords {
  #layer: TraceLayer | null = null
  readonly #findings = new Map<number, TraceFinding>()
  readonly #crossings = new Map<number, TraceCrossing>()
  readonly #live: TraceLayerLive[] = []
  readonly #addons = new Map<string, UnseenReason | undefined>()

  add(type: number, body: ByteReader, markIndex: number): void {
    switch (type) {
      case MetaType.layer:
        this.#layer = {
          wrappedFunctionCount: body.varint(),
          unknownFunctionCount: body.varint(),
          nodeVersion: undefined,
          findings: [],
          crossings: [],
          live: [],
          points: [],
          injections: [],
          stress: undefined,
          unseenAddons: [],
        }
        break
      case MetaType.point:
        this.#layer?.points.push(readPoint(body, phases))
        break
      case MetaType.injected:
        this.#layer?.injections.push(readInjection(body))
        break
      case MetaType.stress:
        if (this.#layer !== null) this.#layer.stress = readStress(body)
        break
      case MetaType.finding: {
        const finding = readFinding(body)
        this.#findings.set(finding.number, finding)
        break
      }
      case MetaType.findingRepeated: {
        const finding = this.#findings.get(body.varint())
        if (finding !== undefined) finding.count = body.varint()
        break
      }
      case MetaType.crossings: {
        const { callback, ...crossing } = readCrossing(body)
        this.#crossings.set(callback, crossing)
        break
      }
      case MetaType.layerNode:
        if (this.#layer !== null)
          this.#layer.nodeVersion = `${body.varint()}.${body.varint()}.${body.varint()}`
        break
      case MetaType.layerAddon:
        this.#addons.set(body.string(), unseenReasons[body.u8()])
        break
      case MetaType.layerLive:
        this.#live.push(readLive(body, markIndex))
        break
    }
  }

  finish(): TraceLayer | null {
    if (this.#layer === null) return null
    return {
      ...this.#layer,
      findings: [...this.#findings.values()],
      crossings: [...this.#crossings.values()],
      live: this.#live,
      unseenAddons: [...this.#addons].flatMap(([addonPath, reason]) =>
        reason === undefined ? [] : [{ addonPath, reason }],
      ),
    }
  }
}

function readFinding(body: ByteReader): TraceFinding {
  const number = body.varint()
  const ruleId = body.string()
  const severity = severities[body.u8()]
  const phase = phases[body.u8()]
  if (severity === undefined || phase === undefined)
    throw new DamagedBytes('a finding has an unknown severity or phase')
  return {
    number,
    ruleId,
    severity,
    phase,
    seq: body.varint(),
    timeUs: body.varint(),
    thread: body.varint(),
    addonPath: body.string(),
    exportName: body.string(),
    functionName: body.string(),
    objectKind: kinds[body.u8()],
    stacks: Array.from({ length: body.count(2) }, () => readStack(body)),
    notes: Array.from({ length: body.count(2) }, () => ({
      name: body.string(),
      value: body.string(),
    })),
    count: 1,
  }
}

function readStack(body: ByteReader): TraceFinding['stacks'][number] {
  const role = roles[body.u8()]
  if (role === undefined) throw new DamagedBytes('a stack of a finding has an unknown role')
  return { role, stack: body.varint() }
}

function readCrossing(body: ByteReader): TraceCrossing & { callback: number } {
  const addonPath = body.string()
  const exportName = body.string()
  const totals = {
    addonPath,
    exportName,
    callback: body.varint(),
    callCount: body.varint(),
    totalNs: body.varint(),
    maxNs: body.varint(),
    apiCallCount: body.varint(),
    bytesIn: body.varint(),
    bytesOut: body.varint(),
    allocationCount: body.varint(),
    allocatedBytes: body.varint(),
  }
  const latencies = body.remaining > 0 ? readLatencies(body) : []
  return latencies.length > 0 ? { ...totals, latencies } : totals
}

const readLatencies = (body: ByteReader) =>
  Array.from({ length: body.count(2) }, () => ({ ns: body.varint(), count: body.varint() }))

function readLive(body: ByteReader, markIndex: number): TraceLayerLive {
  const kind = kinds[body.u8()]
  if (kind === undefined) throw new DamagedBytes('a count of objects has an unknown kind')
  return {
    markIndex,
    kind,
    addonPath: body.string(),
    exportName: body.string(),
    stack: body.varint(),
    liveCount: body.varint(),
  }
}
