import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AllocationKind, ProcessFacts } from '../../src/contract/facts.js'
import { traceScratch } from '../trace/trace-scratch.js'
import { Scene } from './scene.js'

const scratch = traceScratch()
const path = () => scratch.path('process-1-1.trace')

/** Costs by the name of the innermost frame and the kind. */
function costOf(facts: ProcessFacts, name: string, kind: AllocationKind = 'malloc') {
  return facts.costs.find((cost) => {
    const frame = facts.frames[facts.tree.frameIndex[cost.treeIndex]!]
    return frame?.functionName === name && cost.kind === kind
  })
}

describe('totals', () => {
  test('count allocations, live blocks, the peak and temporaries of a small program', () => {
    const scene = new Scene()
    const { encoder } = scene
    const a = scene.stack('js:main', 'sub:encode')
    const b = scene.stack('js:main', 'sub:decode')
    encoder.alloc(0, 1, a, 100, 0x100) // live 100
    encoder.timeUs = 5000
    encoder.alloc(0, 1, b, 300, 0x200) // live 400: the peak
    encoder.free(0, 0x200) // temporary
    encoder.alloc(0, 1, b, 50, 0x300)
    encoder.alloc(1, 1, b, 20, 0x400)
    encoder.free(0, 0x400) // of another thread's: not temporary
    encoder.free(0, 0x9990) // never seen
    encoder.realloc(0, 0x300, 0x300, 60, a)
    encoder.timeUs = 9000
    const facts = scene.analyze(path())
    expect(facts.totals).toMatchObject({
      eventCount: 9,
      allocatedCount: 5,
      allocatedBytes: 530,
      freedCount: 3,
      unmatchedFreeCount: 1,
      liveCount: 2,
      liveBytes: 160,
      peakBytes: 400,
      peakMs: 5,
      temporaryCount: 1,
    })
    expect(costOf(facts, 'encode')).toMatchObject({ peakBytes: 100, peakCount: 1, liveBytes: 100 })
    expect(costOf(facts, 'encode', 'realloc')).toMatchObject({ liveBytes: 60, peakBytes: 0 })
    expect(costOf(facts, 'decode')).toMatchObject({
      allocatedCount: 3,
      allocatedBytes: 370,
      peakBytes: 300,
      peakCount: 1,
      temporaryCount: 1,
      temporaryBytes: 300,
      liveCount: 0,
    })
    expect(facts.totals.sizeHistogram).toEqual([
      { sizeBytesMax: 32, count: 1 },
      { sizeBytesMax: 64, count: 2 },
      { sizeBytesMax: 128, count: 1 },
      { sizeBytesMax: 512, count: 1 },
    ])
    expect(facts.durationMs).toBe(9)
    expect(facts.end).toBe('closed')
  })

  test('give the peak of every stack as a replay with a snapshot at each new height does', () => {
    const step = fc.record({
      address: fc.integer({ min: 1, max: 30 }),
      size: fc.nat(1000),
      site: fc.nat(4),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const scene = new Scene()
        const stacks = [0, 1, 2, 3, 4].map((n) => scene.stack('js:main', `sub:f${n}`))
        const live = new Map<number, { site: number; size: number }>()
        const bytes = [0, 0, 0, 0, 0]
        let total = 0
        let peak = 0
        let isAtPeak = true
        let atPeak = [...bytes]
        for (const { address, size, site } of steps) {
          // Through many stretches of the timeline, which keep a height of their own.
          scene.encoder.timeUs += 7
          const old = live.get(address)
          if (old === undefined) {
            scene.encoder.alloc(0, 1, stacks[site]!, size, address * 16)
            live.set(address, { site, size })
            bytes[site]! += size
            total += size
            // Blocks of no bytes belong to the height at which they were made.
            if (total > peak) isAtPeak = true
            peak = Math.max(peak, total)
            if (isAtPeak) atPeak = [...bytes]
          } else {
            scene.encoder.free(0, address * 16)
            live.delete(address)
            bytes[old.site]! -= old.size
            total -= old.size
            isAtPeak = false
          }
        }
        const facts = scene.analyze(path())
        expect(facts.totals.peakBytes).toBe(peak)
        expect(facts.totals.liveBytes).toBe(total)
        const peaks = [0, 1, 2, 3, 4].map((n) => costOf(facts, `f${n}`)?.peakBytes ?? 0)
        expect(peaks).toEqual(atPeak)
      }),
      { numRuns: 100 },
    )
  })

  test('keep mappings and resources out of the heap, and count them at their stacks', () => {
    const scene = new Scene()
    const { encoder } = scene
    const stack = scene.stack('js:main', 'sub:open')
    encoder.map(0, 0x10000, 0x4000, stack)
    encoder.unmap(0, 0x11000, 0x1000)
    encoder.acquire(0, 1, 20, stack)
    encoder.acquire(0, 1, 21, stack)
    encoder.acquire(0, 1, 21, stack) // closed unseen
    encoder.release(0, 1, 20)
    encoder.release(0, 1, 3)
    const facts = scene.analyze(path())
    expect(facts.totals).toMatchObject({ liveBytes: 0, peakBytes: 0, mappedBytes: 0x3000 })
    expect(costOf(facts, 'open', 'mmap')).toMatchObject({ liveCount: 1, liveBytes: 0x3000 })
    expect(costOf(facts, 'open', 'fd')).toMatchObject({ allocatedCount: 3, liveCount: 1 })
  })

  test('show the peak in the timeline, in a thousand points at most', () => {
    const scene = new Scene()
    const { encoder } = scene
    const stack = scene.stack('js:main')
    for (let i = 0; i < 5000; i++) {
      encoder.timeUs = i * 1000
      encoder.alloc(0, 1, stack, i === 2500 ? 9_000_000 : 10, 0x1000 + i * 16)
      if (i === 2500) encoder.free(0, 0x1000 + i * 16)
    }
    const { timeline, totals } = scene.analyze(path())
    expect(timeline.liveMs.length).toBe(timeline.liveBytes.length)
    expect(timeline.liveMs.length).toBeLessThanOrEqual(1000)
    expect(Math.max(...timeline.liveBytes)).toBe(totals.peakBytes)
    expect(timeline.liveBytes.at(-1)).toBe(4999 * 10)
  })
})

describe('the tree of names', () => {
  test('merges addresses of one function, and tiers of one JavaScript function', () => {
    const scene = new Scene()
    const { encoder } = scene
    // The same name at two addresses: the second stack is another node, but the same frames.
    const first = scene.stack('js:main:3', 'sub:encode:8')
    const second = encoder.node(encoder.node(0, 0x999_0001), 0x999_0011)
    encoder.alloc(0, 1, first, 10, 0x100)
    encoder.alloc(0, 1, first, 10, 0x200)
    encoder.alloc(0, 2, first, 10, 0x300)
    encoder.alloc(0, 1, second, 10, 0x400)
    const facts = scene.analyze(path())
    const { parentIndex, frameIndex } = facts.tree
    expect([parentIndex[0], frameIndex[0]]).toEqual([-1, -1])
    const names = frameIndex.slice(1).map((index) => facts.frames[index]!.functionName)
    expect(names).toEqual(['main', 'encode', '?', '?'])
    expect(facts.costs.length).toBe(3)
    expect(costOf(facts, 'encode')).toMatchObject({ allocatedCount: 2 })
  })
})

test('losses and a missing end are told', () => {
  const scene = new Scene()
  const { encoder } = scene
  encoder.headerView.setBigUint64(56, 12n, true)
  encoder.headerView.setBigUint64(104, 2n, true)
  encoder.note('the addon was loaded before the agent')
  encoder.alloc(0, 1, scene.stack('js:main'), 10, 0x100)
  encoder.alloc(1, 1, scene.stack('js:main'), 10, 0x100)
  const facts = scene.analyze(path(), [], 'killed')
  expect(facts.end).toBe('killed')
  expect(facts.losses.eventsDropped).toBe(12)
  expect(facts.losses.notes).toEqual([
    'the addon was loaded before the agent',
    '1 blocks were allocated where another was still live: as many releases were not seen',
    '2 forked children were not followed',
  ])
})

test('JavaScript frames without a name are counted by how much was allocated under them', () => {
  const scene = new Scene()
  const { encoder } = scene
  const outer = scene.stack('node:timers', 'js:main')
  const named = scene.stack('node:timers', 'js:main', 'sub:encode')
  const hidden = encoder.node(outer, 0x999_0001)
  // Not called by JavaScript: a walk that went astray.
  const astray = encoder.node(scene.stack('node:timers', 'js:main', 'sub:encode'), 0x999_0001, 2)
  for (let i = 0; i < 9; i++) encoder.alloc(0, 1, named, 8, 0x1000 + i * 16)
  encoder.alloc(0, 1, hidden, 8, 0x2000)
  encoder.alloc(0, 1, astray, 8, 0x3000)
  const { jsFrames } = scene.analyze(path())
  expect(jsFrames).toEqual({
    userFrameCount: 11,
    userFrameNamedCount: 11,
    frameCount: 23,
    frameNamedCount: 22,
  })
})
