// Each format is read back: by pprof's own library, by the published shape of the file, by our own reader.
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { CpuProfile, SampleState } from '../../src/contract/cpu-profile.js'
import { exportCpuCollapsed } from '../../src/report/export/export-cpu-collapsed.js'
import { exportCpuPprof } from '../../src/report/export/export-cpu-pprof.js'
import { exportCpuSpeedscope } from '../../src/report/export/export-cpu-speedscope.js'
import { exportCpuprofile } from '../../src/report/export/export-cpuprofile.js'
import { exportFirefox } from '../../src/report/export/export-firefox.js'
import { JsFrames, Scripts } from '../../src/symbols/js-frames.js'
import { profileFromCpuprofile } from '../../src/symbols/profile-from-cpuprofile.js'
import { parseCpuprofile } from '../../src/trace/cpuprofile-file.js'
import { thumbProfile } from './synthetic-profile.js'

const profile = thumbProfile()
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
const isWaiting = (state: SampleState) => state === 'idle' || state === 'runnable'
const cpuNs = sum(profile.costs.map((cost) => (isWaiting(cost.state) ? 0 : cost.ns)))
const allNs = sum(profile.costs.map((cost) => cost.ns))
const { timeline: _, ...timeless } = profile
const empty: CpuProfile = { ...timeless, costs: [] }

describe('pprof', async () => {
  const decoded = Profile.decode(gunzipSync(await exportCpuPprof(profile)))
  const text = (index: number | bigint) => decoded.stringTable.strings[Number(index)] ?? ''
  const names = (sample: (typeof decoded.sample)[number]) =>
    sample.locationId.flatMap((id) =>
      decoded.location
        .find((one) => one.id === id)!
        .line.map((line) => text(decoded.function.find((one) => one.id === line.functionId)!.name)),
    )
  const label = (sample: (typeof decoded.sample)[number], key: string) =>
    sample.label.find((one) => text(one.key) === key)

  test('has the sample types of Go’s CPU profile, and wall time where waiting was sampled', async () => {
    expect(decoded.sampleType.map(({ type, unit }) => [text(type), text(unit)])).toEqual([
      ['samples', 'count'],
      ['cpu', 'nanoseconds'],
      ['wall', 'nanoseconds'],
    ])
    expect([text(decoded.periodType!.type), Number(decoded.period)]).toEqual(['cpu', 1e6])
    const running = { ...profile, costs: profile.costs.filter((cost) => !isWaiting(cost.state)) }
    const without = Profile.decode(gunzipSync(await exportCpuPprof(running)))
    expect(without.sampleType).toHaveLength(2)
  })

  test('adds up to the profile, and says when and how long', () => {
    const column = (at: number) => sum(decoded.sample.map((one) => Number(one.value[at])))
    expect(column(0)).toBe(sum(profile.costs.map((cost) => cost.sampleCount)))
    expect(column(1)).toBe(cpuNs)
    expect(column(2)).toBe(allNs)
    expect(Number(decoded.durationNanos)).toBe(profile.durationNs)
    expect(Number(decoded.timeNanos) / 1e6).toBe(Date.parse(profile.startedAt!))
  })

  test('begins a stack with what ran, and labels its thread and state', () => {
    const convert = decoded.sample.find((one) => names(one)[0] === 'napi_get_value_string_utf8')!
    expect(names(convert).slice(1, 4)).toEqual(['Encode', 'makeThumb', 'handle'])
    expect(text(label(convert, 'thread')!.str)).toBe('node')
    expect(Number(label(convert, 'thread_id')!.num)).toBe(4242)
    const collected = decoded.sample.find((one) => text(label(one, 'state')!.str) === 'gc')!
    expect(names(collected)).toContain('(garbage collection)')
  })

  test('of nothing is still a profile', async () => {
    expect(Profile.decode(gunzipSync(await exportCpuPprof(empty))).sample).toEqual([])
  })
})

describe('speedscope', () => {
  // The fields that the published file format asks for, nothing else let in.
  const shape = z.strictObject({
    $schema: z.literal('https://www.speedscope.app/file-format-schema.json'),
    name: z.string(),
    exporter: z.string(),
    activeProfileIndex: z.int(),
    shared: z.strictObject({
      frames: z.array(
        z.strictObject({
          name: z.string(),
          file: z.string().optional(),
          line: z.number().optional(),
          col: z.number().optional(),
        }),
      ),
    }),
    profiles: z.array(
      z.strictObject({
        type: z.literal('sampled'),
        name: z.string(),
        unit: z.literal('nanoseconds'),
        startValue: z.number(),
        endValue: z.number(),
        samples: z.array(z.array(z.int().nonnegative())),
        weights: z.array(z.number().positive()),
      }),
    ),
  })
  const file = shape.parse(JSON.parse(exportCpuSpeedscope(profile, 'seamproof test')))

  test('has a profile for each thread, its samples in time order', () => {
    expect(file.profiles.map((one) => one.name)).toEqual([
      'node, main (4242)',
      'libuv-worker, pool (4250)',
    ])
    const [main] = file.profiles
    expect(main!.samples).toHaveLength(1900)
    expect(main!.weights).toHaveLength(1900)
    expect(sum(main!.weights)).toBe(main!.endValue)
    const leaf = (at: number) => file.shared.frames[main!.samples[at]!.at(-1)!]!.name
    expect([leaf(0), leaf(900), leaf(1000)]).toEqual(['parseHeader', '(waiting)', 'quantise'])
  })

  test('has only frames that are there', () => {
    for (const one of file.profiles)
      for (const stack of one.samples)
        for (const frame of stack) expect(file.shared.frames[frame]).toBeDefined()
  })

  test('without times, and of nothing, it is whole too', () => {
    const sampleCounts = shape
      .parse(JSON.parse(exportCpuSpeedscope(timeless, 'test')))
      .profiles.map((one) => one.samples.length)
    expect(sampleCounts).toEqual([1900, 100])
    expect(shape.parse(JSON.parse(exportCpuSpeedscope(empty, 'test'))).profiles).toEqual([])
  })
})

test('collapsed stacks are microseconds of CPU time, the thread first, and add up', () => {
  const lines = exportCpuCollapsed(profile).trimEnd().split('\n')
  expect(lines).toContain(
    'node;__libc_start_call_main (node);node::Start (node);uv_run (node);handle (server.ts:40);parseHeader (thumb.ts:12) 800000',
  )
  expect(sum(lines.map((line) => Number(line.split(' ').at(-1))))).toBe(cpuNs / 1000)
  expect(lines.join()).not.toContain('epoll_wait')
})

describe('a .cpuprofile', () => {
  const back = (one: CpuProfile) =>
    profileFromCpuprofile(
      parseCpuprofile(exportCpuprofile(one), 'exported'),
      new JsFrames(new Scripts()),
    )
  const msOf = (one: CpuProfile, state: SampleState) =>
    Math.round(sum(one.costs.filter((cost) => cost.state === state).map((cost) => cost.ns)) / 1e6)

  test('read back has the same times on the main thread', () => {
    const again = back(profile)
    expect(again.costs.length).toBeGreaterThan(0)
    expect(msOf(again, 'gc')).toBe(120)
    // Locks and the queue for a core are idle there: the format knows no other word. So is the time after the last sample.
    expect(msOf(again, 'idle')).toBe(200 + 60 + 40)
    const named = (name: string) =>
      again.costs.filter(
        (cost) => again.frames[again.tree.frameIndex[cost.treeIndex]!]?.functionName === name,
      )
    expect(sum(named('parseHeader').map((cost) => cost.ns))).toBe(800e6)
    expect(
      sum(
        named('quantise')
          .filter((cost) => cost.state !== 'gc')
          .map((cost) => cost.ns),
      ),
    ).toBe(400e6)
  })

  test('has idle time where nothing was sampled', () => {
    const gap: CpuProfile = {
      ...timeless,
      clock: 'cpu',
      costs: [{ ...profile.costs[0]!, sampleCount: 2, ns: 2e6 }],
      timeline: { timeNs: [0, 100e6], costIndex: [0, 0] },
    }
    const again = back(gap)
    expect(msOf(again, 'idle')).toBe(99)
    expect(msOf(again, 'js')).toBe(2)
  })

  test('of nothing can be read', () => {
    expect(back(empty).costs).toEqual([])
  })
})

describe('the Firefox Profiler', () => {
  interface Table {
    length: number
    [column: string]: unknown
  }
  interface Thread {
    name: string
    isMainThread: boolean
    pid: string
    tid: number
    samples: Table & { stack: (number | null)[]; time: number[]; weight: number[] }
    markers: Table & { data: { kind: string }[] }
    stackTable: Table & { frame: number[]; prefix: (number | null)[]; category: number[] }
    frameTable: Table & { func: number[]; category: number[] }
    funcTable: Table & { name: number[]; fileName: (number | null)[]; resource: number[] }
    resourceTable: Table & { name: number[] }
    nativeSymbols: Table
    stringArray: string[]
  }
  const file = JSON.parse(exportFirefox(profile, 'seamproof test')) as {
    meta: {
      preprocessedProfileVersion: number
      version: number
      interval: number
      categories: unknown[]
    }
    libs: unknown[]
    threads: Thread[]
  }

  test('states its version, and the fields that the profiler asks of every profile', () => {
    expect(file.meta).toMatchObject({
      preprocessedProfileVersion: 48,
      version: 29,
      interval: 1,
      processType: 0,
      startTime: Date.parse(profile.startedAt!),
      symbolicated: true,
    })
    expect(file.libs).toEqual([])
    expect(file.threads.map((one) => [one.isMainThread, one.pid, one.tid])).toEqual([
      [true, '4242', 4242],
      [false, '4242', 4250],
    ])
  })

  test('has tables whose columns are as long as they say, and whose references resolve', () => {
    for (const thread of file.threads) {
      for (const table of [
        thread.samples,
        thread.markers,
        thread.stackTable,
        thread.frameTable,
        thread.funcTable,
        thread.resourceTable,
        thread.nativeSymbols,
      ])
        for (const [name, column] of Object.entries(table))
          if (Array.isArray(column)) expect([name, column.length]).toEqual([name, table.length])
      const { stackTable, frameTable, funcTable, resourceTable, stringArray } = thread
      stackTable.prefix.forEach((prefix, index) => {
        if (prefix !== null) expect(prefix).toBeLessThan(index)
      })
      for (const frame of stackTable.frame) expect(frame).toBeLessThan(frameTable.length)
      for (const category of stackTable.category)
        expect(file.meta.categories[category]).toBeDefined()
      for (const func of frameTable.func) expect(func).toBeLessThan(funcTable.length)
      for (const name of funcTable.name) expect(stringArray[name]).toBeDefined()
      for (const resource of funcTable.resource) expect(resource).toBeLessThan(resourceTable.length)
      for (const stack of thread.samples.stack)
        if (stack !== null) expect(stack).toBeLessThan(stackTable.length)
    }
  })

  test('weighs samples in milliseconds and marks collections', () => {
    expect(sum(file.threads.flatMap((one) => one.samples.weight))).toBeCloseTo(allNs / 1e6)
    const [main] = file.threads
    expect(main!.samples.time).toEqual([...main!.samples.time].sort((a, b) => a - b))
    expect(main!.markers.data).toEqual([{ type: 'GC', kind: 'scavenge' }])
  })

  test('of nothing is still a profile', () => {
    expect(JSON.parse(exportFirefox(empty, 'test'))).toMatchObject({ threads: [] })
  })
})
