import { readFileSync, statSync } from 'node:fs'

/** The largest bundles are some tens of megabytes. */
const sourceBytesMax = 128 * 1024 * 1024

export interface SourcePlace {
  /** 1-based, both; columns count UTF-16 code units, as V8 does. */
  line: number
  column: number
}

/** A script as V8 was given it: Node removes the byte order mark and, since Node 12, wraps nothing around CommonJS. */
export class SourceFile {
  readonly path: string
  readonly text: string
  #lineStarts: number[] | undefined

  constructor(path: string, content: string) {
    this.path = path
    this.text = content.startsWith('\uFEFF') ? content.slice(1) : content
  }

  get #starts(): number[] {
    if (this.#lineStarts === undefined) {
      this.#lineStarts = [0]
      for (const match of this.text.matchAll(/\r\n|[\n\r\u2028\u2029]/g))
        this.#lineStarts.push(match.index + match[0].length)
    }
    return this.#lineStarts
  }

  /** Where a character position lies; undefined when the text is shorter than that. */
  placeOf(position: number): SourcePlace | undefined {
    if (!(position >= 0) || position > this.text.length) return undefined
    const starts = this.#starts
    let low = 0
    let high = starts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (starts[middle]! <= position) low = middle + 1
      else high = middle
    }
    return { line: low, column: position - starts[low - 1]! + 1 }
  }

  positionOf(place: SourcePlace): number | undefined {
    const start = this.#starts[place.line - 1]
    if (start === undefined || place.column < 1) return undefined
    const position = start + place.column - 1
    return position <= this.text.length ? position : undefined
  }

  /** Whether V8 could say that a function starts here: at its parameters, body, keyword or first field. */
  canStartFunction(place: SourcePlace): boolean {
    const position = this.positionOf(place)
    if (position === undefined) return false
    const text = this.text.slice(Math.max(0, position - 1), position + 2)
    const [before, at] = position === 0 ? ['', text[0]] : [text[0]!, text[1]]
    if (at === undefined) return false
    return (
      /[({#['"*]/.test(at) ||
      (/[\p{ID_Start}\p{Cs}$_]/u.test(at) && !/[\p{ID_Continue}$]/u.test(before))
    )
  }
}

/** Reads each script once. */
export class SourceFiles {
  readonly #files = new Map<string, SourceFile | undefined>()

  get(path: string): SourceFile | undefined {
    if (!this.#files.has(path)) this.#files.set(path, readSource(path))
    return this.#files.get(path)
  }
}

function readSource(path: string): SourceFile | undefined {
  try {
    const stat = statSync(path)
    if (!stat.isFile() || stat.size > sourceBytesMax) return undefined
    return new SourceFile(path, readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
