import { describe, expect, it } from 'vitest'
import { fitLine } from '../../src/analyze/block-bootstrap.js'

const times = Array.from({ length: 60 }, (_, index) => index * 10)

/** Each follows its predecessor, as memory does; the same numbers every time. */
function wandering(trend: number): number[] {
  let state = 7
  let level = 0
  return times.map((time) => {
    state = (state * 1103515245 + 12345) % 2 ** 31
    level = 0.8 * level + (state / 2 ** 31 - 0.5) * 100
    return 10_000 + trend * time + level
  })
}

describe('a line through a series', () => {
  it('is exact where the series is', () => {
    const { slope, start } = fitLine(
      times,
      times.map((time) => 500 + 3 * time),
    )
    expect(slope).toEqual({ value: 3, low: 3, high: 3 })
    expect(start).toBe(500)
  })

  it('has an interval that holds the trend of a series that wanders', () => {
    const { slope } = fitLine(times, wandering(2))
    expect(slope.low).toBeLessThanOrEqual(2)
    expect(slope.high).toBeGreaterThanOrEqual(2)
    expect(slope.low).toBeGreaterThan(0)
  })

  it('does not call wandering a trend', () => {
    const { slope } = fitLine(times, wandering(0))
    expect(slope.low).toBeLessThanOrEqual(0)
    expect(slope.high).toBeGreaterThanOrEqual(0)
  })

  it('is not moved by one odd measurement', () => {
    const series = times.map((time) => 500 + 3 * time)
    series[30] = 1e9
    expect(fitLine(times, series).slope.value).toBeCloseTo(3, 1)
  })

  it('has no slope where there is one point', () => {
    expect(fitLine([1], [5])).toEqual({ slope: { value: 0, low: 0, high: 0 }, start: 5 })
  })
})
