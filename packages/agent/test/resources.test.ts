import { beforeAll, describe, expect, test } from 'vitest'
import { EventOp } from '../../seamproof/src/trace/event-batch.js'
import { LiveMappings } from '../../seamproof/src/trace/live-mappings.js'
import { KindCode } from '../../seamproof/src/trace/trace-format.js'
import { buildSubject, scratchFolder } from './build-subject.js'
import type { SeenEvent } from './trace-view.js'
import { runTraced } from './traced-run.js'

const folder = scratchFolder()
let descriptors: string
let mappings: string

beforeAll(async () => {
  descriptors = await buildSubject(folder, 'descriptors.c')
  mappings = await buildSubject(folder, 'mappings.c')
})

function heldAtEnd(events: readonly SeenEvent[], kindWanted: number): Map<number, SeenEvent> {
  const held = new Map<number, SeenEvent>()
  for (const event of events) {
    if (event.kind !== kindWanted) continue
    if (event.op === EventOp.acquire) {
      // Acquired twice without a release between would be a fault of the recorder.
      expect(held.has(event.address)).toBe(false)
      held.set(event.address, event)
    } else if (event.op === EventOp.release) held.delete(event.address)
  }
  return held
}

describe('file descriptors', () => {
  test('those that are left open are named by the line that opened them, all others are released', async () => {
    const run = await runTraced(folder, descriptors)
    expect(run.code).toBe(0)
    const held = heldAtEnd(run.trace.events, KindCode.fd)
    const [accepted, opened, duplicate, piped] = run.stdout.split(' ').map(Number)
    expect([...held.keys()].sort()).toEqual([accepted, opened, duplicate, piped].sort())
    const first = async (fd: number | undefined) =>
      (await run.trace.stackNames(held.get(fd!)!.stack))[0]
    expect(await first(accepted)).toBe('accept_twice')
    expect(await first(piped)).toBe('main')
    expect(run.trace.violations).toEqual([])
  })

  test('each way to get one is an acquisition with a release', async () => {
    const fortified = await buildSubject(folder, 'descriptors.c', {
      as: 'fortified',
      flags: ['-O2', '-D_FORTIFY_SOURCE=2', '-fbuiltin'],
    })
    const run = await runTraced(folder, fortified)
    const acquired = run.trace.events.filter(
      (event) => event.op === EventOp.acquire && event.kind === KindCode.fd,
    )
    const inside = await Promise.all(
      acquired.map(async (event) => (await run.trace.stackNames(event.stack))[0]),
    )
    // Calls that give one, that give two, streams and directories.
    expect(inside.filter((name) => name === 'all_closed')).toHaveLength(22 + 3 * 2 + 4)
  })

  test('what was closed past every hook is found at the next mark', async () => {
    const run = await runTraced(folder, descriptors, { args: ['close-range'] })
    expect(run.code).toBe(0)
    expect(heldAtEnd(run.trace.events, KindCode.fd).size).toBe(0)
  })
})

describe('threads', () => {
  test('those that ended are released, those that run at the end are held', async () => {
    const run = await runTraced(folder, descriptors)
    const held = heldAtEnd(run.trace.events, KindCode.thread)
    const acquired = run.trace.events.filter(
      (event) => event.op === EventOp.acquire && event.kind === KindCode.thread,
    )
    expect([acquired.length, held.size]).toEqual([7, 2])
  })
})

describe('mappings', () => {
  test('made, cut, grown, moved and replaced: what is left is what the program says', async () => {
    const run = await runTraced(folder, mappings)
    expect(run.code).toBe(0)
    const live = new LiveMappings()
    const ignore = () => {}
    const isMap = (event: SeenEvent) => event.op === EventOp.map
    for (const [index, event] of run.trace.events.entries()) {
      if (isMap(event)) live.insert(event.address, event.sizeBytes, index, 0, ignore)
      if (event.op === EventOp.unmap || event.op === EventOp.remapRelease)
        live.remove(event.address, event.sizeBytes, ignore)
    }
    let bytes = 0
    let count = 0
    live.forEach((_site, size) => {
      bytes += size
      count++
    })
    const truth = run.stdout.split('\n').map((line) => line.split(' ').map(Number))
    expect(count).toBe(truth.length)
    expect(bytes).toBe(truth.reduce((sum, [, size]) => sum + size!, 0))
    for (const [start, size] of truth) expect(live.remove(start!, size!, ignore)).toBe(true)
    expect(live.size).toBe(0)
    expect(run.trace.violations).toEqual([])
  })

  test('a length that is no whole number of pages is rounded up', async () => {
    const run = await runTraced(folder, mappings)
    for (const event of run.trace.events)
      if (event.op === EventOp.map) expect(event.sizeBytes % 4096).toBe(0)
  })
})
