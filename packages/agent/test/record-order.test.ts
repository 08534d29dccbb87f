import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { EventOp } from '../../seamproof/src/trace/event-batch.js'
import { KindCode } from '../../seamproof/src/trace/trace-format.js'
import { buildSubject, scratchFolder } from './build-subject.js'
import { differences, multisetOf, readOracle } from './event-multiset.js'
import { runTraced } from './traced-run.js'

const folder = scratchFolder()
let oracle: string
let exerciser: string
let family: string

beforeAll(async () => {
  oracle = await buildSubject(folder, 'oracle.c', { shared: true })
  exerciser = await buildSubject(folder, 'exerciser.c')
  family = await buildSubject(folder, 'malloc-family.c')
})

const [first, last] = [104729, 104743]

describe('pitfall 5: a release is recorded before the real call, an acquisition after it', () => {
  test('eight threads that hand blocks around never leave an address live twice', async () => {
    const run = await runTraced(folder, exerciser, { args: ['8', '40000', 'maps'] })
    expect([run.code, run.stdout]).toEqual([0, 'unharmed'])
    expect(run.trace.violations).toEqual([])
    // The opposite fault: a free that comes before the allocation it belongs to.
    expect(unmatchedFrees(run.trace.events)).toBe(0)
    expect(run.trace.meta.header.eventsDropped).toBe(0)
  })

  test.each([
    ['one thread', '1', '20000'],
    ['eight threads', '8', '5000'],
  ])('the events of %s are exactly those of a tracker with a lock', async (_, threads, count) => {
    const log = join(folder, `oracle-${threads}.log`)
    const run = await runTraced(folder, exerciser, {
      args: [threads, count],
      after: [oracle],
      env: { ORACLE_LOG: log },
    })
    expect(run.code).toBe(0)
    const seen = multisetOf(run.trace.between(first, last))
    expect(seen.size).toBeGreaterThan(1000)
    expect(differences(seen, readOracle(log, first, last))).toEqual([])
    expect(run.trace.violations).toEqual([])
  })

  test('the malloc family is recorded as a tracker with a lock sees it', async () => {
    const log = join(folder, 'oracle-family.log')
    const run = await runTraced(folder, family, { after: [oracle], env: { ORACLE_LOG: log } })
    expect([run.code, run.stdout]).toEqual([0, 'unharmed'])
    expect(
      differences(multisetOf(run.trace.between(first, last)), readOracle(log, first, last)),
    ).toEqual([])
  })
})

describe('each function of the malloc family', () => {
  test.each([
    ['malloc', 1009, KindCode.malloc],
    ['calloc of one', 1013, KindCode.calloc],
    ['calloc of several', 7 * 149, KindCode.calloc],
    ['posix_memalign', 1021, KindCode.aligned],
    ['aligned_alloc', 1031, KindCode.aligned],
    ['memalign', 1033, KindCode.aligned],
    ['valloc', 1039, KindCode.aligned],
    ['pvalloc, rounded to pages', 8192, KindCode.aligned],
    ['realloc of NULL', 1049, KindCode.realloc],
    ['reallocarray of NULL', 3 * 353, KindCode.realloc],
    ['malloc of nothing', 0, KindCode.malloc],
    ['realloc', 1061, KindCode.realloc],
    ['reallocarray', 1063, KindCode.realloc],
    ['a realloc that becomes a mapping', 400009, KindCode.realloc],
    ['a realloc that moves a mapping', 800011, KindCode.realloc],
    ['a realloc after failed ones', 1069, KindCode.realloc],
  ])('%s is one allocation of its size and kind, and is freed', async (_, sizeBytes, kind) => {
    const { trace } = await familyRun()
    const found = trace.between(first, last).filter((event) => isAllocation(event, sizeBytes))
    expect(found.map((event) => event.kind)).toEqual([kind])
    const { address, seq } = found[0]!
    const release = trace.events.find((event) => event.seq > seq && event.address === address)
    expect([EventOp.free, EventOp.reallocRelease]).toContain(release?.op)
  })

  test('what failed is not recorded, and realloc to nothing is a free', async () => {
    const { trace } = await familyRun()
    const events = trace.between(first, last)
    expect(Math.max(...events.map((event) => event.sizeBytes))).toBe(800011)
    const gone = events.findIndex((event) => isAllocation(event, 1087))
    expect(events[gone + 1]).toMatchObject({ op: EventOp.free, address: events[gone]!.address })
    expect(trace.liveOf(1093)).toBe(1)
    expect(trace.violations).toEqual([])
  })
})

let familyOnce: ReturnType<typeof runTraced> | undefined
function familyRun(): ReturnType<typeof runTraced> {
  familyOnce ??= runTraced(folder, family)
  return familyOnce
}

function isAllocation(event: { op: number; sizeBytes: number }, sizeBytes: number): boolean {
  return event.op === EventOp.allocate && event.sizeBytes === sizeBytes
}

/** Frees of an address that is not live at that point in the order. */
function unmatchedFrees(events: readonly { op: number; address: number }[]): number {
  const live = new Set<number>()
  let count = 0
  for (const { op, address } of events) {
    if (op === EventOp.allocate) live.add(address)
    else if ((op === EventOp.free || op === EventOp.reallocRelease) && !live.delete(address))
      count++
  }
  return count
}
