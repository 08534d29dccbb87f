import fc from 'fast-check'
import type { EventBatch } from '../../src/trace/event-batch.js'
import { EventOp } from '../../src/trace/event-batch.js'
import type { TraceEncoder } from './trace-encoder.js'

/** One event as the reader must give it back. Fields that an event does not have are 0. */
export interface ExpectedEvent {
  seq: number
  op: number
  thread: number
  kind: number
  stack: number
  size: number
  address: number
}

export type Step =
  | { do: 'alloc'; thread: number; kind: number; stack: number; size: number; address: number }
  | { do: 'free'; thread: number; address: number }
  | {
      do: 'realloc'
      thread: number
      from: number
      to: number
      size: number
      stack: number
      meanwhile: Step[]
    }
  | { do: 'map'; thread: number; address: number; size: number; stack: number }
  | { do: 'unmap'; thread: number; address: number; size: number }
  | {
      do: 'remap'
      thread: number
      from: number
      fromSize: number
      to: number
      toSize: number
      stack: number
      meanwhile: Step[]
    }
  | { do: 'acquire'; thread: number; class: number; id: number; stack: number }
  | { do: 'release'; thread: number; class: number; id: number }
  | { do: 'time'; us: number }

export const nodeCount = 40

const thread = fc.nat(4)
// Few addresses and stacks, so that the prediction tables are hit; and the far ends of both.
const address = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 60 }).map((n) => 0x7f00_0000_0000 + n * 16) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 2 ** 26 }).map((n) => n * 16) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 ** 47 }) },
)
const stack = fc.integer({ min: 1, max: nodeCount })
const size = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 3 }).map((n) => n * 24) },
  { weight: 2, arbitrary: fc.nat(5_000_000) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 ** 48 }) },
)
const page = fc.integer({ min: 1, max: 2 ** 35 }).map((n) => n * 4096)
const kind = fc.integer({ min: 1, max: 4 })
const resourceClass = fc.integer({ min: 1, max: 3 })

const simpleStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('alloc' as const), thread, kind, stack, size, address }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('free' as const), thread, address }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('map' as const), thread, address: page, size, stack }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('unmap' as const), thread, address: page, size }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('acquire' as const),
      thread,
      class: resourceClass,
      id: fc.nat(70000),
      stack,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('release' as const),
      thread,
      class: resourceClass,
      id: fc.nat(70000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('time' as const), us: fc.nat(3_000_000) }) },
)
const meanwhile = fc.array(simpleStep, { maxLength: 4 })

export const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 16, arbitrary: simpleStep },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('realloc' as const),
      thread,
      from: address,
      to: address,
      size,
      stack,
      meanwhile,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('remap' as const),
      thread,
      from: page,
      fromSize: size,
      to: page,
      toSize: size,
      stack,
      meanwhile,
    }),
  },
)

/** Plays steps into an encoder and says which events must come out. */
export function play(encoder: TraceEncoder, steps: Step[]): ExpectedEvent[] {
  const expected: ExpectedEvent[] = []
  const add = (event: Partial<ExpectedEvent> & { op: number; thread: number; seq: number }) =>
    expected.push({ kind: 0, stack: 0, size: 0, address: 0, ...event })
  const run = (step: Step, busy: Set<number>): void => {
    if (step.do === 'time') {
      encoder.timeUs += step.us
      return
    }
    // A thread that is inside a call does nothing else.
    if (busy.has(step.thread)) return
    const seq = encoder.seq
    const { thread } = step
    const others = (steps: Step[]) => () => {
      for (const other of steps) run(other, new Set([...busy, thread]))
    }
    switch (step.do) {
      case 'alloc':
        encoder.alloc(thread, step.kind, step.stack, step.size, step.address)
        add({ ...step, op: EventOp.allocate, seq })
        break
      case 'free':
        encoder.free(thread, step.address)
        add({ ...step, op: EventOp.free, seq })
        break
      case 'realloc': {
        encoder.realloc(thread, step.from, step.to, step.size, step.stack, others(step.meanwhile))
        const acquired = encoder.seq - 1
        add({ op: EventOp.reallocRelease, thread, seq, address: step.from })
        add({ ...step, op: EventOp.allocate, seq: acquired, kind: 3, address: step.to })
        break
      }
      case 'map':
        encoder.map(thread, step.address, step.size, step.stack)
        add({ ...step, op: EventOp.map, kind: 5, seq })
        break
      case 'unmap':
        encoder.unmap(thread, step.address, step.size)
        add({ ...step, op: EventOp.unmap, seq })
        break
      case 'remap': {
        encoder.remap(
          thread,
          [step.from, step.fromSize],
          [step.to, step.toSize],
          step.stack,
          others(step.meanwhile),
        )
        const acquired = encoder.seq - 1
        add({ op: EventOp.remapRelease, thread, seq, address: step.from, size: step.fromSize })
        add({
          op: EventOp.map,
          thread,
          seq: acquired,
          kind: 5,
          stack: step.stack,
          address: step.to,
          size: step.toSize,
        })
        break
      }
      case 'acquire':
        encoder.acquire(thread, step.class, step.id, step.stack)
        add({
          op: EventOp.acquire,
          thread,
          seq,
          kind: 16 + step.class,
          stack: step.stack,
          address: step.id,
        })
        break
      case 'release':
        encoder.release(thread, step.class, step.id)
        add({ op: EventOp.release, thread, seq, kind: 16 + step.class, address: step.id })
        break
    }
  }
  for (const step of steps) run(step, new Set())
  return expected
    .sort((a, b) => a.seq - b.seq)
    .map(({ seq, op, thread, kind, stack, size, address }) => ({
      seq,
      op,
      thread,
      kind,
      stack,
      size,
      address,
    }))
}

const opsWithKind = new Set<number>([
  EventOp.allocate,
  EventOp.map,
  EventOp.acquire,
  EventOp.release,
])
const opsWithStack = new Set<number>([EventOp.allocate, EventOp.map, EventOp.acquire])
const opsWithSize = new Set<number>([
  EventOp.allocate,
  EventOp.map,
  EventOp.unmap,
  EventOp.remapRelease,
])

/** What the reader gave, in the same form. */
export function collect(batches: Iterable<EventBatch>): ExpectedEvent[] {
  const events: ExpectedEvent[] = []
  for (const batch of batches)
    for (let i = 0; i < batch.length; i++) {
      const op = batch.op[i]!
      events.push({
        seq: batch.seq[i]!,
        op,
        thread: batch.thread[i]!,
        kind: opsWithKind.has(op) ? batch.kind[i]! : 0,
        stack: opsWithStack.has(op) ? batch.stack[i]! : 0,
        size: opsWithSize.has(op) ? batch.sizeBytes[i]! : 0,
        address: batch.address[i]!,
      })
    }
  return events
}

/** A process with a chain of `nodeCount` nodes in one module. */
export function writePreamble(encoder: TraceEncoder): void {
  encoder.process('/usr/bin/node', '/app', ['node', 'app.js'])
  encoder.module(0, 0x10000, '/app/addon.node', 'ab12', [[0x10000, 0x10000, 5, 0]])
  for (let i = 0; i < nodeCount; i++) encoder.node(i, 0x10000 + i * 16 + 1)
}
