import { median, quantileSorted } from 'simple-statistics'
import type { Estimate } from '../../contract/facts.js'
import { seededRandom } from './seeded-random.js'

const resampleCount = 2000
const seed = 20_261_123
const tails = [0.025, 0.975] as const

/** Median with its 95 % interval (percentile bootstrap). One value has no interval: it is given as wide as it is. */
export function medianEstimate(values: readonly number[]): Estimate {
  return estimate(median([...values]), values.length, (pick) =>
    median(values.map(() => pick(values))),
  )
}

/**
 * How many times as much `over` is as `under`, with its 95 % interval. The two took turns: what is at the same place met the
 * same machine, so the ratio is formed pair by pair, and what both met cancels out.
 */
export function pairedRatio(over: readonly number[], under: readonly number[]): Estimate {
  const ratios = over
    .slice(0, under.length)
    .map((value, index) => value / under[index]!)
    .filter(Number.isFinite)
  return medianEstimate(ratios)
}

/** Ratio of two medians, measured at different times: nothing is paired, each side is drawn on its own. */
export function unpairedRatio(over: readonly number[], under: readonly number[]): Estimate {
  const ratio = (a: number[], b: number[]) => median(a) / median(b)
  return estimate(ratio([...over], [...under]), Math.min(over.length, under.length), (pick) =>
    ratio(
      over.map(() => pick(over)),
      under.map(() => pick(under)),
    ),
  )
}

type Pick = (values: readonly number[]) => number

function estimate(value: number, count: number, draw: (pick: Pick) => number): Estimate {
  if (count < 2) return { value, low: value, high: value }
  const random = seededRandom(seed)
  const pick: Pick = (values) => values[Math.floor(random() * values.length)]!
  const drawn = Array.from({ length: resampleCount }, () => draw(pick)).sort((a, b) => a - b)
  return { value, low: quantileSorted(drawn, tails[0]), high: quantileSorted(drawn, tails[1]) }
}
