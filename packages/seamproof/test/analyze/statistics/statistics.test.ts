import fc from 'fast-check'
import { median } from 'simple-statistics'
import { describe, expect, test } from 'vitest'
import {
  medianEstimate,
  pairedRatio,
  unpairedRatio,
} from '../../../src/analyze/statistics/bootstrap.js'
import { cliffsDelta, effectSize } from '../../../src/analyze/statistics/cliffs-delta.js'
import { mannWhitneyP } from '../../../src/analyze/statistics/mann-whitney.js'
import { relativeSpread } from '../../../src/analyze/statistics/relative-spread.js'
import { seededRandom } from '../../../src/analyze/statistics/seeded-random.js'

const sample = fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), {
  minLength: 2,
  maxLength: 30,
})

/** Sum of twelve uniform numbers: near enough to a bell. */
function bell(random: () => number, mean: number, deviation: number): number {
  let sum = -6
  for (let i = 0; i < 12; i++) sum += random()
  return mean + sum * deviation
}

describe('medianEstimate', () => {
  test('is the median, inside an interval inside the values', () => {
    fc.assert(
      fc.property(sample, (values) => {
        const { value, low, high } = medianEstimate(values)
        expect(value).toBe(median(values))
        expect(low).toBeLessThanOrEqual(value)
        expect(high).toBeGreaterThanOrEqual(value)
        expect(low).toBeGreaterThanOrEqual(Math.min(...values))
        expect(high).toBeLessThanOrEqual(Math.max(...values))
      }),
      { numRuns: 40 },
    )
  })

  test('gives the same interval for the same values', () => {
    const values = [4, 8, 15, 16, 23, 42]
    expect(medianEstimate(values)).toEqual(medianEstimate(values))
  })

  test('holds the true median in about 95 of 100 samples', () => {
    const random = seededRandom(7)
    let held = 0
    const trials = 300
    for (let trial = 0; trial < trials; trial++) {
      const { low, high } = medianEstimate(Array.from({ length: 15 }, () => bell(random, 100, 5)))
      if (low <= 100 && high >= 100) held++
    }
    expect(held / trials).toBeGreaterThan(0.9)
    expect(held / trials).toBeLessThan(0.995)
  })

  test('has no width for a single value', () => {
    expect(medianEstimate([3])).toEqual({ value: 3, low: 3, high: 3 })
  })
})

describe('ratios', () => {
  test('pairs what was measured side by side: a drift of both leaves the ratio exact', () => {
    const under = [100, 200, 300, 400, 500, 600]
    expect(
      pairedRatio(
        under.map((value) => value * 1.1),
        under,
      ),
    ).toEqual({
      value: expect.closeTo(1.1),
      low: expect.closeTo(1.1),
      high: expect.closeTo(1.1),
    })
  })

  test('without pairs the same drift makes the interval wide', () => {
    const under = [100, 200, 300, 400, 500, 600]
    const { low, high } = unpairedRatio(
      under.map((value) => value * 1.1),
      under,
    )
    expect(low).toBeLessThan(0.8)
    expect(high).toBeGreaterThan(1.4)
  })

  test('of a sample to itself holds 1', () => {
    fc.assert(
      fc.property(sample, (values) => {
        expect(pairedRatio(values, values)).toEqual({ value: 1, low: 1, high: 1 })
        expect(unpairedRatio(values, values).value).toBe(1)
      }),
      { numRuns: 20 },
    )
  })
})

describe('mannWhitneyP', () => {
  // Values as published for these samples: R's wilcox.test and SciPy's mannwhitneyu agree on them.
  test.each([
    [[1, 2, 3], [4, 5, 6], 0.1],
    [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 0.007936507936507936],
    [[19, 22, 16, 29, 24], [20, 11, 17, 12], 0.1111111111],
    [[1, 4], [2, 3], 1],
  ])('is exact for small samples: %j and %j', (left, right, p) => {
    expect(mannWhitneyP(left, right)).toBeCloseTo(p, 8)
  })

  test('corrects for ties', () => {
    // By hand: U = 1 of 25, tie term 36, so z = (11.5 + 0.5 − 1) ÷ √22.083 = 2.3408.
    expect(mannWhitneyP([1, 2, 2, 3, 3], [3, 4, 4, 5, 6])).toBeCloseTo(0.01924, 4)
  })

  test('is the same whichever sample comes first, and lies in 0 to 1', () => {
    fc.assert(
      fc.property(sample, sample, (left, right) => {
        const p = mannWhitneyP(left, right)
        expect(p).toBeGreaterThanOrEqual(0)
        expect(p).toBeLessThanOrEqual(1)
        expect(mannWhitneyP(right, left)).toBeCloseTo(p, 10)
      }),
      { numRuns: 40 },
    )
  })

  test('the approximation for large samples meets the exact value where both can be had', () => {
    const random = seededRandom(3)
    const left = Array.from({ length: 30 }, () => bell(random, 100, 5))
    const right = Array.from({ length: 30 }, () => bell(random, 103, 5))
    // One more value makes the product of sizes exceed what is counted exactly.
    const exact = mannWhitneyP(left, right)
    const approximate = mannWhitneyP([...left, 101.5], right)
    expect(approximate / exact).toBeGreaterThan(0.5)
    expect(approximate / exact).toBeLessThan(2)
  })

  test('seldom calls two samples of one distribution different', () => {
    const random = seededRandom(11)
    const draw = () => Array.from({ length: 10 }, () => bell(random, 50, 2))
    const alarms = Array.from({ length: 400 }, () => mannWhitneyP(draw(), draw()) < 0.05)
    expect(alarms.filter(Boolean).length / 400).toBeLessThan(0.08)
  })
})

describe('cliffsDelta', () => {
  test('is 1 where all are larger, −1 where all are smaller, 0 for the same', () => {
    expect(cliffsDelta([4, 5], [1, 2])).toBe(1)
    expect(cliffsDelta([1, 2], [4, 5])).toBe(-1)
    expect(cliffsDelta([1, 2, 3], [1, 2, 3])).toBe(0)
  })

  test('counts pairs', () => {
    expect(cliffsDelta([1, 3], [2, 2])).toBe(0)
    expect(cliffsDelta([1, 3, 3], [2])).toBeCloseTo(1 / 3)
    expect(effectSize(1 / 3)).toBe('medium')
    expect(effectSize(0.1)).toBe('negligible')
  })

  test('turns its sign with the samples', () => {
    fc.assert(
      fc.property(sample, sample, (left, right) => {
        expect(cliffsDelta(left, right)).toBeCloseTo(-cliffsDelta(right, left), 12)
      }),
    )
  })
})

describe('relativeSpread', () => {
  test('is the typical deviation as a share of the median', () => {
    expect(relativeSpread([90, 100, 110])).toBeCloseTo(0.1)
    expect(relativeSpread([5, 5, 5])).toBe(0)
    expect(relativeSpread([5])).toBe(0)
    expect(relativeSpread([-1, 0, 1])).toBe(Number.POSITIVE_INFINITY)
  })
})
