import { build, type Histogram } from 'hdr-histogram-js'
import type { LatencyFigures } from '../contract/soak.js'

/** Holds a nanosecond to half an hour, at three digits; all latencies are kept in one of this shape, so they can be added. */
export const emptyLatencyHistogram = (bitBucketSize: 32 | 64): Histogram =>
  build({
    bitBucketSize,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: 2 ** 41,
    numberOfSignificantValueDigits: 3,
  })

export interface LatencySums {
  total: number
  sumNs: number
  maxNs: number
}

export function latencyFigures(
  histogram: Histogram,
  { total, sumNs, maxNs }: LatencySums,
): LatencyFigures {
  // A bucket's upper end may lie above everything that was seen.
  const at = (percentile: number) =>
    total === 0 ? 0 : Math.min(maxNs, histogram.getValueAtPercentile(percentile))
  return {
    count: total,
    meanNs: total === 0 ? 0 : sumNs / total,
    p50Ns: at(50),
    p90Ns: at(90),
    p99Ns: at(99),
    p999Ns: at(99.9),
    p9999Ns: at(99.99),
    maxNs,
  }
}
