import { encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'
import { emptyLatencyHistogram, latencyFigures } from '../../base/latency-figures.js'
import type { LatencyFigures } from '../../contract/soak.js'
import { type LatencyCounts, slotValueNs } from './latency-counts.js'

/** The HDR histogram of what was counted. */
export function hdrOf(slots: Uint32Array): Histogram {
  const histogram = emptyLatencyHistogram(32)
  for (const [slot, count] of slots.entries())
    if (count > 0) histogram.recordValueWithCount(Math.max(1, slotValueNs(slot)), count)
  return histogram
}

/** HDR's own format (V2, compressed, base64), which every HDR tool reads. */
export const encodeHdr = (histogram: Histogram): string => encodeIntoCompressedBase64(histogram, 9)

export const figuresOf = (counts: LatencyCounts): LatencyFigures =>
  latencyFigures(hdrOf(counts.slots), counts)
