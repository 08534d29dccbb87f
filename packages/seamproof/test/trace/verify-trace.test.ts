import { describe, expect, test } from 'vitest'
import { inspectTrace } from '../../src/trace/inspect-trace.js'
import { verifyTrace } from '../../src/trace/verify-trace.js'
import { MemorySink, TraceEncoder } from './trace-encoder.js'
import { traceScratch } from './trace-scratch.js'

const scratch = traceScratch()

function traceOf(write: (encoder: TraceEncoder) => void): string {
  const sink = new MemorySink()
  const encoder = new TraceEncoder(sink, { eventChunkBytes: 4096, metaChunkBytes: 4096 })
  encoder.process('/usr/bin/node', '/app', ['node'])
  encoder.threadStart(0, 10, 'node')
  encoder.threadStart(1, 11, 'pool')
  encoder.node(0, 0x1000)
  write(encoder)
  encoder.finish()
  return scratch.write(sink.bytes)
}

describe('verify', () => {
  test('finds nothing in a sound trace', () => {
    const path = traceOf((encoder) => {
      encoder.alloc(0, 1, 1, 16, 0x100)
      encoder.realloc(1, 0x100, 0x200, 32, 1, () => encoder.alloc(0, 1, 1, 8, 0x100))
      encoder.free(0, 0x100)
    })
    expect(verifyTrace(path)).toEqual([])
  })

  const broken: [string, (encoder: TraceEncoder) => void][] = [
    [
      'no address is live twice',
      (encoder) => {
        encoder.alloc(0, 1, 1, 16, 0x100)
        encoder.alloc(1, 1, 1, 16, 0x100)
      },
    ],
    [
      'sequence numbers are unique and rise',
      (encoder) => {
        encoder.alloc(0, 1, 1, 16, 0x100)
        encoder.seq--
        encoder.alloc(1, 1, 1, 16, 0x200)
      },
    ],
    ['the stack of an event has a node', (encoder) => encoder.alloc(0, 1, 9, 16, 0x100)],
    ['every thread has a THREAD record', (encoder) => encoder.alloc(5, 1, 1, 16, 0x100)],
    [
      'marks are in order',
      (encoder) => {
        encoder.timeUs = 50
        encoder.mark(0, 'a')
        encoder.timeUs = 20
        encoder.mark(0, 'b')
      },
    ],
    ['a thread index is used once', (encoder) => encoder.threadStart(1, 12, 'again')],
    [
      'the header counts the events',
      (encoder) => {
        encoder.alloc(0, 1, 1, 16, 0x100)
        encoder.eventCount = 9
      },
    ],
    [
      'no stack frees more than it allocated',
      (encoder) => encoder.snapshot({ bytes: 0, count: 0, peakBytes: 0 }, [[1, 1, 1, 8, 2, 8]]),
    ],
  ]
  for (const [rule, write] of broken)
    test(`says when a trace breaks the rule that ${rule}`, () => {
      expect(verifyTrace(traceOf(write)).map((violation) => violation.rule)).toEqual([rule])
    })
})

test('inspect shows every record and event in words', () => {
  const path = traceOf((encoder) => {
    encoder.module(0, 0x10000, '/app/a.node', 'beef', [[0x10000, 0x1000, 5, 0]])
    encoder.alloc(0, 2, 1, 48, 0x100)
    encoder.acquire(1, 1, 33, 1)
    encoder.timeUs = 900
    encoder.mark(2, 'encode#1')
    encoder.free(0, 0x100)
  })
  const lines = [...inspectTrace(path)]
  const has = (pattern: RegExp) =>
    expect(
      lines.some((line) => pattern.test(line)),
      `${pattern}`,
    )
  has(/PROCESS executable=\/usr\/bin\/node/).toBe(true)
  has(/MODULE index=0 bias=0x10000 buildId=beef \/app\/a\.node/).toBe(true)
  has(/NODE 1 ← 0 pc=0x1000/).toBe(true)
  has(/MARK seq=3 us=900 round ends "encode#1"/).toBe(true)
  has(/1 us=0 allocate calloc 0x100 48 B stack=1/).toBe(true)
  has(/2 us=0 acquire fd 33 stack=1/).toBe(true)
  has(/3 us=900 free 0x100/).toBe(true)
})
