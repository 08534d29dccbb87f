interface Mapping {
  start: number
  end: number
  site: number
}

/**
 * Memory mappings that are live. Unlike blocks they can be released in part: a hole in one leaves two. `release` says for
 * each piece what was given back.
 */
export class LiveMappings {
  #mappings: Mapping[] = []

  get count(): number {
    return this.#mappings.length
  }

  /** A fixed mapping takes the place of what was there: that is released first. */
  insert(
    start: number,
    bytes: number,
    site: number,
    release: (site: number, bytes: number, isWhole: boolean) => void,
  ): void {
    if (bytes <= 0) return
    this.remove(start, bytes, release)
    this.#mappings.splice(this.#firstAfter(start), 0, { start, end: start + bytes, site })
  }

  /** True when anything was mapped there. `isWhole` is false while another part of that mapping lives on. */
  remove(
    start: number,
    bytes: number,
    release: (site: number, bytes: number, isWhole: boolean) => void,
  ): boolean {
    const end = start + bytes
    let from = this.#firstAfter(start)
    while (from > 0 && this.#mappings[from - 1]!.end > start) from--
    let to = from
    const kept: Mapping[] = []
    while (to < this.#mappings.length && this.#mappings[to]!.start < end) {
      const { start: oldStart, end: oldEnd, site } = this.#mappings[to++]!
      const before = kept.length
      if (oldStart < start) kept.push({ start: oldStart, end: start, site })
      if (oldEnd > end) kept.push({ start: end, end: oldEnd, site })
      release(site, Math.min(oldEnd, end) - Math.max(oldStart, start), kept.length === before)
    }
    if (to > from) this.#mappings.splice(from, to - from, ...kept)
    return to > from
  }

  /** Index of the first mapping that starts after the address. */
  #firstAfter(address: number): number {
    let low = 0
    let high = this.#mappings.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#mappings[middle]!.start <= address) low = middle + 1
      else high = middle
    }
    return low
  }
}
