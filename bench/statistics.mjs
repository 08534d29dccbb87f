// Medians, spreads and intervals. Seeded, so that an interval can be computed again from the same values.
import { interquartileRange, median, quantile } from 'simple-statistics'

function mulberry32(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Count, median, and the interquartile range as a share of the median. */
export function spreadOf(values) {
  if (values.length === 0) return undefined
  const middle = median(values)
  return {
    n: values.length,
    median: middle,
    min: Math.min(...values),
    max: Math.max(...values),
    spread: middle === 0 ? 0 : interquartileRange(values) / middle,
  }
}

/** As `ratioOf`, of the differences. */
export function differenceOf(over, under, resamples = 2000) {
  return bootstrapped(
    pairwise(over, under, (value, other) => value - other.value),
    resamples,
  )
}

/**
 * 95 % bootstrap interval of the median ratio of two interleaved series. The two are paired by round, so that what both
 * met at the same time cancels out; `over` may have fewer rounds (slow tools), and rounds that failed are left out.
 */
export function ratioOf(over, under, resamples = 2000) {
  const usable = under.filter(({ value }) => value !== 0)
  return bootstrapped(
    pairwise(over, usable, (value, other) => value / other.value),
    resamples,
  )
}

function pairwise(over, under, compare) {
  return over.flatMap(({ round, value }) => {
    const other = under.find((one) => one.round === round)
    return other === undefined ? [] : [compare(value, other)]
  })
}

function bootstrapped(values, resamples) {
  if (values.length === 0) return undefined
  const random = mulberry32(20_261_123)
  const medians = Array.from({ length: resamples }, () =>
    median(Array.from(values, () => values[Math.floor(random() * values.length)])),
  )
  return {
    n: values.length,
    median: median(values),
    // Two or three values have no interval worth the name.
    low: values.length < 4 ? undefined : quantile(medians, 0.025),
    high: values.length < 4 ? undefined : quantile(medians, 0.975),
  }
}
