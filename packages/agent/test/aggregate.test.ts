import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { EventOp } from '../../seamproof/src/trace/event-batch.js'
import { LiveMappings } from '../../seamproof/src/trace/live-mappings.js'
import { openTrace } from '../../seamproof/src/trace/open-trace.js'
import { KindCode } from '../../seamproof/src/trace/trace-format.js'
import { buildSubject, scratchFolder, subjectFolder } from './build-subject.js'
import type { TraceView } from './trace-view.js'
import { nodeOptions, runTraced } from './traced-run.js'

const folder = scratchFolder()
let deterministic: string
let exerciser: string

beforeAll(async () => {
  deterministic = await buildSubject(folder, 'deterministic.c')
  exerciser = await buildSubject(folder, 'exerciser.c')
})

interface Totals {
  allocatedCount: number
  allocatedBytes: number
  freedCount: number
  freedBytes: number
}

/** Totals by kind and functions of the stack: node ids differ between runs. */
type TotalsByStack = Record<string, Totals>

function totalsOf(table: TotalsByStack, key: string): Totals {
  table[key] ??= { allocatedCount: 0, allocatedBytes: 0, freedCount: 0, freedBytes: 0 }
  return table[key]
}

/** What the snapshots of aggregate mode say at the end. */
async function aggregateTotals(trace: TraceView): Promise<TotalsByStack> {
  const last = new Map<string, Totals & { stack: number; kind: number }>()
  const open = openTrace(trace.path)
  open.visitSnapshots({
    begin: () => {},
    stack: (row) => last.set(`${row.stack} ${row.kind}`, { ...row }),
    end: () => {},
  })
  open.close()
  const table: TotalsByStack = {}
  for (const row of last.values()) {
    const totals = totalsOf(table, await keyOf(trace, row.kind, row.stack))
    totals.allocatedCount += row.allocatedCount
    totals.allocatedBytes += row.allocatedBytes
    totals.freedCount += row.freedCount
    totals.freedBytes += row.freedBytes
  }
  return table
}

/** The same, from every event of full mode. */
async function fullTotals(trace: TraceView): Promise<TotalsByStack> {
  const table: TotalsByStack = {}
  const sites: Totals[] = []
  const siteOf = new Map<string, number>()
  const blocks = new Map<number, { index: number; bytes: number }>()
  const mappings = new LiveMappings()
  const held = new Map<string, Totals>()
  const acquires: number[] = [EventOp.allocate, EventOp.map, EventOp.acquire]
  for (const { op, kind, stack } of trace.events) {
    if (!acquires.includes(op)) continue
    const siteKind = op === EventOp.map ? KindCode.mmap : kind
    if (siteOf.has(`${siteKind} ${stack}`)) continue
    const totals = totalsOf(table, await keyOf(trace, siteKind, stack))
    siteOf.set(`${siteKind} ${stack}`, sites.push(totals) - 1)
  }
  const releasePiece = (index: number, bytes: number, isLast: boolean) => {
    sites[index]!.freedBytes += bytes
    if (isLast) sites[index]!.freedCount++
  }
  for (const { op, kind, stack, address, sizeBytes } of trace.events) {
    if (op === EventOp.allocate || op === EventOp.map || op === EventOp.acquire) {
      const isMap = op === EventOp.map
      const index = siteOf.get(`${isMap ? KindCode.mmap : kind} ${stack}`)!
      sites[index]!.allocatedCount++
      sites[index]!.allocatedBytes += sizeBytes
      if (op === EventOp.allocate) blocks.set(address, { index, bytes: sizeBytes })
      else if (isMap) mappings.insert(address, sizeBytes, index, 0, releasePiece)
      else held.set(`${kind} ${address}`, sites[index]!)
    } else if (op === EventOp.free || op === EventOp.reallocRelease) {
      const block = blocks.get(address)
      if (block === undefined) continue
      blocks.delete(address)
      sites[block.index]!.freedCount++
      sites[block.index]!.freedBytes += block.bytes
    } else if (op === EventOp.unmap || op === EventOp.remapRelease)
      mappings.remove(address, sizeBytes, releasePiece)
    else if (op === EventOp.release) held.get(`${kind} ${address}`)!.freedCount++
  }
  return table
}

async function keyOf(trace: TraceView, kind: number, stack: number): Promise<string> {
  return `${kind} ${(await trace.stackNames(stack)).join(' < ')}`
}

describe('aggregate mode', () => {
  test('its totals, stack by stack, are those of full mode', async () => {
    const [aggregate, full] = await Promise.all([
      runTraced(folder, deterministic, { mode: 'aggregate' }),
      runTraced(folder, deterministic),
    ])
    expect([aggregate.code, full.code]).toEqual([0, 0])
    const truth = await fullTotals(full.trace)
    expect(Object.keys(truth).length).toBeGreaterThanOrEqual(6)
    expect(await aggregateTotals(aggregate.trace)).toEqual(truth)
    expect(aggregate.trace.violations).toEqual([])
    expect(aggregate.trace.events).toEqual([])
  })

  test('its live bytes are the sum over the stacks of its heap, and its peak is no less', async () => {
    const { trace } = await runTraced(folder, deterministic, { mode: 'aggregate' })
    const all = Object.entries(await aggregateTotals(trace))
    const totals = all.flatMap(([key, row]) =>
      Number.parseInt(key, 10) < KindCode.mmap ? row : [],
    )
    expect(totals.length).toBeLessThan(all.length)
    const live = totals.reduce((sum, row) => sum + row.allocatedBytes - row.freedBytes, 0)
    const count = totals.reduce((sum, row) => sum + row.allocatedCount - row.freedCount, 0)
    const snapshot = trace.meta.snapshots.at(-1)!
    expect(snapshot).toMatchObject({ liveBytes: live, liveCount: count })
    expect(snapshot.peakBytes).toBeGreaterThanOrEqual(live)
  })

  test('with eight threads that free each other’s blocks, nothing is freed that was not there', async () => {
    const { code, trace } = await runTraced(folder, exerciser, {
      mode: 'aggregate',
      args: ['8', '40000'],
    })
    expect(code).toBe(0)
    expect(trace.violations).toEqual([])
    const totals = Object.entries(await aggregateTotals(trace)).filter(([key]) =>
      key.includes('work'),
    )
    const sum = (field: keyof Totals) => totals.reduce((all, [, row]) => all + row[field], 0)
    // What is left is what lies in the exerciser's 64 slots.
    expect(sum('allocatedCount') - sum('freedCount')).toBeLessThanOrEqual(64)
    expect(sum('allocatedCount')).toBeGreaterThan(300_000)
  })

  test('snapshots are taken between marks too, in the order of their times', async () => {
    const script =
      'const held = []; setInterval(() => held.push(Buffer.alloc(1e6)), 20); setTimeout(() => process.exit(), 1800)'
    const { trace } = await runTraced(folder, process.execPath, {
      mode: 'aggregate',
      args: ['-e', script],
    })
    expect(trace.violations).toEqual([])
    const { snapshots, marks } = trace.meta
    const own = snapshots.filter(({ seq }) => seq === 0)
    expect(own.length).toBeGreaterThanOrEqual(2)
    const times = snapshots.map(({ timeUs }) => timeUs)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(own.at(-1)!.liveBytes).toBeGreaterThan(own[0]!.liveBytes)
    expect(snapshots.at(-1)!.seq).toBe(marks.find(({ kind }) => kind === 'program-end')!.seq)
  })

  test('its file does not grow with the number of events', async () => {
    const sizes = await Promise.all(
      ['1000', '60000'].map(async (iterations) => {
        const options = { mode: 'aggregate', args: ['2', iterations] } as const
        return (await runTraced(folder, exerciser, options)).trace.sizeBytes
      }),
    )
    expect(sizes[1]).toBe(sizes[0])
  })

  test('in Node, with workers that come and go, a snapshot follows each mark', async () => {
    const { code, trace } = await runTraced(folder, process.execPath, {
      mode: 'aggregate',
      args: ['--expose-gc', join(subjectFolder, 'control.cjs')],
      env: { NODE_OPTIONS: nodeOptions },
    })
    expect(code).toBe(0)
    expect(trace.violations).toEqual([])
    const { marks, snapshots } = trace.meta
    // Those between marks have no number.
    const taken = snapshots.map((snapshot) => snapshot.seq).filter((seq) => seq !== 0)
    expect(taken).toEqual(marks.map((mark) => mark.seq))
    expect(snapshots.every((snapshot) => snapshot.peakBytes >= snapshot.liveBytes)).toBe(true)
    expect(trace.meta.header.eventsDropped).toBe(0)
  })
})
