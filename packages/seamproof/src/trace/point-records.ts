import {
  type FaultClass,
  type FaultPoint,
  faultClasses,
  type NapiStatus,
  napiStatuses,
  type StressCounts,
} from '../contract/injection.js'
import type { LayerPhase } from '../contract/layer.js'
import { type ByteReader, DamagedBytes } from './byte-reader.js'

/** A place where a fault could be made, and how often it was come by. */
export interface TracePoint extends Omit<FaultPoint, 'paths'> {
  stacks: { stack: number; first: number; count: number }[]
}

export interface TraceInjection {
  faultClass: FaultClass
  functionName: string
  key: string
  occurrence: number
  status: NapiStatus
  timeUs: number
  stack: number
}

export function readPoint(body: ByteReader, phases: readonly LayerPhase[]): TracePoint {
  return {
    faultClass: readClass(body),
    functionName: body.string(),
    key: body.string(),
    addonPath: body.string(),
    exportName: body.string(),
    phase: known(phases[body.u8()], 'phase'),
    statuses: Array.from({ length: body.u8() }, () => readStatus(body)),
    count: body.varint(),
    stacks: Array.from({ length: body.count(3) }, () => ({
      stack: body.varint(),
      first: body.varint(),
      count: body.varint(),
    })),
  }
}

export function readInjection(body: ByteReader): TraceInjection {
  return {
    faultClass: readClass(body),
    functionName: body.string(),
    key: body.string(),
    occurrence: body.varint(),
    status: readStatus(body),
    timeUs: body.varint(),
    stack: body.varint(),
  }
}

export function readStress(body: ByteReader): StressCounts {
  return {
    minorCollections: body.varint(),
    fullCollections: body.varint(),
    delays: body.varint(),
    delayedMs: body.varint() / 1000,
    fencedBuffers: body.varint(),
  }
}

const readClass = (body: ByteReader) => known(faultClasses[body.u8()], 'class')
const readStatus = (body: ByteReader) => known(napiStatuses[body.u8()], 'status')

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new DamagedBytes(`a fault has an unknown ${what}`)
  return value
}
