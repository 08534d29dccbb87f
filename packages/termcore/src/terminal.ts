import { EventEmitter } from 'node:events'
import { requireWholeNumbers } from './grid-size.js'
import { DamageView, GridView } from './grid-view.js'
import { renderText, type SnapshotSource } from './snapshot.js'
import { renderAnsi } from './snapshot-ansi.js'
import { renderHtml } from './snapshot-html.js'
import { TermcoreError } from './termcore-error.js'
import { pendingInputBytesMax } from './terminal-input.js'
import { encodeKey, type KeyName } from './terminal-keys.js'
import {
  loadTerminalNative,
  type TerminalCounts,
  TerminalEventBit,
  TerminalModeBit,
} from './terminal-native.js'
import {
  type Program,
  type ProgramExit,
  type SpawnOptions,
  spawnProgram,
} from './terminal-program.js'

export interface TerminalOptions {
  /** 2 to 16384; default 80. */
  readonly cols?: number
  /** 1 to 16384; default 24. */
  readonly rows?: number
  /** Lines kept after they leave the top of the main screen; default 1000. */
  readonly scrollbackLines?: number
}

export interface TerminalEvents {
  /**
   * Cells changed, or the cursor. Comes once per turn of the event loop at most; collect by `takeDamage`
   * (which has nothing where only the cursor moved).
   */
  damage: []
  title: [title: string]
  bell: []
  /** `modes` changed. */
  modes: []
  /** Main or alternate screen became the active one. */
  screen: []
  /** What the output asked for, when no program is there to get it. */
  response: [text: string]
  exit: [exit: ProgramExit]
}

export interface SnapshotOptions {
  /** Default 'text'. */
  readonly format?: 'text' | 'ansi' | 'html'
  /** Also the lines that have left the screen. Default false. */
  readonly scrollback?: boolean
  /** Only these rows: first and one after the last; row -1 is the newest line of the scrollback. */
  readonly rows?: readonly [first: number, end: number]
}

/** How long a program may keep a frame open (mode 2026) before it is shown unfinished. */
const synchronizedFrameMsMax = 150

const visibleEvents = TerminalEventBit.damage | TerminalEventBit.cursor

const textEncoder = new TextEncoder()

/**
 * A headless terminal: program output in, a grid of cells out.
 *
 * Without a program it is fed by `write`. With `spawn` it runs one in a pseudo-terminal, answers what
 * the program asks the terminal, and stays readable and usable after the program ends or dies.
 */
export class Terminal extends EventEmitter<TerminalEvents> implements Disposable {
  readonly #native = loadTerminalNative()
  readonly #handle: number
  readonly #grids: readonly [main: number, alternate: number]
  readonly #views: readonly [main: GridView, alternate: GridView]
  readonly #damage: readonly [main: DamageView, alternate: DamageView]
  #modes: number
  #program: Program | undefined
  #programNumber = 0
  #isOpen = true
  #isDamageDue = false
  #frameTimer: NodeJS.Timeout | undefined

  constructor(options: TerminalOptions = {}) {
    super()
    const { cols = 80, rows = 24, scrollbackLines = 1000 } = options
    requireWholeNumbers({ cols, rows, scrollbackLines })
    this.#handle = this.#native.terminalCreate(cols, rows, scrollbackLines)
    const grids = [0, 1].map((which) => this.#native.terminalGrid(this.#handle, which as 0 | 1))
    this.#grids = [grids[0]!, grids[1]!]
    this.#views = [new GridView(grids[0]!), new GridView(grids[1]!)]
    this.#damage = [new DamageView(grids[0]!), new DamageView(grids[1]!)]
    this.#modes = this.#native.terminalModes(this.#handle)
  }

  // ---- what it shows ----

  /** The screen in use. Another object while the alternate screen is on. */
  get view(): GridView {
    this.#requireOpen()
    return this.#views[this.isAlternate ? 1 : 0]
  }

  get cols(): number {
    return this.view.cols
  }

  get rows(): number {
    return this.view.rows
  }

  get title(): string {
    return this.#native.terminalTitle(this.#handle)
  }

  /** Bits of `TerminalModeBit`. */
  get modes(): number {
    return this.#modes
  }

  get isAlternate(): boolean {
    return (this.#modes & TerminalModeBit.alternate) !== 0
  }

  /** DECSCUSR: 0 default, 1 and 2 block, 3 and 4 underline, 5 and 6 bar; odd ones blink. */
  get cursorStyle(): number {
    return this.#native.terminalCursorStyle(this.#handle)
  }

  /** The handle of the grid in use, for `createGridWriter`. */
  get gridHandle(): number {
    return this.#grids[this.isAlternate ? 1 : 0]
  }

  counts(): TerminalCounts {
    return this.#native.terminalCounts(this.#handle)
  }

  /** The dirty columns of each row since the last call; [first, end) pairs, valid until the next call. */
  takeDamage(): Uint32Array {
    return this.#damage[this.isAlternate ? 1 : 0].take()
  }

  snapshot(options: SnapshotOptions = {}): string {
    const { view } = this
    const source: SnapshotSource = {
      view,
      underlineColorOf: (id) => this.#native.gridUnderlineColor(this.#grids[0], id),
    }
    const rows = options.rows ?? [options.scrollback ? -view.historyLines : 0, view.rows]
    if (options.format === 'ansi') return renderAnsi(source, rows)
    if (options.format === 'html')
      return renderHtml(source, rows, { title: this.title || 'terminal', cursor: view.cursor })
    return renderText(source, rows)
  }

  // ---- output in ----

  /** Feeds what a program printed. Any bytes are accepted, cut anywhere. */
  write(output: Uint8Array | string): void {
    const bytes = typeof output === 'string' ? textEncoder.encode(output) : output
    this.#raise(this.#native.terminalWrite(this.#handle, bytes))
  }

  #raise(events: number): void {
    if (events & ~visibleEvents) this.#raiseRare(events)
    if (events & visibleEvents) this.#scheduleDamage()
  }

  #raiseRare(events: number): void {
    this.#modes = this.#native.terminalModes(this.#handle)
    if (events & TerminalEventBit.response) this.#respond()
    const isFrameDone = this.#frameTimer && (this.#modes & TerminalModeBit.synchronized) === 0
    if (isFrameDone) this.#scheduleDamage()
    // A listener may dispose the terminal: nothing is asked of it between the emits.
    const title = events & TerminalEventBit.title ? this.title : undefined
    if (events & TerminalEventBit.modes) this.emit('modes')
    if (events & TerminalEventBit.screen) this.emit('screen')
    if (title !== undefined) this.emit('title', title)
    if (events & TerminalEventBit.bell) this.emit('bell')
  }

  #respond(): void {
    const text = this.#native.terminalTakeResponse(this.#handle)
    // A program that asks without end and never reads gets no more answers, and no error either.
    if (this.#program) this.#program.write(text)
    else this.emit('response', text)
  }

  #scheduleDamage(): void {
    if (this.#modes & TerminalModeBit.synchronized) {
      this.#frameTimer ??= setTimeout(() => this.#emitDamage(), synchronizedFrameMsMax).unref()
      return
    }
    clearTimeout(this.#frameTimer)
    this.#frameTimer = undefined
    if (this.#isDamageDue || this.listenerCount('damage') === 0) return
    this.#isDamageDue = true
    setImmediate(() => this.#emitDamage())
  }

  #emitDamage(): void {
    this.#isDamageDue = false
    clearTimeout(this.#frameTimer)
    this.#frameTimer = undefined
    if (this.#isOpen) this.emit('damage')
  }

  // ---- the program ----

  get pid(): number | undefined {
    return this.#program?.pid
  }

  get isRunning(): boolean {
    return this.#program !== undefined
  }

  /** Runs a program in a pseudo-terminal of this size. Throws if it cannot be started. */
  spawn(file: string, args: readonly string[] = [], options: SpawnOptions = {}): void {
    this.#requireOpen()
    if (this.#program)
      throw new TermcoreError(
        'TERMCORE_STATE',
        `the terminal already runs process ${this.#program.pid}`,
        'wait for its exit event, or make another Terminal',
      )
    // An earlier program's last bytes may come late; they are not this one's.
    const number = ++this.#programNumber
    const isCurrent = () => this.#isOpen && number === this.#programNumber
    this.#program = spawnProgram(file, args, { cols: this.cols, rows: this.rows }, options, {
      onOutput: (bytes) => {
        if (isCurrent()) this.write(bytes)
      },
      onExit: (exit) => {
        if (!isCurrent()) return
        this.#program = undefined
        this.emit('exit', exit)
      },
    })
  }

  #requireProgram(): Program {
    this.#requireOpen()
    if (this.#program) return this.#program
    throw new TermcoreError(
      'TERMCORE_STATE',
      'no program runs in this terminal',
      'call spawn first; after an exit event it may be called again',
    )
  }

  /** Sends keystrokes as they are. Never blocks: what the program does not read yet waits, up to 16 MiB. */
  input(data: string | Uint8Array): void {
    const program = this.#requireProgram()
    if (program.write(typeof data === 'string' ? data : Buffer.from(data))) return
    throw new TermcoreError(
      'TERMCORE_LIMIT',
      `process ${program.pid} has left ${pendingInputBytesMax} bytes of input unread`,
      'wait until it reads, or end it with kill',
    )
  }

  /** Sends a named key in the form that the program's modes ask for. */
  press(key: KeyName): void {
    this.input(encodeKey(key, (this.#modes & TerminalModeBit.applicationCursor) !== 0))
  }

  /** Sends text as a paste; bracketed if the program asked for that. It cannot end its own bracket. */
  paste(text: string): void {
    if ((this.#modes & TerminalModeBit.bracketedPaste) === 0) this.input(text)
    else this.input(`\x1b[200~${text.replaceAll('\x1b[201~', '')}\x1b[201~`)
  }

  /** Keeps what fits; nothing is reflowed. The program is told. Refused sizes throw and change nothing. */
  resize(cols: number, rows: number): void {
    requireWholeNumbers({ cols, rows })
    this.#native.terminalResize(this.#handle, cols, rows)
    this.#program?.resize(cols, rows)
    this.#scheduleDamage()
  }

  kill(signal = 'SIGHUP'): void {
    this.#requireProgram().kill(signal)
  }

  // ---- the end ----

  #requireOpen(): void {
    if (this.#isOpen) return
    throw new TermcoreError(
      'TERMCORE_STATE',
      'the terminal is disposed',
      'take snapshots before disposing it',
    )
  }

  /** Ends the program and frees the cells. Typed arrays of cells taken before stay readable. */
  [Symbol.dispose](): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    clearTimeout(this.#frameTimer)
    this.#program?.close()
    this.#program = undefined
    this.#native.terminalDestroy(this.#handle)
    this.removeAllListeners()
  }
}
