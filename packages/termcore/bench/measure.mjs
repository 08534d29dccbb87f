// Interleaved measuring: short slices, all cases in turn, order rotated, medians with intervals.
import { median, quantileSorted } from 'simple-statistics'

/** Seeded, so that an interval can be computed again. */
function mulberry32(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** 95 % bootstrap interval of the median. */
export function medianInterval(values, resamples = 1000, seed = 20_260) {
  const random = mulberry32(seed)
  const medians = Array.from({ length: resamples }, () =>
    median(Array.from(values, () => values[Math.floor(random() * values.length)])),
  ).sort((a, b) => a - b)
  return {
    median: median(values),
    min: values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
    low: quantileSorted(medians, 0.025),
    high: quantileSorted(medians, 0.975),
    n: values.length,
  }
}

/** Ratio of two cases, round by round: what both met in the same millisecond cancels out. */
export const medianRatio = (over, under) =>
  medianInterval(over.map((value, index) => value / under[index]))

/**
 * Cases are `{ name, run(iterations) }`; `run` may return its own nanoseconds (thread CPU time, say).
 * `clockNs`: this thread's CPU time, so that waiting for a CPU is not part of an operation's cost.
 * Gives nanoseconds per iteration, one value a round and case.
 */
export function measure(cases, clockNs, { rounds = 61, sliceMs = 1, warmUpMs = 40 } = {}) {
  const timed = (one, iterations) => {
    const before = clockNs()
    const own = one.run(iterations)
    const elapsed = clockNs() - before
    return typeof own === 'number' ? own : elapsed
  }
  // The best of the warm-up decides how long a slice is: one that was preempted would make slices so
  // short that reading the clock is what they measure.
  const iterations = cases.map((one) => {
    const quantum = one.quantum ?? 1
    let count = quantum
    let best = Number.POSITIVE_INFINITY
    const end = performance.now() + warmUpMs
    for (let sample = 0; sample < 24 || performance.now() < end; sample++) {
      const elapsed = timed(one, count)
      best = Math.min(best, elapsed / count)
      if (elapsed < sliceMs * 5e5) count *= 2
    }
    return Math.max(1, Math.round((sliceMs * 1e6) / Math.max(best, 1e-3) / quantum)) * quantum
  })
  const results = cases.map(() => [])
  for (let round = 0; round < rounds; round++)
    for (let step = 0; step < cases.length; step++) {
      const index = (round + step) % cases.length
      results[index].push(timed(cases[index], iterations[index]) / iterations[index])
    }
  return Object.fromEntries(cases.map((one, index) => [one.name, results[index]]))
}
