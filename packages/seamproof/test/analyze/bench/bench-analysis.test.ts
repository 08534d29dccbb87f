import { describe, expect, test } from 'vitest'
import { closedLoopMeasurements } from '../../../src/analyze/bench/closed-loop-measurements.js'
import { compareLists } from '../../../src/analyze/bench/compare-lists.js'
import { crossingMeasurements } from '../../../src/analyze/bench/crossing-measurements.js'
import { flagGains, predictedSpeedup } from '../../../src/analyze/bench/flag-gains.js'
import { heapMeasurements } from '../../../src/analyze/bench/heap-measurements.js'
import { latencyMeasurements } from '../../../src/analyze/bench/latency-measurements.js'
import { sliceRate } from '../../../src/analyze/bench/slice-rate.js'
import { seededRandom } from '../../../src/analyze/statistics/seeded-random.js'
import type { ClosedLoopResult, Slices } from '../../../src/contract/bench-samples.js'
import type { LayerCrossing } from '../../../src/contract/layer.js'
import type { Measurement } from '../../../src/contract/measurement.js'
import type { Opportunity } from '../../../src/contract/opportunity.js'
import type { LatencyFigures } from '../../../src/contract/soak.js'

const evidence = { kind: 'samples', path: 'samples.json', reproduce: 'seamproof bench' } as const
const sliceCount = 40

/** Slices of a millisecond of an operation that takes so long; `waits` of them lost time to another process. */
function slices(nsPerOperation: number, waits = 0): Slices {
  const operationsPerSlice = Math.max(1, Math.round(1e6 / nsPerOperation))
  const ns = nsPerOperation * operationsPerSlice
  return {
    operationsPerSlice,
    ns: Array.from({ length: sliceCount }, (_, index) => (index < waits ? ns + 4e6 : ns)),
    waitNs: Array.from({ length: sliceCount }, (_, index) => (index < waits ? 4e6 : 0)),
  }
}

function processOf(nsPerOperation: number, more: { native?: number; waits?: number } = {}) {
  return {
    mode: 'closed',
    clockResolutionNs: 25,
    empty: slices(0.5),
    crossing: { empty: slices(8.5), threeIntegers: slices(28.5) },
    workloads: [
      {
        name: 'draw',
        isAsync: false,
        slices: slices(nsPerOperation, more.waits),
        ...(more.native === undefined ? {} : { native: slices(more.native) }),
        own: [],
      },
    ],
  } satisfies ClosedLoopResult
}

const measure = (times: number[], more?: { native?: number; waits?: number }): Measurement[] =>
  closedLoopMeasurements(
    times.map((ns) => processOf(ns, more)),
    evidence,
  )
const find = (list: readonly Measurement[], metric: string, detail?: string): Measurement =>
  list.find((one) => one.metric === metric && one.detail === detail)!

describe('slices', () => {
  test('that lost time to another process are left out', () => {
    expect(sliceRate(slices(100, 20)).nsPerOperation).toBeCloseTo(100)
    expect(sliceRate(slices(100, 20)).disturbedShare).toBe(0.5)
  })

  test('that collected garbage are part of the cost', () => {
    const some = slices(100)
    some.ns[3]! += 1e6
    expect(sliceRate(some).nsPerOperation).toBeCloseTo(100 * (1 + 1 / sliceCount))
  })

  test('nearly all disturbed are taken without the wait, and say so', () => {
    const rate = sliceRate(slices(100, 38))
    expect(rate.isDisturbed).toBe(true)
    expect(rate.nsPerOperation).toBeCloseTo(100)
  })
})

describe('a closed loop', () => {
  test('gives throughput and time, with the processes as samples', () => {
    const list = measure([98, 99, 100, 101, 102])
    expect(find(list, 'throughput')).toMatchObject({
      estimate: { value: expect.closeTo(1e7, 0) },
      sampleCount: 5,
    })
    expect(find(list, 'operation time').estimate.low).toBeGreaterThanOrEqual(98)
    expect(find(list, 'throughput').weakness).toBeUndefined()
  })

  test('gives what the seam adds where there is a native loop', () => {
    const { estimate } = find(measure([50, 50, 50, 50, 50], { native: 20 }), 'ffi overhead')
    expect(estimate.value).toBeCloseTo(30)
  })

  test.each<[string, number[], { native?: number; waits?: number } | undefined, RegExp]>([
    ['is as fast as an empty function', [0.5, 0.5, 0.5, 0.5, 0.5], undefined, /optimised it away/],
    ['has too few processes', [100, 100, 100], undefined, /3 processes are too few/],
    ['differs from process to process', [50, 80, 100, 130, 200, 300], undefined, /differ by \d+ %/],
    ['never had the processor', [100, 100, 100, 100, 100], { waits: 40 }, /other work took/],
  ])('is weak when it %s', (_, times, more, weakness) => {
    expect(find(measure(times, more), 'throughput').weakness).toMatch(weakness)
  })

  test('is weak when slices are too short for the clock', () => {
    const processes = [1, 2, 3, 4, 5].map(() => {
      const one = processOf(100)
      return { ...one, clockResolutionNs: 20_000 }
    })
    expect(find(closedLoopMeasurements(processes, evidence), 'throughput').weakness).toContain(
      'too short for a clock',
    )
  })

  test('a native loop slower than the calls is no yardstick', () => {
    expect(find(measure([50, 50, 50, 50, 50], { native: 90 }), 'ffi overhead').weakness).toContain(
      'native loop is slower',
    )
  })
})

describe('a comparison', () => {
  const random = seededRandom(5)
  /** Times of processes as this machine gives them: a few percent apart, and drifting. */
  const times = (nsPerOperation: number, count = 12): number[] =>
    Array.from(
      { length: count },
      (_, index) => nsPerOperation * (1 + index / 200 + random() * 0.02),
    )
  const compare = (before: number[], after: number[]) =>
    compareLists(
      { measurements: measure(before) },
      { measurements: measure(after) },
      { isPaired: true, noiseRatio: 0.03 },
    ).find(({ metric }) => metric === 'throughput')!

  test('of a program with itself is silent', () => {
    const outcomes = Array.from({ length: 40 }, () => compare(times(100), times(100)).outcome)
    expect(outcomes.filter((one) => one !== 'same')).toEqual([])
  })

  test('sees a planted regression of 8 %, and an improvement', () => {
    expect(compare(times(100), times(108))).toMatchObject({ outcome: 'worse', effect: 'large' })
    expect(compare(times(108), times(100)).outcome).toBe('better')
  })

  test('of too few processes decides nothing, however far apart they are', () => {
    expect(compare([100, 100, 100], [200, 200, 200]).outcome).toBe('inconclusive')
  })

  test('does not take a change within the noise for one', () => {
    expect(compare(times(100), times(101)).outcome).toBe('same')
  })

  test('of what is counted needs no statistics', () => {
    const counted = (value: number): Measurement => ({
      ...find(measure([1, 1, 1, 1, 1]), 'throughput'),
      metric: 'native allocations',
      unit: 'allocations/op',
      estimate: { value, low: value, high: value },
      samples: [value],
    })
    const outcome = (before: number, after: number) =>
      compareLists(
        { measurements: [counted(before)] },
        { measurements: [counted(after)] },
        { isPaired: false, noiseRatio: 0.1 },
      )[0]!.outcome
    expect(outcome(2, 2)).toBe('same')
    expect(outcome(0, 1)).toBe('worse')
    expect(outcome(28, 27)).toBe('better')
  })
})

describe('crossings', () => {
  const crossing = (exportName: string, more: Partial<LayerCrossing>): LayerCrossing => ({
    addonPath: '/addon.node',
    exportName,
    callCount: 0,
    totalNs: 0,
    maxNs: 0,
    apiCallCount: 0,
    bytesIn: 0,
    bytesOut: 0,
    allocationCount: 0,
    allocatedBytes: 0,
    ...more,
  })
  /** Under the layer an empty crossing takes 50 ns inside, each Node-API call 30; the function itself 200. */
  const run = (operations: number, setupCalls: number) => {
    const calls = operations * 2 + setupCalls
    return {
      operations,
      crossings: [
        crossing('empty', {
          addonPath: '/cal.node',
          callCount: 1001,
          totalNs: 50_000 + 9e6,
          maxNs: 9e6,
        }),
        crossing('threeIntegers', {
          addonPath: '/cal.node',
          callCount: 1001,
          totalNs: 170_000 + 50,
          maxNs: 50,
        }),
        crossing('draw', {
          callCount: calls,
          apiCallCount: calls * 3,
          totalNs: (calls - 1) * (50 + 3 * 30 + 200) + 4e6,
          maxNs: 4e6,
          bytesIn: calls * 11,
        }),
        crossing('open', { callCount: 1, apiCallCount: 5, totalNs: 1000 }),
      ],
    }
  }
  const list = crossingMeasurements(
    { short: run(400, 7), long: [run(1200, 7)], calibrationAddonPath: '/cal.node' },
    [1, 2, 3, 4, 5].map(() => processOf(100)),
    { name: 'draw' },
    evidence,
  )

  test('are counted per operation, without those of the set-up', () => {
    expect(find(list, 'crossings').estimate.value).toBe(2)
    expect(find(list, 'crossings', 'draw').estimate.value).toBe(2)
    expect(find(list, 'crossings', 'open')).toBeUndefined()
    expect(find(list, 'bytes copied').estimate.value).toBe(22)
  })

  test('cost what they cost without the layer, and without the one call that was interrupted', () => {
    // An empty crossing of 8 ns, three Node-API calls of 5 ns, 200 ns inside.
    expect(find(list, 'crossing cost', 'draw').estimate.value).toBeCloseTo(8 + 15 + 200)
  })

  test('take of an operation what empty ones would', () => {
    expect(find(list, 'seam overhead').estimate.value).toBeCloseTo(2 * 8 + 6 * 5)
  })

  test('that the layer did not see are not taken for none', () => {
    const blind = { operations: 400, crossings: run(400, 0).crossings.slice(0, 2) }
    expect(() =>
      crossingMeasurements(
        { short: blind, long: [blind], calibrationAddonPath: '/cal.node' },
        [],
        { name: 'draw' },
        evidence,
      ),
    ).toThrow('no call through Node-API was seen')
  })
})

describe('bytes of the JavaScript heap', () => {
  const heap = (bytes: number[]) =>
    heapMeasurements(
      {
        mode: 'heap',
        empty: { name: '', operations: 1000, bytes: [560, 560, 560] },
        workloads: [{ name: 'draw', operations: 1000, bytes }],
      },
      [],
      evidence,
    )[0]!

  test('are those of the operation, without those of measuring', () => {
    expect(heap([56_560, 56_560, 56_560]).estimate.value).toBe(56)
    expect(heap([560, 580, 560]).estimate.value).toBe(0)
  })

  test('that became fewer say that something was collected', () => {
    expect(heap([-90_000, -90_000, -90_000]).weakness).toContain('collected')
  })
})

describe('latency', () => {
  const figures = (p99Ns: number): LatencyFigures => ({
    count: 1000,
    meanNs: 1,
    p50Ns: 1,
    p90Ns: 1,
    p99Ns,
    p999Ns: p99Ns,
    p9999Ns: p99Ns,
    maxNs: p99Ns,
  })
  const segment = {
    scheduledCount: 100,
    completedCount: 90,
    wallMs: 250,
    runQueueWaitShare: 0.1,
    cpuShare: 0.3,
  }
  const latency = (ownNs: number, floorNs: number, runQueueWaitShare = 0.1) =>
    latencyMeasurements(
      Array.from({ length: 5 }, () => ({
        name: 'draw',
        ratePerS: 200_000,
        latency: figures(ownNs),
        service: figures(1),
        latencyHdr: '',
        segments: [{ ...segment, runQueueWaitShare }],
        eventLoopUtilization: 0.3,
        floor: { latency: figures(floorNs), latencyHdr: '', segments: [segment] },
      })),
      { name: 'draw' },
      evidence,
    )

  test('is the subject’s own where an empty operation takes much less', () => {
    const list = latency(1e6, 1e5)
    expect(find(list, 'latency p99', 'at 200k/s').weakness).toBeUndefined()
    expect(find(list, 'rate held', 'at 200k/s').estimate.value).toBe(0.9)
    expect(find(list, 'run-queue wait', 'at 200k/s').estimate.value).toBeCloseTo(0.1)
  })

  test('is the machine’s own where the process waited for a processor much of the time', () => {
    expect(find(latency(1e6, 1e5, 0.6), 'latency p99', 'at 200k/s').weakness).toContain(
      'had to wait for a processor 60 % of the time',
    )
  })

  test('that an empty operation has as well is the machine’s, and only makes it worse', () => {
    expect(find(latency(1e6, 9e5), 'latency p99', 'at 200k/s')).toMatchObject({
      weakness: expect.stringContaining('machine’s own'),
      isPessimistic: true,
    })
  })
})

describe('the gain of a flag', () => {
  test('is formed pair by pair', () => {
    const off = { measurements: measure([100, 200, 300, 400, 500], { native: 10 }) }
    const on = { measurements: measure([50, 100, 150, 200, 250], { native: 10 }) }
    const gains = flagGains('simd', off, on)
    expect(find(gains, 'speedup', 'simd').estimate).toEqual({
      value: expect.closeTo(2),
      low: expect.closeTo(2),
      high: expect.closeTo(2),
    })
    // (100 − 10) became (50 − 10), and so on.
    expect(find(gains, 'overhead reduction', 'simd').estimate.value).toBeCloseTo(1 - 140 / 290)
  })

  test('predicted from opportunities is what Amdahl leaves', () => {
    const half = (kind: Opportunity['kind']) =>
      ({
        kind,
        predictedGain: { value: 0.25, low: 0.2, high: 0.3 },
        assumption: 'all of it',
      }) as Opportunity
    const [gain] = predictedSpeedup([half('batching'), half('batching'), half('gc')], 'batching')
    expect(gain!.ratio).toBeCloseTo(2)
    expect(predictedSpeedup([half('gc')], 'pooling')).toEqual([])
  })
})
