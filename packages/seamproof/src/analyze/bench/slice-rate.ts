import { mean, median } from 'simple-statistics'
import type { Slices } from '../../contract/bench-samples.js'

/** What one process says of one loop. */
export interface SliceRate {
  nsPerOperation: number
  /** Share of the slices in which the thread had to wait for a processor. */
  disturbedShare: number
  /** Too few slices were undisturbed: the waiting was taken off those that there are, which is less exact. */
  isDisturbed: boolean
  /** Time of the later half ÷ that of the earlier: well below 1, the loop was still getting faster. */
  halvesRatio: number
}

/** A slice counts as undisturbed when the thread waited for less than this share of it. */
const waitShareMax = 0.02
const undisturbedMin = 7
const ownShareMin = 0.1

/**
 * Nanoseconds per operation: the mean of the slices in which nobody else had the processor. A mean, since collections of
 * garbage fall into some slices and belong to the cost; a median would leave them out.
 */
export function sliceRate({ operationsPerSlice, ns, waitNs }: Slices): SliceRate {
  const kept = ns.filter((time, index) => waitNs[index]! <= time * waitShareMax)
  const isDisturbed = kept.length < Math.min(undisturbedMin, ns.length)
  const series = isDisturbed ? withoutWait(ns, waitNs) : kept
  const used = isDisturbed ? median(series) : mean(series)
  const half = Math.floor(series.length / 2)
  return {
    nsPerOperation: used / operationsPerSlice,
    disturbedShare: 1 - kept.length / ns.length,
    isDisturbed,
    halvesRatio: half < 4 ? 1 : median(series.slice(half)) / median(series.slice(0, half)),
  }
}

/** Some of the waiting may lie before or after the slice, where the clock was read: slices that would vanish are left out. */
function withoutWait(ns: readonly number[], waitNs: readonly number[]): number[] {
  const left = ns
    .map((time, index) => ({ time, own: time - waitNs[index]! }))
    .filter(({ time, own }) => own > time * ownShareMin)
    .map(({ own }) => own)
  return left.length > 0 ? left : [...ns]
}
