/** Requested sizes by powers of two. */
export class SizeHistogram {
  readonly #counts = new Float64Array(64)

  add(bytes: number): void {
    this.#counts[bytes < 2 ** 31 ? bucketOf(bytes | 0) : Math.ceil(Math.log2(bytes))]!++
  }

  finish(): { sizeBytesMax: number; count: number }[] {
    return [...this.#counts]
      .map((count, bucket) => ({ sizeBytesMax: 2 ** bucket, count }))
      .filter((entry) => entry.count > 0)
  }
}

/** The power of two that holds so many bytes. */
function bucketOf(bytes: number): number {
  return bytes <= 1 ? 0 : 32 - Math.clz32(bytes - 1)
}
