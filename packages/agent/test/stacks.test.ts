import { beforeAll, describe, expect, test } from 'vitest'
import { EventOp } from '../../seamproof/src/trace/event-batch.js'
import { NodeFlag } from '../../seamproof/src/trace/trace-format.js'
import { buildSubject, scratchFolder } from './build-subject.js'
import { runTraced, type TracedRun } from './traced-run.js'

const folder = scratchFolder()
let stacks: string

beforeAll(async () => {
  stacks = await buildSubject(folder, 'stacks.c', { flags: ['-fno-optimize-sibling-calls'] })
})

const run = (way: string, maxDepth?: number) =>
  runTraced(folder, stacks, { args: [way], ...(maxDepth === undefined ? {} : { maxDepth }) })

function expectSound({ code, signal, trace }: TracedRun): void {
  expect([code, signal]).toEqual([0, undefined])
  expect(trace.violations).toEqual([])
}

describe('pitfall 15: deep recursion', () => {
  test.each(['deep', 'deep-thread'])(
    '%s: 100,000 frames are cut at the limit, flagged and counted',
    async (way) => {
      const result = await run(way)
      expectSound(result)
      const { trace } = result
      const blocks = trace.allocationsOf(7307)
      expect(blocks).toHaveLength(200)
      const frames = await trace.stack(blocks.at(-1)!.stack)
      expect(frames).toHaveLength(256)
      expect(frames[0]!.functionName).toBe('allocate')
      expect(frames.slice(1).every((frame) => frame.functionName === 'recurse')).toBe(true)
      expect(frames.at(-1)!.flags & NodeFlag.cut).toBe(NodeFlag.cut)
      expect(trace.meta.header.stacksTruncated).toBe(199)
      expect(trace.meta.header.walksEndedEarly).toBe(0)
    },
  )

  test('the limit is the user’s', async () => {
    const result = await run('deep', 10)
    expect(await result.trace.stack(result.trace.allocationsOf(7307).at(-1)!.stack)).toHaveLength(
      10,
    )
    expect(result.trace.meta.header.stackDepthMax).toBe(10)
  })
})

describe('stacks that change little from one to the next', () => {
  test('every one of them is the way that its block was reached by, in four threads', async () => {
    const subject = await buildSubject(folder, 'paths.c')
    const result = await runTraced(folder, subject, { args: ['40'] })
    expectSound(result)
    const sites = result.stdout.split(' ').map(Number)
    const ways = new Map<number, number>()
    let count = 0
    for (const { op, stack, sizeBytes } of result.trace.events) {
      if (op !== EventOp.allocate || sizeBytes < 32768) continue
      if (!ways.has(stack)) ways.set(stack, wayOf(result.trace.pcs(stack), sites))
      if (ways.get(stack) !== sizeBytes - 32768)
        throw new Error(`block ${sizeBytes - 32768} came by way ${ways.get(stack)}`)
      count++
    }
    expect(count).toBeGreaterThan(50_000)
    expect(ways.size).toBeGreaterThan(2000)
  })
})

describe('pitfall 15: jumps', () => {
  test('after longjmp the next stack is the true one', async () => {
    const result = await run('longjmp')
    expectSound(result)
    const { trace } = result
    expect(trace.meta.header.walksEndedEarly).toBe(0)
    const depths = new Map<number, number>()
    for (const { stack } of trace.allocationsOf(7307)) {
      const names = await trace.stackNames(stack)
      const jumps = names.filter((name) => name === 'jump_from').length
      depths.set(jumps, (depths.get(jumps) ?? 0) + 1)
      const expected = ['allocate', ...Array<string>(jumps).fill('jump_from'), 'jump', 'main']
      expect(names.slice(0, jumps + 3)).toEqual(expected)
    }
    // Jump i comes from i % 40 frames further in; each frame allocates on the way, and so does the place it lands.
    expect(depths.get(0)).toBe(300)
    for (let depth = 1; depth <= 40; depth++) {
      const deepEnough = Array.from({ length: 300 }, (_, i) => i % 40).filter((d) => d >= depth - 1)
      expect(depths.get(depth)).toBe(deepEnough.length)
    }
  })

  test('C++ exceptions pass, and what their destructors allocate is recorded', async () => {
    const subject = await buildSubject(folder, 'throws.cc')
    const result = await runTraced(folder, subject)
    expectSound(result)
    const frames = Array.from({ length: 300 }, (_, i) => (i % 50) + 1).reduce((a, b) => a + b)
    expect(result.trace.allocationsOf(7307)).toHaveLength(frames + 300)
    expect(result.trace.allocationsOf(7309)).toHaveLength(frames)
    expect(result.trace.liveOf(7309)).toBe(0)
    expect(result.trace.meta.header.walksEndedEarly).toBe(0)
  })
})

describe('pitfall 15: foreign stacks', () => {
  test('fibers on the heap and on mappings that come and go are walked, flagged and counted', async () => {
    const result = await run('fibers')
    expectSound(result)
    const { trace } = result
    const blocks = trace.allocationsOf(7307)
    let foreign = 0
    for (const stack of new Set(blocks.map((block) => block.stack))) {
      const frames = await trace.stack(stack)
      const names = frames.map((frame) => frame.functionName)
      if (!names.includes('in_fiber')) continue
      foreign++
      expect(names.filter((name) => name === 'run_fiber')).toHaveLength(1)
      expect(frames[0]!.flags & NodeFlag.foreignStack).toBe(NodeFlag.foreignStack)
    }
    expect(foreign).toBeGreaterThan(10)
    expect(trace.meta.header.foreignStackWalks).toBeGreaterThan(4000)
  })

  test('memory beside a fiber’s stack that libc has unmapped unseen is not read', async () => {
    const result = await run('beside-freed')
    expectSound(result)
    expect(result.trace.allocationsOf(7307)).toHaveLength(3)
  })

  test('a handler on a signal stack of 8 KiB may allocate: a hook and a walk fit there', async () => {
    const result = await run('signal-stack')
    expectSound(result)
    const { trace } = result
    const blocks = trace.allocationsOf(7307)
    expect(blocks).toHaveLength(100)
    expect((await trace.stackNames(blocks[0]!.stack)).slice(0, 2)).toEqual(['allocate', 'handle'])
    expect(trace.meta.header.foreignStackWalks).toBe(50)
  })
})

describe('a storm of signals', () => {
  test('every call of handler and program is recorded or counted as untracked', async () => {
    const bump = await buildSubject(folder, 'bump-malloc.c', {
      shared: true,
      flags: ['-mcmodel=large', '-fno-builtin'],
    })
    const result = await runTraced(folder, stacks, { args: ['storm'], after: [bump] })
    expectSound(result)
    const { trace } = result
    const calls = Number(result.stdout)
    const seen = trace.events.filter(isOurs).length
    const { untrackedCalls, eventsDropped } = trace.meta.header
    expect(eventsDropped).toBe(0)
    const releases = trace.events.filter((event) => event.op === EventOp.free).length
    expect(untrackedCalls).toBeGreaterThan(0)
    expect(seen + releases + untrackedCalls).toBeGreaterThanOrEqual(2 * calls)
    expect(seen).toBeLessThanOrEqual(calls)
  })
})

function isOurs(event: { op: number; sizeBytes: number }): boolean {
  return event.op === EventOp.allocate && event.sizeBytes === 7307
}

/** A one and then a bit for each call, from the outermost on: what `paths.c` adds to its sizes. */
function wayOf(pcs: readonly number[], sites: readonly number[]): number {
  // The innermost two are the calls of malloc and of the function that calls it.
  const calls = pcs.slice(2).map((pc) => sites.indexOf(pc))
  const end = calls.indexOf(-1)
  return calls.slice(0, end).reduceRight((way, bit) => way * 2 + bit, 1)
}
