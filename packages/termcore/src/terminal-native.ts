import { loadNative, type NativeBridge } from './native.js'

/** What terminal_bindings.c and kernels_bindings.c export, beside the bridge. */
export interface NativeTerminal {
  terminalCreate(cols: number, rows: number, scrollbackLines: number): number
  terminalDestroy(terminal: number): void
  terminalResize(terminal: number, cols: number, rows: number): void
  /** Returns bits of `TerminalEventBit`. */
  terminalWrite(terminal: number, bytes: Uint8Array): number
  /** The handle of the main (0) or the alternate (1) grid; both live as long as the terminal. */
  terminalGrid(terminal: number, which: 0 | 1): number
  terminalModes(terminal: number): number
  terminalCursorStyle(terminal: number): number
  terminalTitle(terminal: number): string
  terminalTakeResponse(terminal: number): string
  terminalCounts(terminal: number): TerminalCounts
  /** The text of a cell whose content has the cluster bit. */
  gridCluster(grid: number, content: number): string
  gridUnderlineColor(grid: number, id: number): number

  /** Bit per level: scalar 1, SSE2 2, AVX2 4, NEON 8. */
  kernelLevels(): number
  kernelFill(level: number, cells: Uint8Array, value: Uint8Array): void
  kernelClear(level: number, cells: Uint8Array): void
  kernelScroll(
    level: number,
    cells: Uint8Array,
    rows: number,
    cols: number,
    lines: number,
    blank: Uint8Array,
  ): void
  kernelDiff(
    level: number,
    before: Uint8Array,
    after: Uint8Array,
    rows: number,
    cols: number,
    ranges: Uint8Array,
  ): number
  kernelDecodeAscii(level: number, cells: Uint8Array, bytes: Uint8Array, pen: Uint8Array): number
}

/** What the terminal could not do with its input; all zero for well-behaved programs. */
export interface TerminalCounts {
  /** Sequences that are well formed but that termcore does not act on. */
  readonly unknownSequenceCount: number
  /** OSC and DCS strings longer than 64 KiB. */
  readonly lostStringCount: number
  /** Answers that the host did not collect in time (64 KiB pending). */
  readonly lostResponseCount: number
  readonly clusterCount: number
  readonly clusterSweepCount: number
  /** Combining characters not shown: more than 16 in a cell, or the table was full. */
  readonly clusterDroppedCount: number
  readonly underlineColorCount: number
}

export function loadTerminalNative(): NativeBridge & NativeTerminal {
  return loadNative<NativeTerminal>()
}

/** The same values as TC_EVENT_* in terminal.h. */
export const TerminalEventBit = {
  damage: 1 << 0,
  response: 1 << 1,
  title: 1 << 2,
  bell: 1 << 3,
  modes: 1 << 4,
  screen: 1 << 5,
  cursor: 1 << 6,
} as const

/** The same values as TC_MODE_* in terminal.h. */
export const TerminalModeBit = {
  applicationCursor: 1 << 0,
  applicationKeypad: 1 << 1,
  bracketedPaste: 1 << 2,
  focusEvents: 1 << 3,
  mouseX10: 1 << 4,
  mousePress: 1 << 5,
  mouseDrag: 1 << 6,
  mouseAny: 1 << 7,
  mouseSgr: 1 << 8,
  mouseSgrPixels: 1 << 9,
  synchronized: 1 << 10,
  cursorHidden: 1 << 11,
  alternate: 1 << 12,
  origin: 1 << 13,
  wrap: 1 << 14,
  reverseWrap: 1 << 15,
  insert: 1 << 16,
  newLine: 1 << 17,
  cursorBlink: 1 << 18,
} as const
