import type { Estimate } from '../contract/facts.js'

/** 97.5 % point of the normal distribution: two sides make 95 %. */
const normalQuantile = 1.959964

/**
 * Slope of a series by Theil and Sen: the median of the slopes between all pairs of points, which one odd round cannot
 * move. The interval at 95 % takes order statistics of those slopes, as far from the middle as Kendall's rank correlation
 * would stray for a series without a trend (P. K. Sen, Journal of the American Statistical Association 63, 1968,
 * pp. 1379–1389; worked out in R. O. Gilbert, Statistical Methods for Environmental Pollution Monitoring, 1987, §16.5).
 */
export function theilSenSlope(xs: readonly number[], ys: readonly number[]): Estimate {
  const slopes = pairSlopes(xs, ys)
  const count = slopes.length
  if (count === 0) return { value: 0, low: 0, high: 0 }
  const value = quantileAt(slopes, (count - 1) / 2)
  const reach = normalQuantile * Math.sqrt(kendallVariance(ys))
  // Ranks count from 1 in Gilbert: the (count − reach)/2-th slope and the one after the (count + reach)/2-th.
  const low = quantileAt(slopes, (count - reach) / 2 - 1)
  const high = quantileAt(slopes, (count + reach) / 2)
  return { value, low, high }
}

function pairSlopes(xs: readonly number[], ys: readonly number[]): Float64Array {
  const length = Math.min(xs.length, ys.length)
  const slopes = new Float64Array((length * (length - 1)) / 2)
  let count = 0
  for (let i = 0; i < length; i++)
    for (let j = i + 1; j < length; j++) {
      const run = xs[j]! - xs[i]!
      if (run > 0) slopes[count++] = (ys[j]! - ys[i]!) / run
    }
  return slopes.subarray(0, count).sort()
}

/** Variance of Kendall's S without a trend, with the correction for values that are equal. */
function kendallVariance(ys: readonly number[]): number {
  const term = (n: number) => n * (n - 1) * (2 * n + 5)
  const tied = new Map<number, number>()
  for (const y of ys) tied.set(y, (tied.get(y) ?? 0) + 1)
  let sum = term(ys.length)
  for (const count of tied.values()) sum -= term(count)
  return sum / 18
}

/** Between two slopes where the rank falls between them; the outermost slope where it falls outside. */
function quantileAt(sorted: Float64Array, rank: number): number {
  const clamped = Math.min(sorted.length - 1, Math.max(0, rank))
  const below = Math.floor(clamped)
  const low = sorted[below]!
  const high = sorted[Math.min(sorted.length - 1, below + 1)]!
  return low + (high - low) * (clamped - below)
}

/** Series longer than this are thinned before all pairs are formed. */
const pointsMax = 400

export function slopeOf(xs: readonly number[], ys: readonly number[]): Estimate {
  if (ys.every((y) => y === ys[0])) return { value: 0, low: 0, high: 0 }
  if (xs.length <= pointsMax) return theilSenSlope(xs, ys)
  const step = Math.ceil(xs.length / pointsMax)
  const isKept = (_: number, index: number) => index % step === 0
  return theilSenSlope(xs.filter(isKept), ys.filter(isKept))
}
