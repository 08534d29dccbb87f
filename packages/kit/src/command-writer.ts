import { KitError } from './kit-error.js'

const magic = 0x31424353
const headerWords = 16

/** What the native side says about a batch; statuses from 16 on are the addon's own. */
export const commandStatus = {
  ok: 0,
  truncated: 1,
  unknownOpcode: 2,
  wrongSize: 3,
  badHeader: 4,
  busy: 5,
  refused: 6,
} as const

const statusText: Readonly<Record<number, string>> = {
  1: 'the command reaches past the end of the batch',
  2: 'no command has this opcode',
  3: 'its size does not fit its fields',
  4: "the buffer's header makes no sense",
  5: 'the buffer is being drained already',
  6: 'the native side refused it',
}

/** A batch ended early: `appliedCount` commands took effect, this one and the rest did not. */
export class CommandError extends KitError {
  readonly status: number
  readonly appliedCount: number
  readonly opcode: number
  readonly commandName: string

  constructor(status: number, appliedCount: number, opcode: number, commandName: string) {
    super(
      'KIT_COMMAND',
      `command ${appliedCount} (${commandName}) was refused: ${statusText[status] ?? `status ${status}`}`,
      `the ${appliedCount} commands before it were applied, it and what follows were not`,
    )
    this.name = 'CommandError'
    this.status = status
    this.appliedCount = appliedCount
    this.opcode = opcode
    this.commandName = commandName
  }
}

export interface CommandWriterOptions {
  /** Memory that the native side has laid out with seam_commands_init. */
  readonly memory: ArrayBuffer
  /** Makes the native side drain the buffer; takes no arguments, the memory says everything. */
  readonly drain: () => void
  readonly names?: Readonly<Record<number, string>>
}

/**
 * Fills a command buffer. Generated subclasses add one method per command; commands take effect at
 * `flush`, or earlier when the buffer is full. One writer per buffer.
 */
export class CommandWriter {
  /** Command words only; index 0 is the first after the header. */
  protected readonly words: Uint32Array
  protected readonly floats: Float32Array
  protected readonly bytes: Buffer
  readonly #header: Uint32Array
  readonly #drain: () => void
  readonly #names: Readonly<Record<number, string>>
  readonly capacityWords: number
  /** Not `#private`: the generated methods reach it through `reserve` at every command. */
  private usedWords = 0

  constructor(options: CommandWriterOptions) {
    const { memory } = options
    this.#header = new Uint32Array(memory, 0, headerWords)
    const capacity = this.#header[1] ?? 0
    if (this.#header[0] !== magic || (headerWords + capacity) * 4 > memory.byteLength)
      throw new KitError(
        'KIT_COMMAND',
        `the memory (${memory.byteLength} bytes) is no command buffer`,
        'lay it out with seam_commands_init before wrapping it',
      )
    this.capacityWords = capacity
    this.words = new Uint32Array(memory, headerWords * 4, capacity)
    this.floats = new Float32Array(memory, headerWords * 4, capacity)
    this.bytes = Buffer.from(memory, headerWords * 4, capacity * 4)
    this.#drain = options.drain
    this.#names = options.names ?? {}
  }

  /** Words written and not flushed yet. */
  get pendingWords(): number {
    return this.usedWords
  }

  /** Index of the first of `count` words, which the caller must all write. Flushes when they do not fit. */
  protected reserve(count: number): number {
    const at = this.usedWords
    const end = at + count
    if (end <= this.capacityWords) {
      this.usedWords = end
      return at
    }
    return this.#reserveAfterFlush(count)
  }

  #reserveAfterFlush(count: number): number {
    if (count > this.capacityWords)
      throw new KitError(
        'KIT_COMMAND_TOO_LARGE',
        `one command of ${count} words does not fit a buffer of ${this.capacityWords}`,
        'split it, or make the buffer larger',
      )
    this.flush()
    this.usedWords = count
    return 0
  }

  /** Ends the last reservation at `end`, an index of `words`. */
  protected giveBack(end: number): void {
    this.usedWords = end
  }

  /** Writes UTF-8 at a byte offset that has room for it; returns its size. No allocation. */
  protected writeText(at: number, text: string): number {
    const { bytes } = this
    const length = text.length
    if (length <= 24) {
      // A loop beats the call into Node for short ASCII, which is what terminals mostly write.
      let index = 0
      for (; index < length; index++) {
        const unit = text.charCodeAt(index)
        if (unit > 0x7f) break
        bytes[at + index] = unit
      }
      if (index === length) return length
    }
    return bytes.write(text, at, 'utf8')
  }

  /** Applies everything written so far; returns how many commands that were. Throws CommandError. */
  flush(): number {
    if (this.usedWords === 0) return 0
    const header = this.#header
    header[2] = this.usedWords
    this.usedWords = 0
    header[4] = commandStatus.busy // stays if the drain is refused from inside another
    this.#drain()
    const status = header[4] ?? 0
    const applied = header[3] ?? 0
    if (status === commandStatus.ok) return applied
    const opcode = header[7] ?? 0
    throw new CommandError(status, applied, opcode, this.#names[opcode] ?? `opcode ${opcode}`)
  }

  /** Forgets what was written since the last flush. */
  discard(): void {
    this.usedWords = 0
  }
}
