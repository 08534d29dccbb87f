import type { Estimate } from '../contract/facts.js'

/** Two-sided, 95 %. */
const z = 1.959964

/**
 * Share of time. Samples may weigh differently, so it is not that of their number; the interval is that of as many equal ones.
 */
export const timeShare = (ns: number, allNs: number, sampleCount: number): Estimate =>
  wilsonInterval(allNs <= 0 ? 0 : (ns / allNs) * sampleCount, sampleCount)

/**
 * Share of hits among samples with its Wilson interval at 95 %: holds for few samples and for shares near 0 and 1, where the
 * usual ± does not. Without samples nothing is known.
 */
export function wilsonInterval(hitCount: number, sampleCount: number): Estimate {
  if (sampleCount <= 0) return { value: 0, low: 0, high: 1 }
  const share = Math.min(1, Math.max(0, hitCount / sampleCount))
  const scale = 1 + (z * z) / sampleCount
  const centre = (share + (z * z) / (2 * sampleCount)) / scale
  const half =
    (z * Math.sqrt((share * (1 - share)) / sampleCount + (z * z) / (4 * sampleCount ** 2))) / scale
  return {
    value: share,
    low: Math.min(share, Math.max(0, centre - half)),
    high: Math.max(share, Math.min(1, centre + half)),
  }
}
