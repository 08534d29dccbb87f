import { mkdirSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ExitCode, SeamproofError } from '../../src/base/seamproof-error.js'
import { inspectTrace } from '../../src/trace/inspect-trace.js'
import { openTrace } from '../../src/trace/open-trace.js'
import { verifyTrace } from '../../src/trace/verify-trace.js'
import { collect, play, stepArbitrary, writePreamble } from './event-script.js'
import { MemorySink, TraceEncoder } from './trace-encoder.js'
import { traceScratch } from './trace-scratch.js'

const scratch = traceScratch()

function soundTrace(end: 'closed' | 'killed', stepCount: number) {
  const sink = new MemorySink()
  const encoder = new TraceEncoder(sink, { eventChunkBytes: 4096, metaChunkBytes: 4096 })
  writePreamble(encoder)
  for (let thread = 0; thread < 5; thread++) encoder.threadStart(thread, 100 + thread, 'worker')
  const steps = fc.sample(stepArbitrary, { numRuns: stepCount, seed: 11 })
  const half = Math.floor(stepCount / 2)
  const expected = play(encoder, steps.slice(0, half))
  encoder.mark(2, 'work')
  expected.push(...play(encoder, steps.slice(half)))
  encoder.finish(end)
  return { bytes: sink.bytes, expected }
}

/** Reads all that there is; anything but a `SeamproofError` fails the test by being thrown. */
function readAll(bytes: Uint8Array): { events: number; damage: number } | SeamproofError {
  const path = scratch.path('damaged.trace')
  writeFileSync(path, bytes)
  try {
    const trace = openTrace(path)
    const events = collect(trace.batches()).length
    trace.visitSnapshots({ begin: () => {}, stack: () => {}, end: () => {} })
    const damage = trace.damage().length
    trace.close()
    for (const _line of inspectTrace(path)) void _line
    verifyTrace(path)
    return { events, damage }
  } catch (error) {
    if (error instanceof SeamproofError) return error
    throw error
  }
}

function errorOf(path: string): SeamproofError {
  try {
    openTrace(path).close()
  } catch (error) {
    if (error instanceof SeamproofError) return error
    throw error
  }
  throw new Error('the trace was accepted')
}

describe('what is no trace is refused with a hint', () => {
  const cases: [string, Uint8Array, string][] = [
    ['an empty file', new Uint8Array(0), 'TRACE_EMPTY'],
    ['a file of zeros', new Uint8Array(8192), 'TRACE_FOREIGN'],
    ['a foreign file', new TextEncoder().encode('#!/usr/bin/env node\n'), 'TRACE_FOREIGN'],
    ['only the magic', new TextEncoder().encode('SEAMTRC1'), 'TRACE_TRUNCATED'],
  ]
  for (const [name, bytes, code] of cases)
    test(name, () => {
      const error = errorOf(scratch.write(bytes))
      expect(error.code).toBe(code)
      expect(error.exitCode).toBe(ExitCode.subjectNotDriven)
      expect(error.hint).toMatch(/seamproof track/)
    })

  test('another version, naming both', () => {
    const sink = new MemorySink()
    new TraceEncoder(sink, { version: 7 }).finish()
    const error = errorOf(scratch.write(sink.bytes))
    expect(error.code).toBe('TRACE_VERSION')
    expect(error.message).toMatch(/version 7\b.*version 1\b/)
  })

  test('a path that does not exist, and a folder', () => {
    expect(errorOf(scratch.path('nothing.trace')).code).toBe('TRACE_UNREADABLE')
    const folder = scratch.path('folder.trace')
    mkdirSync(folder)
    expect(errorOf(folder).code).toBe('TRACE_UNREADABLE')
  })
})

describe('a trace that was cut', () => {
  for (const end of ['closed', 'killed'] as const)
    test(`at any byte is read as far as it goes (${end})`, () => {
      const { bytes, expected } = soundTrace(end, 60)
      const whole = readAll(bytes)
      expect(whole).toMatchObject({ events: expected.length, damage: 0 })
      for (let length = 0; length < bytes.length; length++) {
        // Inside a run of zeros one cut is like the next.
        if (length % 512 !== 0 && bytes[length - 1] === 0 && bytes[length] === 0) continue
        const result = readAll(bytes.subarray(0, length))
        if (result instanceof SeamproofError) expect(length).toBeLessThan(256)
        else expect(result.events).toBeLessThanOrEqual(expected.length)
      }
    })

  test('never gives events that were not written, when its chunks were closed', () => {
    const { bytes, expected } = soundTrace('closed', 500)
    const all = new Set(expected.map((event) => JSON.stringify(event)))
    for (let length = 4096; length < bytes.length; length += 509) {
      const trace = openTrace(scratch.write(bytes.subarray(0, length)))
      const events = collect(trace.batches())
      trace.close()
      // A node record may be cut off: then the stack is not known.
      for (const event of events)
        if (event.stack !== 0) expect(all).toContain(JSON.stringify(event))
    }
  })
})

describe('a bit that flipped', () => {
  test('in a closed chunk costs that chunk and no other', () => {
    const { bytes, expected } = soundTrace('closed', 3000)
    const flip = fc.record({ at: fc.integer({ min: 4096, max: bytes.length - 1 }), bit: fc.nat(7) })
    fc.assert(
      fc.property(flip, ({ at, bit }) => {
        const damaged = bytes.slice()
        damaged[at]! ^= 1 << bit
        const trace = openTrace(scratch.write(damaged))
        const events = collect(trace.batches())
        const damage = trace.damage()
        trace.close()
        const lost = expected.length - events.length
        expect(lost).toBeGreaterThanOrEqual(0)
        // No chunk of a page holds more events than bytes.
        expect(lost).toBeLessThan(4096)
        if (lost > 0) expect(damage.length).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })

  test('anywhere, in a trace that was killed, never hangs or throws anything else', () => {
    const { bytes } = soundTrace('killed', 1500)
    const flips = fc.array(fc.record({ at: fc.nat(bytes.length - 1), bit: fc.nat(7) }), {
      minLength: 1,
      maxLength: 12,
    })
    fc.assert(
      fc.property(flips, (all) => {
        const damaged = bytes.slice()
        for (const { at, bit } of all) damaged[at]! ^= 1 << bit
        readAll(damaged)
      }),
      { numRuns: 300 },
    )
  })

  test('and noise behind a good header is no reason to give up', () => {
    const { bytes } = soundTrace('closed', 10)
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 20_000 }), (noise) => {
        const result = readAll(Buffer.concat([bytes.subarray(0, 4096), noise]))
        expect(result).not.toBeInstanceOf(SeamproofError)
      }),
      { numRuns: 100 },
    )
  })

  test('in the length of a chunk does not make the reader allocate it, and what follows is read', () => {
    const { bytes, expected } = soundTrace('closed', 3000)
    const damaged = bytes.slice()
    // The capacity of the first chunk: 4096 becomes about 4 GB.
    new DataView(damaged.buffer).setUint32(4096 + 8, 0xfffff000, true)
    const before = process.memoryUsage().arrayBuffers
    const result = readAll(damaged)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024)
    if (result instanceof SeamproofError) throw result
    expect(result.damage).toBeGreaterThan(0)
    expect(result.events).toBeGreaterThan(expected.length / 2)
  })
})

test('a chunk that was handed out and never begun is skipped, without being called damage', () => {
  const sink = new MemorySink()
  const encoder = new TraceEncoder(sink, { eventChunkBytes: 4096 })
  writePreamble(encoder)
  encoder.alloc(0, 1, 1, 16, 0x1000)
  encoder.closeThread(0)
  encoder.skipPages(3)
  encoder.alloc(0, 1, 1, 16, 0x2000)
  encoder.finish()
  const trace = openTrace(scratch.write(sink.bytes))
  expect(collect(trace.batches()).map((event) => event.address)).toEqual([0x1000, 0x2000])
  expect(trace.damage()).toEqual([])
  trace.close()
})
