import { GridCommands, gridCommandsNames } from './bridge-commands.generated.js'
import { loadNative, type NativeBridge } from './native.js'

/** Operations on one grid; positions outside it are clipped, never an error. */
export interface GridWriter {
  setStyle(foreground: number, background: number, attributes: number): void
  setCell(row: number, col: number, codepoint: number): void
  putText(row: number, col: number, text: string): void
  fill(row: number, col: number, rows: number, cols: number, codepoint: number): void
  clear(): void
  scroll(top: number, end: number, lines: number, keepHistory: number): void
  setCursor(row: number, col: number): void
  /** Makes everything written so far visible. Returns how many operations that were. */
  flush(): number
  /** After this every operation throws TERMCORE_STATE. The grid stays. */
  close(): void
}

/** Every operation is a crossing and visible at once. */
class CallWriter implements GridWriter {
  readonly #native: NativeBridge
  readonly #grid: number
  #operationCount = 0

  constructor(native: NativeBridge, grid: number) {
    this.#native = native
    this.#grid = grid
  }

  setStyle(foreground: number, background: number, attributes: number): void {
    this.#operationCount++
    this.#native.gridSetStyle(this.#grid, foreground, background, attributes)
  }

  setCell(row: number, col: number, codepoint: number): void {
    this.#operationCount++
    this.#native.gridSetCell(this.#grid, row, col, codepoint)
  }

  putText(row: number, col: number, text: string): void {
    this.#operationCount++
    this.#native.gridPutText(this.#grid, row, col, text)
  }

  fill(row: number, col: number, rows: number, cols: number, codepoint: number): void {
    this.#operationCount++
    this.#native.gridFill(this.#grid, row, col, rows, cols, codepoint)
  }

  clear(): void {
    this.#operationCount++
    this.#native.gridClear(this.#grid)
  }

  scroll(top: number, end: number, lines: number, keepHistory: number): void {
    this.#operationCount++
    this.#native.gridScroll(this.#grid, top, end, lines, keepHistory === 0 ? 0 : 1)
  }

  setCursor(row: number, col: number): void {
    this.#operationCount++
    this.#native.gridSetCursor(this.#grid, row, col)
  }

  flush(): number {
    const count = this.#operationCount
    this.#operationCount = 0
    return count
  }

  close(): void {}
}

/** Operations are written to memory and applied together, at flush or when the buffer is full. */
class BatchWriter extends GridCommands implements GridWriter {
  readonly #native: NativeBridge
  readonly #commands: number

  constructor(native: NativeBridge, grid: number, capacityWords: number) {
    const commands = native.commandsCreate(grid, capacityWords)
    super({
      memory: native.commandsMemory(commands),
      drain: () => native.commandsDrain(commands),
      names: gridCommandsNames,
    })
    this.#native = native
    this.#commands = commands
  }

  close(): void {
    this.discard()
    this.#native.commandsDestroy(this.#commands)
  }
}

export interface GridWriterOptions {
  /** Default: the flag `batch`. */
  readonly batch?: boolean
  /** Size of the command buffer in 32-bit words; setCell takes 4. Default 16384 (64 KiB). */
  readonly capacityWords?: number
}

/** A writer for a grid's handle: one call per operation, or the command buffer. */
export function createGridWriter(grid: number, options: GridWriterOptions = {}): GridWriter {
  const native = loadNative()
  const batch =
    options.batch ?? native.listFlags().some((flag) => flag.name === 'batch' && flag.isOn)
  if (!batch) return new CallWriter(native, grid)
  return new BatchWriter(native, grid, options.capacityWords ?? 16384)
}
