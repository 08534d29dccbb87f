import type { Ticker } from '@seamproof/agent/ticker'
import type { Slices } from '../../contract/bench-samples.js'
import { isThenable } from './burst.js'
import { schedulerTimes } from './scheduler-times.js'

/** One loop that is measured. */
export interface BenchCase {
  burst(count: number): unknown
  isAsync?: boolean
}

interface Prepared {
  one: BenchCase
  slices: Slices
  roundCount: number
}

/** Shorter than a turn of the scheduler: most slices are then not disturbed at all, and those that are can be told. */
const sliceNs = 1e6
const warmUpMs = 200
const warmUpBurstsMin = 12
const roundsMin = 7
const roundsMax = 4001
/** A machine that others use gives its time late: so many times the time that was asked for is enough. */
const overtimeMax = 3

export class SliceClock {
  readonly #ticker: Ticker

  constructor(ticker: Ticker) {
    this.#ticker = ticker
  }

  nowNs(): number {
    this.#ticker.clock()
    return this.#ticker.cell[0]!
  }

  /** The least that two readings differ by. */
  resolutionNs(): number {
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < 2000; i++) {
      const before = this.nowNs()
      const elapsed = this.nowNs() - before
      if (elapsed > 0 && elapsed < least) least = elapsed
    }
    return Number.isFinite(least) ? least : 0
  }

  async time(one: BenchCase, count: number): Promise<number> {
    const before = this.nowNs()
    const outcome = one.burst(count)
    if (isThenable(outcome)) {
      await outcome
      one.isAsync = true
    }
    return this.nowNs() - before
  }
}

/**
 * Slices of about a millisecond, all cases in turn, each round beginning with another one: what is slow for a while is slow
 * for all alike. Every case gets the same share of the time; slow ones take part in some rounds only.
 */
export async function measureInTurns(
  cases: readonly BenchCase[],
  clock: SliceClock,
  measureMs: number,
): Promise<Slices[]> {
  const prepared: Prepared[] = []
  for (const one of cases) prepared.push(await prepare(one, clock, measureMs / cases.length))
  const rounds = Math.max(...prepared.map((one) => one.roundCount))
  const startNs = clock.nowNs()
  const isLate = () =>
    clock.nowNs() - startNs > overtimeMax * measureMs * 1e6 &&
    prepared.every(({ slices }) => slices.ns.length >= roundsMin)
  for (let round = 0; round < rounds && !isLate(); round++)
    for (let step = 0; step < prepared.length; step++) {
      const current = prepared[(round + step) % prepared.length]!
      if (!takesPart(current, round, rounds)) continue
      const waitBefore = schedulerTimes().waitNs
      const ns = await clock.time(current.one, current.slices.operationsPerSlice)
      current.slices.ns.push(ns)
      current.slices.waitNs.push(schedulerTimes().waitNs - waitBefore)
      // Finalizers run between turns of the event loop; the next slice is not to pay for what this one left.
      await nextTurn()
    }
  return prepared.map((one) => one.slices)
}

/** `roundCount` of `rounds`, evenly spread. */
function takesPart({ roundCount }: Prepared, round: number, rounds: number): boolean {
  return Math.floor(((round + 1) * roundCount) / rounds) > Math.floor((round * roundCount) / rounds)
}

/**
 * Warms up, and finds how many operations make a slice: by the best burst, since one that was disturbed would make it too
 * short; but no more than twice what was seen to be quick, since some operations are only slow now and then.
 */
async function prepare(one: BenchCase, clock: SliceClock, shareMs: number): Promise<Prepared> {
  let count = 1
  let bestNs = Number.POSITIVE_INFINITY
  let totalNs = 0
  let total = 0
  const endNs = clock.nowNs() + warmUpMs * 1e6
  for (let burst = 0; burst < warmUpBurstsMin || clock.nowNs() < endNs; burst++) {
    const ns = await clock.time(one, count)
    bestNs = Math.min(bestNs, ns / count)
    totalNs += ns
    total += count
    if (ns < sliceNs / 2) count *= 2
    else if (clock.nowNs() > endNs && ns > 50 * sliceNs) break
    await nextTurn()
  }
  const wanted = Math.round(sliceNs / Math.max(bestNs, 1e-3))
  const operationsPerSlice = Math.max(1, Math.min(wanted, count * 2))
  const usualNs = operationsPerSlice === wanted ? bestNs : totalNs / total
  const roundCount = Math.round((shareMs * 1e6) / (usualNs * operationsPerSlice))
  return {
    one,
    slices: { operationsPerSlice, ns: [], waitNs: [] },
    roundCount: Math.min(roundsMax, Math.max(roundsMin, roundCount)),
  }
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
