/** u32 words of one entry: address low; address high | birth << 21; site + 1 (0 is free); size. */
const entryWords = 4
const birthShift = 21
const addressHighMask = (1 << birthShift) - 1
const largeSize = 0xffffffff
/**
 * The blocks that are live, by address: open addressing in one typed array, 16 bytes an entry and one cache line a look-up.
 * After `remove`, and after `insert` said that the address was already live, what was there is in the `found` fields.
 */
export class LiveBlocks {
  foundSite = 0
  foundBytes = 0
  foundBirth = 0
  #count = 0
  #capacity: number
  #shift: number
  #words: Uint32Array
  readonly #largeSizes = new Map<number, number>()

  constructor(capacityLog2 = 12) {
    this.#capacity = 1 << capacityLog2
    this.#shift = 32 - capacityLog2
    this.#words = new Uint32Array(this.#capacity * entryWords)
  }

  get size(): number {
    return this.#count
  }

  /**
   * True when a block was already live there (its release was not seen); the new one takes its place. An address is given in
   * its two halves, `address | 0` and `(address / 2 ** 32) | 0`: small integers, which cost no allocation to hand over.
   */
  insert(low: number, high: number, site: number, bytes: number, birth: number): boolean {
    if (this.#count * 3 >= this.#capacity * 2) this.#grow()
    const words = this.#words
    const at = this.#find(low, high)
    const isKnown = words[at + 2] !== 0
    if (isKnown) this.#found(at)
    else this.#count++
    words[at] = low
    words[at + 1] = high | (birth << birthShift)
    words[at + 2] = site + 1
    if (bytes < largeSize) words[at + 3] = bytes
    else {
      words[at + 3] = largeSize
      this.#largeSizes.set(addressAt(words, at), bytes)
    }
    return isKnown
  }

  /** False when no block is live there. */
  remove(low: number, high: number): boolean {
    const at = this.#find(low, high)
    if (this.#words[at + 2] === 0) return false
    this.#found(at)
    this.#count--
    this.#closeGap(at)
    return true
  }

  /** Calls back for each live block, in no order. */
  forEach(visit: (site: number, bytes: number, birth: number) => void): void {
    const words = this.#words
    for (let at = 0; at < words.length; at += entryWords) {
      const site = words[at + 2]!
      if (site === 0) continue
      const high = words[at + 1]!
      const bytes = words[at + 3]!
      if (bytes !== largeSize) visit(site - 1, bytes, high >>> birthShift)
      else visit(site - 1, this.#largeSizes.get(addressAt(words, at))!, high >>> birthShift)
    }
  }

  #found(at: number): void {
    const words = this.#words
    this.foundSite = words[at + 2]! - 1
    this.foundBirth = words[at + 1]! >>> birthShift
    this.foundBytes = words[at + 3]!
    if (this.foundBytes !== largeSize) return
    const address = addressAt(words, at)
    this.foundBytes = this.#largeSizes.get(address)!
    this.#largeSizes.delete(address)
  }

  /** Position of the address, or of the free entry where it would go. */
  #find(low: number, high: number): number {
    const words = this.#words
    const mask = words.length - 1
    const wanted = low >>> 0
    let at = homeOf(low, high, this.#shift) * entryWords
    while (
      words[at + 2] !== 0 &&
      (words[at] !== wanted || (words[at + 1]! & addressHighMask) !== high)
    )
      at = (at + entryWords) & mask
    return at
  }

  /** Moves later entries of the run back, so that no look-up stops at the hole and none needs a tombstone. */
  #closeGap(start: number): void {
    const words = this.#words
    const mask = words.length - 1
    let hole = start
    let at = (hole + entryWords) & mask
    while (words[at + 2] !== 0) {
      const home = homeOf(words[at]!, words[at + 1]! & addressHighMask, this.#shift) * entryWords
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        words[hole] = words[at]!
        words[hole + 1] = words[at + 1]!
        words[hole + 2] = words[at + 2]!
        words[hole + 3] = words[at + 3]!
        hole = at
      }
      at = (at + entryWords) & mask
    }
    words[hole + 2] = 0
  }

  #grow(): void {
    const old = this.#words
    this.#capacity *= 2
    this.#shift--
    this.#words = new Uint32Array(this.#capacity * entryWords)
    for (let from = 0; from < old.length; from += entryWords) {
      if (old[from + 2] === 0) continue
      const at = this.#find(old[from]!, old[from + 1]! & addressHighMask)
      for (let word = 0; word < entryWords; word++) this.#words[at + word] = old[from + word]!
    }
  }
}

/** Addresses differ in their middle bits: the product spreads those over the top ones. */
function homeOf(low: number, high: number, shift: number): number {
  return Math.imul((low >>> 4) ^ Math.imul(high, 0x85ebca6b) ^ (low << 28), 0x9e3779b1) >>> shift
}

function addressAt(words: Uint32Array, at: number): number {
  return words[at]! + (words[at + 1]! & addressHighMask) * 2 ** 32
}
