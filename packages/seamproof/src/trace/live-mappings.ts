interface Mapping {
  start: number
  end: number
  site: number
  birth: number
  /** Shared by the pieces that are left of one mapping. */
  whole: { pieces: number }
}

/** Told of each piece that is given back. `isLast` is true when nothing is left of the mapping that it was part of. */
export type PieceReleased = (site: number, bytes: number, isLast: boolean) => void

/** Memory mappings that are live. Unlike blocks they can be released in part: a hole in one leaves two pieces. */
export class LiveMappings {
  readonly #mappings: Mapping[] = []

  /** Pieces, as the kernel counts mappings. */
  get size(): number {
    return this.#mappings.length
  }

  /** A fixed mapping takes the place of what was there: that is released first. */
  insert(start: number, bytes: number, site: number, birth: number, released: PieceReleased): void {
    if (bytes <= 0) return
    this.remove(start, bytes, released)
    const mapping = { start, end: start + bytes, site, birth, whole: { pieces: 1 } }
    this.#mappings.splice(this.#firstAfter(start), 0, mapping)
  }

  /** True when anything was mapped there. */
  remove(start: number, bytes: number, released: PieceReleased): boolean {
    const end = start + bytes
    let from = this.#firstAfter(start)
    while (from > 0 && this.#mappings[from - 1]!.end > start) from--
    let to = from
    const kept: Mapping[] = []
    while (to < this.#mappings.length && this.#mappings[to]!.start < end) {
      const old = this.#mappings[to++]!
      old.whole.pieces--
      if (old.start < start) kept.push(piece(old, old.start, start))
      if (old.end > end) kept.push(piece(old, end, old.end))
      const bytesGone = Math.min(old.end, end) - Math.max(old.start, start)
      released(old.site, bytesGone, old.whole.pieces === 0)
    }
    if (to > from) this.#mappings.splice(from, to - from, ...kept)
    return to > from
  }

  forEach(visit: (site: number, bytes: number, birth: number) => void): void {
    for (const { site, start, end, birth } of this.#mappings) visit(site, end - start, birth)
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

function piece(of: Mapping, start: number, end: number): Mapping {
  of.whole.pieces++
  return { ...of, start, end }
}
