import { loadTerminalNative } from './terminal-native.js'

/** Bits of a cell's attributes, as kernels.h has them. */
export const CellAttribute = {
  bold: 1 << 0,
  dim: 1 << 1,
  italic: 1 << 2,
  blink: 1 << 3,
  inverse: 1 << 4,
  invisible: 1 << 5,
  strikethrough: 1 << 6,
  overline: 1 << 7,
  protected: 1 << 11,
  wide: 1 << 12,
  wideTail: 1 << 13,
} as const

const clusterBit = 0x80000000
const lineSlotMask = 0x7fffffff
const rgbBit = 0x02000000
const indexedBit = 0x01000000

/** Index into the header, 32-bit words: tc_grid_header in grid.h. */
const Header = {
  magic: 0,
  version: 1,
  cols: 2,
  rows: 3,
  lineCapacity: 4,
  top: 5,
  historyLines: 6,
  linesOffsetBytes: 7,
  cellsOffsetBytes: 8,
  cursorRow: 9,
  cursorCol: 10,
  cursorFlags: 11,
  generation: 12,
  isRetired: 13,
  scrolledLines: 14,
  changeCount: 15,
} as const

const cursorHidden = 1
const cursorPendingWrap = 2

/** `none`, one of 256 palette entries, or 24 bits. */
export type CellColor =
  | { readonly kind: 'default' }
  | { readonly kind: 'indexed'; readonly index: number }
  | { readonly kind: 'rgb'; readonly rgb: number }

export type UnderlineStyle = 'none' | 'single' | 'double' | 'curly' | 'dotted' | 'dashed'

const underlineStyles: readonly UnderlineStyle[] = [
  'none',
  'single',
  'double',
  'curly',
  'dotted',
  'dashed',
]

const defaultColor: CellColor = { kind: 'default' }

export function toCellColor(color: number): CellColor {
  if (color & rgbBit) return { kind: 'rgb', rgb: color & 0xffffff }
  if (color & indexedBit) return { kind: 'indexed', index: color & 0xff }
  return defaultColor
}

export function toUnderlineStyle(attributes: number): UnderlineStyle {
  return underlineStyles[(attributes >>> 8) & 7] ?? 'none'
}

export interface Cursor {
  readonly row: number
  readonly col: number
  readonly isHidden: boolean
  /** The last column is written; the next character goes to the next line. */
  readonly isPendingWrap: boolean
}

/**
 * Reads a grid's cells straight from native memory, with no copy and no crossing.
 *
 * After a resize the grid has another block. A view notices by itself on the next read; typed arrays
 * taken from it earlier stay readable and show the last state before the resize.
 */
export class GridView {
  readonly #grid: number
  readonly #native = loadTerminalNative()
  #header = new Uint32Array(0)
  #lines = new Uint32Array(0)
  #cells = new Uint32Array(0)

  constructor(grid: number) {
    this.#grid = grid
    this.#attach()
  }

  #attach(): void {
    const block = this.#native.gridBlock(this.#grid)
    this.#header = new Uint32Array(block, 0, 16)
    const lineCapacity = this.#header[Header.lineCapacity]!
    this.#lines = new Uint32Array(block, this.#header[Header.linesOffsetBytes]!, lineCapacity)
    const cellCount = lineCapacity * this.#header[Header.cols]!
    this.#cells = new Uint32Array(block, this.#header[Header.cellsOffsetBytes]!, cellCount * 4)
  }

  /** 16 words that native code keeps current; see grid.h for their order. */
  get header(): Uint32Array {
    if (this.#header[Header.isRetired] !== 0) this.#attach()
    return this.#header
  }

  get cols(): number {
    return this.header[Header.cols]!
  }

  get rows(): number {
    return this.header[Header.rows]!
  }

  get historyLines(): number {
    return this.header[Header.historyLines]!
  }

  /** How many lines ever left the top of the screen (modulo 2^32). */
  get scrolledLines(): number {
    return this.header[Header.scrolledLines]!
  }

  get generation(): number {
    return this.header[Header.generation]!
  }

  get cursor(): Cursor {
    const header = this.header
    const flags = header[Header.cursorFlags]!
    return {
      row: header[Header.cursorRow]!,
      col: header[Header.cursorCol]!,
      isHidden: (flags & cursorHidden) !== 0,
      isPendingWrap: (flags & cursorPendingWrap) !== 0,
    }
  }

  /** All cells, four words each; rows are not in order: find them by `rowOffset`. */
  get cells(): Uint32Array {
    if (this.#header[Header.isRetired] !== 0) this.#attach()
    return this.#cells
  }

  #entry(row: number): number {
    const header = this.header
    const capacity = header[Header.lineCapacity]!
    const first = -header[Header.historyLines]!
    if (!(row >= first && row < header[Header.rows]!))
      throw new RangeError(
        `row ${row} is not in the grid, which has ${first} to ${header[Header.rows]! - 1}`,
      )
    return this.#lines[(header[Header.top]! + row + capacity) % capacity]!
  }

  /**
   * Where a row starts in `cells`: cell `col` has its content, foreground, background and attributes
   * at this plus `col * 4`. Row 0 is the top of the screen, -1 the newest line of the scrollback.
   */
  rowOffset(row: number): number {
    return (this.#entry(row) & lineSlotMask) * this.cols * 4
  }

  /** Does this row continue the one above it (a soft wrap, not a line feed)? */
  isWrapped(row: number): boolean {
    return this.#entry(row) >>> 31 === 1
  }

  /** What a content word shows: '' for a cell never written and for the right half of a wide one. */
  textOf(content: number): string {
    if (content === 0) return ''
    if (content >= clusterBit) return this.#native.gridCluster(this.#grid, content)
    return content <= 0x10ffff ? String.fromCodePoint(content) : '\ufffd'
  }

  /** The row's text; cells never written are spaces. */
  rowText(row: number, options: { readonly trimRight?: boolean } = {}): string {
    const start = this.rowOffset(row)
    const { cells, cols } = this
    let text = ''
    for (let col = 0; col < cols; col++) {
      const content = cells[start + col * 4]!
      const isTail = (cells[start + col * 4 + 3]! & CellAttribute.wideTail) !== 0
      if (!isTail) text += content === 0 ? ' ' : this.textOf(content)
    }
    return (options.trimRight ?? true) ? text.replace(/ +$/, '') : text
  }
}

/** The dirty ranges of a grid as one array, made anew only when the native side has another block. */
export class DamageView {
  readonly #grid: number
  readonly #native = loadTerminalNative()
  #ranges = new Uint32Array(0)

  constructor(grid: number) {
    this.#grid = grid
  }

  /** [first, end) columns of each row, since the last call; `first == end` for a clean row. */
  take(): Uint32Array {
    this.#native.gridTakeDirty(this.#grid)
    const block = this.#native.gridDirtyBlock(this.#grid)
    if (this.#ranges.buffer !== block) this.#ranges = new Uint32Array(block)
    return this.#ranges
  }
}
