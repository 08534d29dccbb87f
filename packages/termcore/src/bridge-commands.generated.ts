// Generated from commands.schema.json by seamproof-kit-commands. Do not edit.
import { CommandWriter } from '@seamproof/kit'

/** What each opcode is called, for messages. */
export const gridCommandsNames: Readonly<Record<number, string>> = {
  1: 'setStyle',
  2: 'setCell',
  3: 'putText',
  4: 'fill',
  5: 'clear',
  6: 'scroll',
  7: 'setCursor',
}

export class GridCommands extends CommandWriter {
  /** Colours and attributes of everything that follows. */
  setStyle(foreground: number, background: number, attributes: number): void {
    const at = this.reserve(4)
    const words = this.words
    words[at] = 0x401
    words[at + 1] = foreground
    words[at + 2] = background
    words[at + 3] = attributes
  }

  /** One character; positions outside the grid write nothing. */
  setCell(row: number, col: number, codepoint: number): void {
    const at = this.reserve(4)
    const words = this.words
    words[at] = 0x402
    words[at + 1] = row
    words[at + 2] = col
    words[at + 3] = codepoint
  }

  /** UTF-8 text from one position to the right, clipped at the end of the row. */
  putText(row: number, col: number, text: string): void {
    const at = this.reserve(4 + ((text.length * 3 + 3) >>> 2))
    const sizeBytes = this.writeText((at + 4) * 4, text)
    const sizeWords = 4 + ((sizeBytes + 3) >>> 2)
    this.giveBack(at + sizeWords)
    const words = this.words
    words[at] = (sizeWords << 8) | 3
    words[at + 1] = row
    words[at + 2] = col
    words[at + 3] = sizeBytes
  }

  /** A rectangle of one character. */
  fill(row: number, col: number, rows: number, cols: number, codepoint: number): void {
    const at = this.reserve(6)
    const words = this.words
    words[at] = 0x604
    words[at + 1] = row
    words[at + 2] = col
    words[at + 3] = rows
    words[at + 4] = cols
    words[at + 5] = codepoint
  }

  /** The whole screen in the current background. */
  clear(): void {
    const at = this.reserve(1)
    const words = this.words
    words[at] = 0x105
  }

  /** Rows top to end (exclusive) move up by lines, down if negative; keepHistory is 0 or 1. */
  scroll(top: number, end: number, lines: number, keepHistory: number): void {
    const at = this.reserve(5)
    const words = this.words
    words[at] = 0x506
    words[at + 1] = top
    words[at + 2] = end
    words[at + 3] = lines
    words[at + 4] = keepHistory
  }

  /** Clipped to the grid. */
  setCursor(row: number, col: number): void {
    const at = this.reserve(3)
    const words = this.words
    words[at] = 0x307
    words[at + 1] = row
    words[at + 2] = col
  }
}
