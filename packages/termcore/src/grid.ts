import { createGridWriter, type GridWriter, type GridWriterOptions } from './bridge.js'
import { requireWholeNumbers } from './grid-size.js'
import { DamageView, GridView } from './grid-view.js'
import { loadTerminalNative } from './terminal-native.js'

export interface GridOptions {
  /** 1 to 16384; default 80. */
  readonly cols?: number
  /** 1 to 16384; default 24. */
  readonly rows?: number
  /** Lines kept after they leave the top; default 0. Columns times all lines may be 2^26 at most. */
  readonly scrollbackLines?: number
}

/** A grid of cells without a parser: for programs that draw by themselves. */
export class Grid implements Disposable {
  /** For `createGridWriter` and the native functions. */
  readonly handle: number
  readonly view: GridView
  readonly #native = loadTerminalNative()
  readonly #damage: DamageView
  #isOpen = true

  constructor(options: GridOptions = {}) {
    const { cols = 80, rows = 24, scrollbackLines = 0 } = options
    requireWholeNumbers({ cols, rows, scrollbackLines })
    this.handle = this.#native.gridCreate(cols, rows, scrollbackLines)
    this.view = new GridView(this.handle)
    this.#damage = new DamageView(this.handle)
  }

  /** Keeps what fits, top left; nothing is reflowed. Refused sizes throw and change nothing. */
  resize(cols: number, rows: number): void {
    requireWholeNumbers({ cols, rows })
    this.#native.gridResize(this.handle, cols, rows)
  }

  writer(options?: GridWriterOptions): GridWriter {
    return createGridWriter(this.handle, options)
  }

  /**
   * The dirty columns of each row since the last call: [first, end) pairs, `first == end` for a clean
   * row. The array is reused by the next call.
   */
  takeDamage(): Uint32Array {
    return this.#damage.take()
  }

  /** Frees the grid. Views of its cells stay readable; everything else throws TERMCORE_STATE. */
  [Symbol.dispose](): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#native.gridDestroy(this.handle)
  }
}
