import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { exportCollapsed } from '../../src/report/export/export-collapsed.js'
import { exportHeaptrackText } from '../../src/report/export/export-heaptrack-text.js'
import { exportPprof } from '../../src/report/export/export-pprof.js'
import { exportSpeedscope } from '../../src/report/export/export-speedscope.js'
import { leakyFacts, leakyVerdicts } from './synthetic-facts.js'

const facts = leakyFacts(80)
const verdicts = leakyVerdicts(facts)
const process = facts.processes[0]!
const heapCosts = process.costs.filter((cost) => cost.kind !== 'mmap')
const sumOf = (field: 'liveBytes' | 'liveCount' | 'allocatedBytes' | 'allocatedCount') =>
  heapCosts.reduce((total, cost) => total + cost[field], 0)

describe('pprof', async () => {
  const packed = await exportPprof(process)
  const profile = Profile.decode(gunzipSync(packed))
  const text = (index: number | bigint) => profile.stringTable.strings[Number(index)] ?? ''
  const functions = new Map(profile.function.map((one) => [Number(one.id), one]))
  const locations = new Map(profile.location.map((one) => [Number(one.id), one]))
  const mappings = new Map(profile.mapping.map((one) => [Number(one.id), one]))
  const nameOf = (functionId: number | bigint) => text(functions.get(Number(functionId))!.name)

  test('is gzip with the four sample types of Go’s heap profile', () => {
    expect([...packed.subarray(0, 2)]).toEqual([0x1f, 0x8b])
    expect(profile.sampleType.map(({ type, unit }) => [text(type), text(unit)])).toEqual([
      ['alloc_objects', 'count'],
      ['alloc_space', 'bytes'],
      ['inuse_objects', 'count'],
      ['inuse_space', 'bytes'],
    ])
    expect(text(profile.defaultSampleType)).toBe('inuse_space')
  })

  test('adds up to the totals of the capture', () => {
    const sums = [0, 1, 2, 3].map((column) =>
      profile.sample.reduce((total, sample) => total + Number(sample.value[column]), 0),
    )
    expect(sums).toEqual([
      sumOf('allocatedCount'),
      sumOf('allocatedBytes'),
      sumOf('liveCount'),
      sumOf('liveBytes'),
    ])
  })

  test('has every reference resolved: samples to locations, functions and mappings', () => {
    for (const sample of profile.sample)
      for (const id of sample.locationId) {
        const location = locations.get(Number(id))
        expect(location).toBeDefined()
        for (const line of location!.line) expect(functions.has(Number(line.functionId))).toBe(true)
        const mappingId = Number(location!.mappingId)
        if (mappingId !== 0) expect(mappings.has(mappingId)).toBe(true)
      }
  })

  test('begins a stack with the allocation, and keeps lines', () => {
    const encode = profile.function.find((one) => text(one.name) === 'encode')!
    const sample = profile.sample.find((one) =>
      one.locationId.some((id) =>
        locations.get(Number(id))!.line.some((line) => line.functionId === encode.id),
      ),
    )!
    const names = sample.locationId.flatMap((id) =>
      locations.get(Number(id))!.line.map((line) => nameOf(line.functionId)),
    )
    expect(names[0]).toBe('malloc')
    expect(names.at(-1)).toBe('__libc_start_main')
    expect(text(encode.filename)).toBe('/srv/thumbs/src/addon.cc')
  })

  test('an inlined function shares the location of the one it was inlined into', () => {
    const location = profile.location.find((one) =>
      one.line.some((line) => nameOf(line.functionId).startsWith('std::vector')),
    )!
    expect(location.line.map((line) => [nameOf(line.functionId), Number(line.line)])).toEqual([
      ['std::vector<unsigned char>::vector(unsigned long)', 553],
      ['encode', 88],
    ])
    expect(text(mappings.get(Number(location.mappingId))!.filename)).toMatch(/thumb\.node$/)
  })

  test('carries what was not seen as comments', () => {
    expect(profile.comment.map(text)).toContain(
      'not seen: 31 stacks cut at the depth limit (outer frames unknown)',
    )
  })
})

describe('speedscope', () => {
  // The fields that the published file format asks for, nothing else let in.
  const fileSchema = z.strictObject({
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
        unit: z.enum(['bytes', 'none', 'nanoseconds', 'microseconds', 'milliseconds', 'seconds']),
        startValue: z.number(),
        endValue: z.number(),
        samples: z.array(z.array(z.int().nonnegative())),
        weights: z.array(z.number().positive()),
      }),
    ),
  })
  const file = fileSchema.parse(JSON.parse(exportSpeedscope(facts, verdicts)))

  test('has one profile for each metric and unit that is not empty', () => {
    expect(file.profiles.map(({ name }) => name)).toEqual([
      'Live at end, bytes',
      'Live at end, blocks',
      'At peak, bytes',
      'At peak, blocks',
      'Leaked, bytes',
      'Leaked, blocks',
      'Allocated, bytes',
      'Allocated, blocks',
      'Temporary, bytes',
      'Temporary, blocks',
    ])
  })

  test('has as many weights as samples, which add up to the end value, on frames that exist', () => {
    for (const { samples, weights, endValue } of file.profiles) {
      expect(weights.length).toBe(samples.length)
      expect(weights.reduce((a, b) => a + b, 0)).toBe(endValue)
      for (const sample of samples)
        for (const frame of sample) expect(frame).toBeLessThan(file.shared.frames.length)
    }
    expect(file.profiles[0]!.endValue).toBe(sumOf('liveBytes'))
  })

  test('leaked is the growth of the leak alone', () => {
    const leaked = file.profiles.find(({ name }) => name === 'Leaked, bytes')!
    expect(leaked.endValue).toBe(12_000 * 64)
  })

  test('metrics that aggregate mode does not know are left out', () => {
    const aggregate = structuredClone(facts)
    aggregate.processes[0]!.mode = 'aggregate'
    const { profiles } = fileSchema.parse(JSON.parse(exportSpeedscope(aggregate, verdicts)))
    expect(profiles.map(({ name }) => name).join()).not.toMatch(/peak|Temporary/)
  })
})

describe('collapsed stacks', () => {
  test('are one line a stack, root first, that adds up', () => {
    const lines = exportCollapsed(facts, verdicts).trimEnd().split('\n')
    const parts = lines.map((line) => /^(.+) (\d+)$/.exec(line)!)
    expect(parts.every((part) => part !== null)).toBe(true)
    expect(parts.reduce((total, part) => total + Number(part[2]), 0)).toBe(sumOf('liveBytes'))
    expect(parts[0]![1]!.split(';')[0]).toBe('__libc_start_main (libc.so.6)')
  })

  test('a name with a semicolon or a line break cannot make frames or stacks of its own', () => {
    const hostile = structuredClone(facts)
    const before = exportCollapsed(facts, verdicts).split('\n').length
    for (const frame of hostile.processes[0]!.frames) frame.functionName += ';\n\u2028x'
    const after = exportCollapsed(hostile, verdicts).split('\n')
    expect(after.length).toBe(before)
    expect(after[0]!.split(';').length).toBe(
      exportCollapsed(facts, verdicts).split('\n')[0]!.split(';').length,
    )
  })
})

describe('heaptrack-like text', () => {
  const text = exportHeaptrackText(facts, { limit: 2, stackLimit: 1 })

  test('has its sections in the usual order, and the totals at the end', () => {
    expect(text.match(/^[A-Z ]{12,}$/gm)).toEqual([
      'MOST CALLS TO ALLOCATION FUNCTIONS',
      'PEAK MEMORY CONSUMERS',
      'NOT FREED AT THE END',
      'MOST TEMPORARY ALLOCATIONS',
    ])
    expect(text).toMatch(/^peak heap memory consumption: /m)
  })

  test('names the caller of the allocator, not malloc', () => {
    expect(text).not.toMatch(/ from\n(malloc|calloc|realloc|operator new)/)
  })
})
