import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openTrace } from '../../src/trace/open-trace.js'
import { collect, play, type Step, stepArbitrary, writePreamble } from './event-script.js'
import { MemorySink, TraceEncoder } from './trace-encoder.js'
import { traceScratch } from './trace-scratch.js'

const scratch = traceScratch()

function roundTrip(steps: Step[], end: 'closed' | 'killed', eventChunkBytes: number) {
  const sink = new MemorySink()
  const encoder = new TraceEncoder(sink, { eventChunkBytes, metaChunkBytes: 4096 })
  writePreamble(encoder)
  const expected = play(encoder, steps)
  encoder.finish(end)
  const trace = openTrace(scratch.write(sink.bytes))
  const events = collect(trace.batches())
  const damage = trace.damage()
  trace.close()
  return { expected, events, damage }
}

describe('events come back as they were written', () => {
  for (const end of ['closed', 'killed'] as const)
    test(`from several threads, in the order of the process, after the trace was ${end}`, () => {
      fc.assert(
        fc.property(fc.array(stepArbitrary, { maxLength: 400 }), (steps) => {
          const { expected, events, damage } = roundTrip(steps, end, 4096)
          expect(damage).toEqual([])
          expect(events).toEqual(expected)
        }),
        { numRuns: 150 },
      )
    })

  test('over many chunks and more than one batch', () => {
    const steps = fc.sample(stepArbitrary, { numRuns: 30_000, seed: 7 })
    const { expected, events, damage } = roundTrip(steps, 'closed', 4096)
    expect(damage).toEqual([])
    expect(events.length).toBeGreaterThan(20_000)
    expect(events).toEqual(expected)
  })
})
