import type { Estimate } from '../contract/facts.js'
import { timeShare } from './wilson-interval.js'

/**
 * Difference of two shares with its interval at 95 %, from the intervals of the two (Newcombe's hybrid): holds where a share
 * is near 0, as those of new code are.
 */
export function shareDifference(
  before: { ns: number; allNs: number; sampleCount: number },
  after: { ns: number; allNs: number; sampleCount: number },
): Estimate {
  const left = timeShare(before.ns, before.allNs, before.sampleCount)
  const right = timeShare(after.ns, after.allNs, after.sampleCount)
  const value = right.value - left.value
  return {
    value,
    low: value - Math.hypot(right.value - right.low, left.high - left.value),
    high: value + Math.hypot(right.high - right.value, left.value - left.low),
  }
}
