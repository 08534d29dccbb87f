import { KitError } from './kit-error.js'

const magic = 0x314d4d53
const version = 1
const headerBytes = 32
const entryBytes = 192
const histogramHeadWords = 4
const histogramBuckets = 496
const kinds = { 1: 'counter', 2: 'gauge', 3: 'histogram' } as const

export type MetricKind = 'counter' | 'gauge' | 'histogram'

export interface MetricDefinition {
  readonly name: string
  readonly kind: MetricKind
  readonly unit: string
  readonly help: string
}

export interface MetricHandle extends MetricDefinition {
  readonly index: number
  /** First 32-bit word of its values in the block. */
  readonly at: number
}

export interface HistogramBucket {
  /** Largest value that falls into this bucket. */
  readonly upTo: number
  readonly count: number
}

export interface HistogramReading {
  readonly count: number
  readonly sum: number
  readonly max: number
  /** Buckets that hold something, smallest first. */
  readonly buckets: readonly HistogramBucket[]
}

function wordsOf(kind: MetricKind): number {
  return kind === 'histogram' ? histogramHeadWords + histogramBuckets : 1
}

/** Bucket of a value: exact below 8, then 8 per power of two. The same as seam_histogram_bucket. */
export function histogramBucket(value: number): number {
  if (value < 8) return Math.max(0, Math.trunc(value))
  const power = Math.floor(Math.log2(value))
  // log2 of a number just below a power of two may round up.
  const exact = 2 ** power > value ? power - 1 : power
  return (exact - 2) * 8 + (Math.floor(value / 2 ** (exact - 3)) & 7)
}

/** Largest value of a bucket. */
export function histogramBucketMax(bucket: number): number {
  if (bucket < 8) return bucket
  const power = Math.floor(bucket / 8) + 2
  return 2 ** power + ((bucket & 7) + 1) * 2 ** (power - 3) - 1
}

/**
 * Counters, gauges and histograms in one block of memory that native code and JavaScript both write
 * and read in place (metrics.h). Values are 64-bit; JavaScript reads them exactly up to 2^53.
 */
export class MetricSet {
  readonly metrics: readonly MetricHandle[]
  /** Two words a value, low half first: no BigInt on the way. */
  readonly #words: Uint32Array

  private constructor(words: Uint32Array, metrics: readonly MetricHandle[]) {
    this.#words = words
    this.metrics = metrics
  }

  /** Reads a block that seam_metrics_init laid out, without copying it. */
  static over(memory: ArrayBuffer): MetricSet {
    const words = new Uint32Array(memory, 0, memory.byteLength >>> 2)
    const [foundMagic, foundVersion, count = 0, valuesOffset = 0, sizeBytes = 0] = words
    if (foundMagic !== magic || foundVersion !== version)
      throw new KitError(
        'KIT_METRICS_FORMAT',
        `the memory has magic ${foundMagic} and version ${foundVersion}, not ${magic} and ${version}`,
        'pass the ArrayBuffer of a block from seam_metrics_init, of the same kit version',
      )
    if (sizeBytes > memory.byteLength || headerBytes + count * entryBytes > valuesOffset)
      throw new KitError(
        'KIT_METRICS_FORMAT',
        `the directory does not fit ${memory.byteLength} bytes`,
        'pass the whole block',
      )
    const bytes = new Uint8Array(memory)
    const metrics = Array.from({ length: count }, (_, index): MetricHandle => {
      const at = headerBytes + index * entryBytes
      const kind = kinds[words[at >>> 2] as 1 | 2 | 3]
      const first = words[(at >>> 2) + 1] ?? 0
      const text = (offset: number, size: number): string => {
        const slice = bytes.subarray(at + offset, at + offset + size)
        const end = slice.indexOf(0)
        return new TextDecoder().decode(slice.subarray(0, end < 0 ? size : end))
      }
      if (kind === undefined || valuesOffset + (first + wordsOf(kind)) * 8 > sizeBytes)
        throw new KitError(
          'KIT_METRICS_FORMAT',
          `entry ${index} of the directory is broken`,
          'the block was overwritten',
        )
      return {
        index,
        kind,
        name: text(16, 48),
        unit: text(64, 16),
        help: text(80, 112),
        at: (valuesOffset >>> 2) + first * 2,
      }
    })
    return new MetricSet(words, metrics)
  }

  /** A set that JavaScript alone fills, in the same format. */
  static create(definitions: readonly MetricDefinition[]): MetricSet {
    const valuesOffset = headerBytes + definitions.length * entryBytes
    const wordCount = definitions.reduce((sum, { kind }) => sum + wordsOf(kind), 0)
    const memory = new ArrayBuffer(valuesOffset + wordCount * 8)
    const words = new Uint32Array(memory)
    words.set([magic, version, definitions.length, valuesOffset, memory.byteLength])
    const bytes = new Uint8Array(memory)
    let first = 0
    definitions.forEach(({ kind, name, unit, help }, index) => {
      const at = headerBytes + index * entryBytes
      words.set([{ counter: 1, gauge: 2, histogram: 3 }[kind], first, wordsOf(kind)], at >>> 2)
      const put = (text: string, offset: number, size: number): void => {
        new TextEncoder().encodeInto(text, bytes.subarray(at + offset, at + offset + size - 1))
      }
      put(name, 16, 48)
      put(unit, 64, 16)
      put(help, 80, 112)
      first += wordsOf(kind)
    })
    return MetricSet.over(memory)
  }

  /** Throws for a name that is not in the set; look it up once, outside the hot path. */
  find(name: string): MetricHandle {
    const metric = this.metrics.find((one) => one.name === name)
    if (metric === undefined)
      throw new KitError(
        'KIT_METRICS_FORMAT',
        `there is no metric "${name}"`,
        `the metrics are ${this.metrics.map((one) => one.name).join(', ')}`,
      )
    return metric
  }

  /** Only for metrics that JavaScript alone writes: native code must not add to the same one. */
  add(metric: MetricHandle, amount: number): void {
    this.#addWord(metric.at, amount)
  }

  set(metric: MetricHandle, value: number): void {
    this.#words[metric.at] = value % 2 ** 32
    this.#words[metric.at + 1] = value / 2 ** 32
  }

  record(metric: MetricHandle, value: number): void {
    this.#addWord(metric.at, 1)
    this.#addWord(metric.at + 2, value)
    if (value > this.#read(metric.at + 4)) {
      this.#words[metric.at + 4] = value % 2 ** 32
      this.#words[metric.at + 5] = value / 2 ** 32
    }
    this.#addWord(metric.at + (histogramHeadWords + histogramBucket(value)) * 2, 1)
  }

  read(metric: MetricHandle): number {
    return this.#read(metric.at)
  }

  readHistogram(metric: MetricHandle): HistogramReading {
    const buckets: HistogramBucket[] = []
    for (let bucket = 0; bucket < histogramBuckets; bucket++) {
      const count = this.#read(metric.at + (histogramHeadWords + bucket) * 2)
      if (count > 0) buckets.push({ upTo: histogramBucketMax(bucket), count })
    }
    const { at } = metric
    return { count: this.#read(at), sum: this.#read(at + 2), max: this.#read(at + 4), buckets }
  }

  /** `ratio` 0.99 for P99. At most 1/8 too high; 0 for an empty histogram. */
  percentile(metric: MetricHandle, ratio: number): number {
    const { buckets, max } = this.readHistogram(metric)
    const total = buckets.reduce((sum, { count }) => sum + count, 0)
    let seen = 0
    for (const { upTo, count } of buckets) {
      seen += count
      if (seen >= total * ratio) return Math.min(upTo, max)
    }
    return 0
  }

  #read(at: number): number {
    return (this.#words[at] ?? 0) + (this.#words[at + 1] ?? 0) * 2 ** 32
  }

  #addWord(at: number, amount: number): void {
    const words = this.#words
    const low = (words[at] ?? 0) + amount
    words[at] = low
    if (low >= 2 ** 32) words[at + 1] = (words[at + 1] ?? 0) + Math.floor(low / 2 ** 32)
  }
}
