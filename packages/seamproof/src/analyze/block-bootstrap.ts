import type { Estimate } from '../contract/facts.js'
import { theilSenSlope } from './theil-sen.js'

/** All pairs of this many points are formed some hundred times. */
const pointsMax = 80
const resampleCount = 400
const seed = 20_261_123

export interface Line {
  slope: Estimate
  /** Of the fitted line at the first point. */
  start: number
}

/**
 * A line through a series whose neighbours resemble each other, as memory's do. The slope is Theil and Sen's; its interval at
 * 95 % comes from a circular block bootstrap of what the line leaves over: blocks keep the resemblance, which the usual
 * interval would take for many independent points and be too narrow (H. R. Künsch, Annals of Statistics 17, 1989).
 */
export function fitLine(xs: readonly number[], ys: readonly number[]): Line {
  const { x, y } = binned(xs, ys)
  if (x.length < 2) return { slope: { value: 0, low: 0, high: 0 }, start: y[0] ?? 0 }
  const value = theilSenSlope(x, y).value
  const start = medianOf(y.map((one, index) => one - value * (x[index]! - x[0]!)))
  const rests = y.map((one, index) => one - start - value * (x[index]! - x[0]!))
  if (rests.every((rest) => rest === 0)) return { slope: { value, low: value, high: value }, start }
  const block = blockLength(rests)
  const random = generator(seed)
  const slopes = Array.from({ length: resampleCount }, () => {
    const drawn = drawBlocks(rests, block, random)
    return theilSenSlope(
      x,
      drawn.map((rest, index) => start + value * (x[index]! - x[0]!) + rest),
    ).value
  }).sort((a, b) => a - b)
  const low = slopes[Math.floor(resampleCount * 0.025)]!
  const high = slopes[Math.ceil(resampleCount * 0.975) - 1]!
  return { slope: { value, low: Math.min(low, value), high: Math.max(high, value) }, start }
}

/** Neighbours are put together, by their mean: the trend stays, and the number of pairs does not grow with the soak. */
function binned(xs: readonly number[], ys: readonly number[]): { x: number[]; y: number[] } {
  const size = Math.ceil(xs.length / pointsMax)
  if (size <= 1) return { x: [...xs], y: [...ys] }
  const x: number[] = []
  const y: number[] = []
  for (let from = 0; from < xs.length; from += size) {
    x.push(meanOf(xs.slice(from, from + size)))
    y.push(meanOf(ys.slice(from, from + size)))
  }
  return { x, y }
}

/** For a series that follows its predecessor with this correlation (E. Carlstein, Annals of Statistics 14, 1986). */
function blockLength(rests: readonly number[]): number {
  const mean = meanOf(rests)
  let together = 0
  let alone = 0
  rests.forEach((rest, index) => {
    alone += (rest - mean) ** 2
    if (index > 0) together += (rest - mean) * (rests[index - 1]! - mean)
  })
  const correlation = alone > 0 ? Math.min(0.95, Math.abs(together / alone)) : 0
  const length = ((2 * correlation) / (1 - correlation ** 2)) ** (2 / 3) * rests.length ** (1 / 3)
  return Math.max(1, Math.min(Math.floor(rests.length / 3), Math.ceil(length)))
}

function drawBlocks(rests: readonly number[], block: number, random: () => number): number[] {
  const drawn: number[] = []
  while (drawn.length < rests.length) {
    const from = Math.floor(random() * rests.length)
    for (let i = 0; i < block && drawn.length < rests.length; i++)
      drawn.push(rests[(from + i) % rests.length]!)
  }
  return drawn
}

/** The same numbers every time: an interval can be computed again from the record (xorshift32). */
function generator(from: number): () => number {
  let state = from
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >>> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
