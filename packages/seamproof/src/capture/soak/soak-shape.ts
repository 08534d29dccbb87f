import type { SoakHead } from '../../contract/soak.js'

/** However long a soak is, it has no more intervals and no more rests than this: the record stays small. */
export const intervalsMax = 2000
export const restsMax = 40
const restsMin = 4
const intervalMsDefault = 10_000
const intervalMsMin = 1000
const warmupMsMin = 2000
const warmupMsMax = 180_000
export const roundMsMin = 500

/** How often a soak is looked at: for what it was asked, how long its warm-up, its intervals and its rounds are. */
export function soakShape(asked: {
  forMs: number
  intervalMs?: number | undefined
  warmupMs?: number | undefined
}): Pick<SoakHead, 'warmupMs' | 'intervalMs' | 'roundMs'> {
  const { forMs } = asked
  const warmupMs = asked.warmupMs ?? Math.min(warmupMsMax, Math.max(warmupMsMin, forMs / 20))
  const usualMs = Math.min(intervalMsDefault, Math.max(intervalMsMin, forMs / 20))
  const rests = Math.min(restsMax, Math.max(restsMin, Math.floor(forMs / roundMsMin)))
  return {
    warmupMs,
    intervalMs: Math.max(asked.intervalMs ?? usualMs, (forMs + warmupMs) / intervalsMax),
    roundMs: forMs / rests,
  }
}
