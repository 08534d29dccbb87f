/** Percentiles of how long calls took, from a histogram of all of them. */
import { wilsonInterval } from '../base/wilson-interval.js'
import type { Estimate } from '../contract/facts.js'
import type { LayerCrossing } from '../contract/layer.js'

/** With fewer calls the 99th percentile is their longest. */
const callsMin = 100

type Latencies = NonNullable<LayerCrossing['latencies']>

/** Undefined where there are too few calls. The interval is that of the rank: distribution-free. */
export function callLatencies(
  latencies: Latencies,
): { p50: Estimate; p90: Estimate; p99: Estimate } | undefined {
  const callCount = latencies.reduce((sum, { count }) => sum + count, 0)
  if (callCount < callsMin) return undefined
  const at = (share: number): Estimate => {
    const rank = wilsonInterval(share * callCount, callCount)
    return {
      value: quantile(latencies, share * callCount),
      low: quantile(latencies, rank.low * callCount),
      high: quantile(latencies, rank.high * callCount),
    }
  }
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
}

/** Length of the call of this rank, counted from the shortest. */
function quantile(latencies: Latencies, rank: number): number {
  let seen = 0
  for (const { ns, count } of latencies) {
    seen += count
    if (seen >= rank) return ns
  }
  return latencies.at(-1)?.ns ?? 0
}
