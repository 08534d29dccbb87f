import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'
import type { LatencyFigures } from '../../contract/soak.js'
import { type LatencyCounts, slotValueNs } from './latency-counts.js'

/** The HDR histogram of what was counted, a nanosecond to half an hour, at three digits. */
export function hdrOf(slots: Uint32Array): Histogram {
  const histogram = build({
    bitBucketSize: 32,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: 2 ** 41,
    numberOfSignificantValueDigits: 3,
  })
  for (const [slot, count] of slots.entries())
    if (count > 0) histogram.recordValueWithCount(Math.max(1, slotValueNs(slot)), count)
  return histogram
}

/** HDR's own format (V2, compressed, base64), which every HDR tool reads. */
export const encodeHdr = (histogram: Histogram): string => encodeIntoCompressedBase64(histogram, 9)

export interface LatencySums {
  total: number
  sumNs: number
  maxNs: number
}

export function latencyFigures(
  histogram: Histogram,
  { total, sumNs, maxNs }: LatencySums,
): LatencyFigures {
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

export const figuresOf = (counts: LatencyCounts): LatencyFigures =>
  latencyFigures(hdrOf(counts.slots), counts)
