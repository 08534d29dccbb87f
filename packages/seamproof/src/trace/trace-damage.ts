/** Bytes of a trace that could not be trusted. Kept by place, so that several passes count the same fault once. */
export interface DamageEntry {
  offset: number
  bytes: number
  reason: string
}

export class TraceDamage {
  readonly #entries = new Map<number, DamageEntry>()

  add(offset: number, bytes: number, reason: string): void {
    if (!this.#entries.has(offset)) this.#entries.set(offset, { offset, bytes, reason })
  }

  get entries(): DamageEntry[] {
    return [...this.#entries.values()].sort((a, b) => a.offset - b.offset)
  }

  get damagedChunks(): number {
    return this.#entries.size
  }

  get damagedBytes(): number {
    let sum = 0
    for (const entry of this.#entries.values()) sum += entry.bytes
    return sum
  }
}
