/** Requested sizes by powers of two. */
export class SizeHistogram {
  readonly #counts = new Float64Array(64)

  add(bytes: number): void {
    const bucket =
      bytes <= 1 ? 0 : bytes < 2 ** 31 ? 32 - Math.clz32(bytes - 1) : Math.ceil(Math.log2(bytes))
    this.#counts[bucket]!++
  }

  finish(): { sizeBytesMax: number; count: number }[] {
    return [...this.#counts]
      .map((count, bucket) => ({ sizeBytesMax: 2 ** bucket, count }))
      .filter((entry) => entry.count > 0)
  }
}
