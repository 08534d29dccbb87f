/** Code that V8 generated, for as long as nothing else took its place. */
export interface TraceCode {
  start: number
  bytes: number
  /** As V8 printed it: `JS:~encode /app/a.js:3:9`. The mark after `JS:` is the tier. */
  name: string
  lines?: CodeLines
}

/** Where in the source the instructions (or, for interpreted code, the bytecodes) come from; sorted by offset. */
export interface CodeLines {
  offsets: Uint32Array
  /** Offsets into the source text of the script, in UTF-16 code units. */
  positions: Uint32Array
}

const bucketBytes = 4096
/** More than V8's whole code range on x86-64: a larger length is damage. */
const codeBytesMax = 2 ** 27

/** Which code is live at an address. New code evicts what it overlaps, as V8 reuses the space of dead code. */
export class LiveCode {
  readonly all: TraceCode[] = []
  readonly #buckets = new Map<number, number[]>()
  readonly #isDead: boolean[] = []

  add(start: number, bytes: number, name: string): void {
    const index = this.all.length
    this.all.push({ start, bytes, name })
    this.#isDead.push(false)
    if (bytes === 0 || bytes > codeBytesMax) return
    const end = start + bytes
    for (let b = Math.floor(start / bucketBytes); b * bucketBytes < end; b++) {
      const living = (this.#buckets.get(b) ?? []).filter((other) => {
        const code = this.all[other]!
        if (code.start < end && start < code.start + code.bytes) this.#isDead[other] = true
        return !this.#isDead[other]
      })
      living.push(index)
      this.#buckets.set(b, living)
    }
  }

  /** Index of the live code that holds the address, or -1. */
  find(address: number): number {
    const bucket = this.#buckets.get(Math.floor(address / bucketBytes))
    if (bucket === undefined) return -1
    for (let i = bucket.length - 1; i >= 0; i--) {
      const index = bucket[i]!
      const code = this.all[index]!
      if (!this.#isDead[index] && address >= code.start && address < code.start + code.bytes)
        return index
    }
    return -1
  }

  /** Lines follow the code that they belong to. */
  setLines(start: number, lines: CodeLines): void {
    const index = this.find(start)
    if (index >= 0 && this.all[index]!.start === start) this.all[index]!.lines = lines
  }
}
