// Generated from kit_addon.schema.json by seamproof-kit-commands. Do not edit.
import { CommandWriter } from '@seamproof/kit'

/** What each opcode is called, for messages. */
export const testCommandsNames: Readonly<Record<number, string>> = {
  1: 'add',
  2: 'packed',
  3: 'text',
  4: 'blob',
  5: 'fail',
}

export class TestCommands extends CommandWriter {
  add(amount: number): void {
    const at = this.reserve(2)
    const words = this.words
    words[at] = 0x201
    words[at + 1] = amount
  }

  /** Small fields share words. */
  packed(small: number, middle: number, large: number, ratio: number): void {
    const at = this.reserve(4)
    const words = this.words
    words[at] = 0x402
    words[at + 1] = (small & 0xff) | ((middle & 0xffff) << 8)
    words[at + 2] = large
    this.floats[at + 3] = ratio
  }

  text(tag: number, words2: string): void {
    const at = this.reserve(3 + ((words2.length * 3 + 3) >>> 2))
    const sizeBytes = this.writeText((at + 3) * 4, words2)
    const sizeWords = 3 + ((sizeBytes + 3) >>> 2)
    this.giveBack(at + sizeWords)
    const words = this.words
    words[at] = (sizeWords << 8) | 3
    words[at + 1] = tag
    words[at + 2] = sizeBytes
  }

  blob(content: Uint8Array): void {
    const sizeWords = 2 + ((content.length + 3) >>> 2)
    const at = this.reserve(sizeWords)
    const words = this.words
    words[at] = (sizeWords << 8) | 4
    words[at + 1] = content.length
    this.bytes.set(content, (at + 2) * 4)
  }

  fail(status: number): void {
    const at = this.reserve(2)
    const words = this.words
    words[at] = 0x205
    words[at + 1] = status
  }
}
