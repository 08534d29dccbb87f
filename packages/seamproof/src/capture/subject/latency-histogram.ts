import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'

/** A nanosecond to twenty minutes at three digits: what waits longer than that is counted as twenty minutes. */
const longestNs = 1.2e12

export class LatencyHistogram {
  readonly #histogram: Histogram = build({
    bitBucketSize: 32,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: longestNs,
    numberOfSignificantValueDigits: 3,
  })

  record(ns: number): void {
    this.#histogram.recordValue(ns < 1 ? 1 : ns > longestNs ? longestNs : Math.floor(ns))
  }

  recordMany(ns: number, count: number): void {
    this.#histogram.recordValueWithCount(
      Math.floor(Math.min(longestNs, Math.max(1, ns))),
      Math.floor(count),
    )
  }

  /** HDR's own format (V2, compressed, base64), which every HDR tool reads. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram, 1)
  }

  get count(): number {
    return this.#histogram.totalCount
  }

  percentileNs(percentile: number): number {
    return this.#histogram.totalCount === 0 ? 0 : this.#histogram.getValueAtPercentile(percentile)
  }

  get maxNs(): number {
    return this.#histogram.maxValue
  }

  get meanNs(): number {
    return this.#histogram.mean
  }

  addTo(other: LatencyHistogram): void {
    other.#histogram.add(this.#histogram)
  }

  reset(): void {
    this.#histogram.reset()
  }
}
