import { createRequire } from 'node:module'
import { buildAddon } from './native-build.js'

const require = createRequire(import.meta.url)

export interface NativeFlag {
  readonly name: string
  readonly description: string
  readonly isOnByDefault: boolean
  readonly isOn: boolean
}

/** What bridge*.c exports. Handles are numbers; a stale one throws TERMCORE_STATE. */
export interface NativeBridge {
  gridCreate(cols: number, rows: number, scrollbackLines: number): number
  gridDestroy(grid: number): void
  gridResize(grid: number, cols: number, rows: number): void
  /** The grid's block, see grid.h. The same object until a resize; an old one stays readable, marked retired. */
  gridBlock(grid: number): ArrayBuffer
  gridSetStyle(grid: number, foreground: number, background: number, attributes: number): void
  gridSetCell(grid: number, row: number, col: number, codepoint: number): void
  /** Returns the column after the last cell written. */
  gridPutText(grid: number, row: number, col: number, text: string): number
  gridFill(
    grid: number,
    row: number,
    col: number,
    rows: number,
    cols: number,
    codepoint: number,
  ): void
  gridClear(grid: number): void
  gridScroll(grid: number, top: number, end: number, lines: number, keepHistory: 0 | 1): void
  gridSetCursor(grid: number, row: number, col: number): void
  /** Moves the dirty ranges to gridDirtyBlock; returns how many rows have one. */
  gridTakeDirty(grid: number): number
  /** Two Uint32 a row: first dirty column, and the one after the last. A new one when the rows change. */
  gridDirtyBlock(grid: number): ArrayBuffer

  commandsCreate(grid: number, capacityWords: number): number
  commandsMemory(commands: number): ArrayBuffer
  commandsDrain(commands: number): void
  commandsDestroy(commands: number): void

  listFlags(): NativeFlag[]
  setFlag(index: number, isOn: 0 | 1): void
  metricsBlock(): ArrayBuffer
  misuseCounts(): Record<string, number>
  simdName(): string
  nothing(): void
}

let loaded: object | undefined

/**
 * The native module, built on first use. `TERMCORE_BINARY` names a file to load instead (a sanitizer
 * build, say). Copied into a plain object once: calls through the addon's own exports cost twice as much.
 */
export function loadNative<Part = NativeBridge>(): NativeBridge & Part {
  loaded ??= { ...(require(process.env.TERMCORE_BINARY ?? buildAddon()) as object) }
  return loaded as NativeBridge & Part
}
