import { closeSync, openSync, readSync } from 'node:fs'
import { EventOp } from '../../seamproof/src/trace/event-batch.js'
import type { SeenEvent } from './trace-view.js'

/** How often each thing happened, whatever the order. */
export type EventMultiset = Map<string, number>

const add = (set: EventMultiset, key: string) => set.set(key, (set.get(key) ?? 0) + 1)

export function multisetOf(events: readonly SeenEvent[]): EventMultiset {
  const set: EventMultiset = new Map()
  for (const { op, address, sizeBytes } of events) {
    if (op === EventOp.allocate) add(set, `allocate ${address} ${sizeBytes}`)
    if (op === EventOp.free || op === EventOp.reallocRelease) add(set, `free ${address}`)
  }
  return set
}

/** What `subjects/oracle.c` wrote, from the only allocation of one size to that of another. */
export function readOracle(path: string, firstBytes: number, lastBytes: number): EventMultiset {
  const set: EventMultiset = new Map()
  let isInside = false
  for (const [what, sizeBytes, address, old] of oracleRecords(path)) {
    if (what === 1 && sizeBytes === lastBytes) return set
    if (what === 1 && sizeBytes === firstBytes) isInside = true
    if (isInside && what !== 1) add(set, `free ${what === 3 ? old : address}`)
    if (isInside && what !== 2) add(set, `allocate ${address} ${sizeBytes}`)
  }
  throw new Error(`the oracle saw no blocks of ${firstBytes} and ${lastBytes} bytes`)
}

function* oracleRecords(path: string): Generator<[number, number, number, number]> {
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(8)
    readSync(file, head, 0, 8, 0)
    const bytes = Buffer.alloc(Number(head.readBigUInt64LE()) * 24)
    readSync(file, bytes, 0, bytes.length, 8)
    for (let at = 0; at < bytes.length; at += 24) {
      const first = Number(bytes.readBigUInt64LE(at))
      const address = Number(bytes.readBigUInt64LE(at + 8))
      yield [first % 256, Math.floor(first / 256), address, Number(bytes.readBigUInt64LE(at + 16))]
    }
  } finally {
    closeSync(file)
  }
}

/** The first few differences, in words; empty when the sets are equal. */
export function differences(seen: EventMultiset, truth: EventMultiset): string[] {
  const found: string[] = []
  for (const key of new Set([...seen.keys(), ...truth.keys()])) {
    const [inTrace, inTruth] = [seen.get(key) ?? 0, truth.get(key) ?? 0]
    if (inTrace !== inTruth) found.push(`${key}: ${inTrace} in the trace, ${inTruth} in truth`)
    if (found.length === 5) break
  }
  return found
}
