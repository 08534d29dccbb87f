import type { Estimate } from '../contract/facts.js'

/** Fewer hits than this say that something is there, and not how much. */
const hitMin = 10
/** A share whose interval is wider than itself ranks by chance. */
const widthMax = 1

const z = 1.959964

/** Whether a share is known well enough to rank by. */
export const isEnough = (hitCount: number, { value, low, high }: Estimate): boolean =>
  hitCount >= hitMin && high - low <= widthMax * value

/** How many samples would bring the half-width of the interval to a quarter of the share. */
export const samplesNeeded = (share: number): number =>
  share <= 0 ? Number.POSITIVE_INFINITY : Math.ceil(((z / 0.25) ** 2 * (1 - share)) / share)

/** Seconds more of the same, rounded up to what a person would type; undefined when nothing was seen at all. */
export function secondsNeeded(
  share: number,
  sampleCount: number,
  durationNs: number,
): number | undefined {
  if (sampleCount === 0 || durationNs <= 0) return undefined
  const missing = samplesNeeded(share) - sampleCount
  if (!Number.isFinite(missing)) return undefined
  const seconds = (Math.max(0, missing) / sampleCount) * (durationNs / 1e9)
  return Math.max(1, Math.ceil(seconds))
}
