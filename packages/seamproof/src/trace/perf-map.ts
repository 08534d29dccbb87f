/** A piece of code that V8 made, as `--perf-basic-prof` writes it. */
export interface PerfMapEntry {
  start: number
  bytes: number
  name: string
}

const linePattern = /^([0-9a-f]+) ([0-9a-f]+) (.*)$/

/** Finds the code at an address. Code moves and its memory is used again: the last entry that covers an address wins. */
export class PerfMap {
  readonly #entries: PerfMapEntry[] = []
  readonly #buckets = new Map<number, number[]>()

  static parse(text: string): PerfMap {
    const map = new PerfMap()
    for (const line of text.split('\n')) {
      const match = linePattern.exec(line)
      if (match === null) continue
      const start = Number.parseInt(match[1]!, 16)
      const bytes = Number.parseInt(match[2]!, 16)
      if (bytes > 0 && bytes <= codeBytesMax) map.#add({ start, bytes, name: match[3]! })
    }
    return map
  }

  at(pc: number): PerfMapEntry | undefined {
    // A frame's address may be that of the call's return, just behind the code's end.
    return this.#covering(pc) ?? this.#covering(pc - 1)
  }

  #covering(pc: number): PerfMapEntry | undefined {
    const indexes = this.#buckets.get(Math.floor(pc / bucketBytes)) ?? []
    for (let at = indexes.length - 1; at >= 0; at--) {
      const entry = this.#entries[indexes[at]!]!
      if (entry.start <= pc && pc < entry.start + entry.bytes) return entry
    }
    return undefined
  }

  #add(entry: PerfMapEntry): void {
    const index = this.#entries.push(entry) - 1
    const last = Math.floor((entry.start + entry.bytes - 1) / bucketBytes)
    for (let b = Math.floor(entry.start / bucketBytes); b <= last; b++) {
      const bucket = this.#buckets.get(b)
      if (bucket === undefined) this.#buckets.set(b, [index])
      else bucket.push(index)
    }
  }
}

const bucketBytes = 4096
const codeBytesMax = 1 << 26
