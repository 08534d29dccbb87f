import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { theilSenSlope } from '../../src/analyze/theil-sen.js'

describe('the slope by Theil and Sen', () => {
  test('is that of a line, whatever the line', () => {
    const finite = fc.integer({ min: -1_000_000, max: 1_000_000 })
    fc.assert(
      fc.property(finite, finite, fc.integer({ min: 2, max: 30 }), (slope, start, length) => {
        const xs = Array.from({ length }, (_, i) => i * 3)
        const { value, low, high } = theilSenSlope(
          xs,
          xs.map((x) => start + slope * x),
        )
        expect([value, low, high]).toEqual([slope, slope, slope])
      }),
    )
  })

  test('is not moved by one odd point', () => {
    const xs = [0, 1, 2, 3, 4, 5, 6]
    expect(theilSenSlope(xs, [0, 10, 20, 900, 40, 50, 60]).value).toBe(10)
  })

  test('has an interval around it that spans zero for noise without a trend', () => {
    const { value, low, high } = theilSenSlope([0, 1, 2, 3, 4, 5], [5, 9, 3, 8, 4, 6])
    expect(low).toBeLessThan(0)
    expect(high).toBeGreaterThan(0)
    expect(value).toBeGreaterThanOrEqual(low)
    expect(value).toBeLessThanOrEqual(high)
  })

  test('covers the true slope about as often as it says', () => {
    let state = 42
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state / 2 ** 32
    }
    const noise = () => random() + random() + random() - 1.5
    let covered = 0
    const runs = 400
    for (let run = 0; run < runs; run++) {
      const xs = Array.from({ length: 12 }, (_, i) => i)
      const { low, high } = theilSenSlope(
        xs,
        xs.map((x) => 0.5 * x + noise()),
      )
      if (low <= 0.5 && high >= 0.5) covered++
    }
    expect(covered / runs).toBeGreaterThan(0.92)
    expect(covered / runs).toBeLessThan(0.99)
  })

  test('is zero for nothing and for one point', () => {
    expect(theilSenSlope([], [])).toEqual({ value: 0, low: 0, high: 0 })
    expect(theilSenSlope([1], [5])).toEqual({ value: 0, low: 0, high: 0 })
  })
})
