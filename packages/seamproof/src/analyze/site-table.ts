import type { SiteReading } from './growth-series.js'

/** Position of each number inside the eight of a site. */
export const Field = {
  allocatedCount: 0,
  allocatedBytes: 1,
  liveCount: 2,
  liveBytes: 3,
  /** The height of the heap for which the peak's numbers were saved last; see the ledger. */
  savedForPeak: 4,
  temporaryCount: 5,
  temporaryBytes: 6,
  peakCount: 7,
} as const
export const fieldCount = 8

/**
 * A site is a stack and a kind of allocation: the smallest thing that is counted. The numbers of one site lie together, in
 * one cache line, since every event touches several of them.
 */
export class SiteTable {
  count = 0
  stats = new Float64Array(1024 * fieldCount)
  stack = new Uint32Array(1024)
  /** See `KindCode`. */
  kind = new Uint8Array(1024)
  /** The ninth number, which would not fit beside the others. */
  peakBytes = new Float64Array(1024)
  /** Another site of the same stack plus 1, or 0. */
  #next = new Uint32Array(1024)
  /** The first site of each stack plus 1, or 0. */
  readonly #firstOfStack: Uint32Array

  constructor(stackCount: number) {
    this.#firstOfStack = new Uint32Array(stackCount + 1)
  }

  siteOf(stack: number, kind: number): number {
    let site = this.#firstOfStack[stack]!
    while (site !== 0) {
      if (this.kind[site - 1] === kind) return site - 1
      site = this.#next[site - 1]!
    }
    return this.#add(stack, kind)
  }

  #add(stack: number, kind: number): number {
    const site = this.count++
    if (site === this.stack.length) this.#grow()
    this.stack[site] = stack
    this.kind[site] = kind
    this.#next[site] = this.#firstOfStack[stack]!
    this.#firstOfStack[stack] = site + 1
    return site
  }

  #grow(): void {
    const capacity = this.stack.length * 2
    const stats = new Float64Array(capacity * fieldCount)
    stats.set(this.stats)
    this.stats = stats
    const kind = new Uint8Array(capacity)
    kind.set(this.kind)
    this.kind = kind
    this.stack = grownWords(this.stack)
    const peakBytes = new Float64Array(capacity)
    peakBytes.set(this.peakBytes)
    this.peakBytes = peakBytes
    this.#next = grownWords(this.#next)
  }

  /** What every site holds now. */
  reading(): SiteReading {
    return {
      counts: this.column(Field.liveCount),
      bytes: this.column(Field.liveBytes),
      allocated: this.column(Field.allocatedCount),
    }
  }

  /** One number of every site. */
  column(field: number): Float64Array {
    const values = new Float64Array(this.count)
    for (let site = 0; site < this.count; site++)
      values[site] = this.stats[site * fieldCount + field]!
    return values
  }
}

function grownWords(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(words.length * 2)
  larger.set(words)
  return larger
}
