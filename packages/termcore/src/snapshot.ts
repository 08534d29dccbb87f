import type { GridView, UnderlineStyle } from './grid-view.js'
import { CellAttribute, type CellColor, toCellColor, toUnderlineStyle } from './grid-view.js'

/** How a run of cells looks. */
export interface RunStyle {
  readonly foreground: CellColor
  readonly background: CellColor
  readonly underlineColor: CellColor
  readonly underline: UnderlineStyle
  readonly isBold: boolean
  readonly isDim: boolean
  readonly isItalic: boolean
  readonly isBlink: boolean
  readonly isInverse: boolean
  readonly isInvisible: boolean
  readonly isStrikethrough: boolean
  readonly isOverline: boolean
}

/** Neighbouring cells of one style. A wide character is a run of its own, so that it can be placed. */
export interface Run {
  readonly col: number
  readonly cols: number
  readonly text: string
  readonly style: RunStyle
  readonly isWide: boolean
}

export interface SnapshotSource {
  readonly view: GridView
  /** Colour of an underline colour id. */
  underlineColorOf(id: number): number
}

/** Attribute bits that change how a cell looks. */
const visibleAttributes = 0xffff07ff

function styleOf(source: SnapshotSource, at: number): RunStyle {
  const { cells } = source.view
  const attributes = cells[at + 3]!
  const has = (bit: number) => (attributes & bit) !== 0
  const underlineId = attributes >>> 16
  return {
    foreground: toCellColor(cells[at + 1]!),
    background: toCellColor(cells[at + 2]!),
    underlineColor: toCellColor(underlineId === 0 ? 0 : source.underlineColorOf(underlineId)),
    underline: toUnderlineStyle(attributes),
    isBold: has(CellAttribute.bold),
    isDim: has(CellAttribute.dim),
    isItalic: has(CellAttribute.italic),
    isBlink: has(CellAttribute.blink),
    isInverse: has(CellAttribute.inverse),
    isInvisible: has(CellAttribute.invisible),
    isStrikethrough: has(CellAttribute.strikethrough),
    isOverline: has(CellAttribute.overline),
  }
}

/** The runs of a row, from column 0 to the last, gaps included. */
export function runsOf(source: SnapshotSource, row: number): Run[] {
  const { view } = source
  const { cells, cols } = view
  const start = view.rowOffset(row)
  const runs: Run[] = []
  let col = 0
  while (col < cols) {
    const at = start + col * 4
    const isWide = (cells[at + 3]! & CellAttribute.wide) !== 0
    let text = view.textOf(cells[at]!) || ' '
    let end = col + (isWide ? 2 : 1)
    while (!isWide && end < cols && continues(cells, at, start + end * 4)) {
      text += view.textOf(cells[start + end * 4]!) || ' '
      end++
    }
    runs.push({ col, cols: end - col, text, style: styleOf(source, at), isWide })
    col = end
  }
  return runs
}

function continues(cells: Uint32Array, first: number, next: number): boolean {
  return (
    cells[first + 1] === cells[next + 1] &&
    cells[first + 2] === cells[next + 2] &&
    (cells[first + 3]! & visibleAttributes) === (cells[next + 3]! & visibleAttributes) &&
    (cells[next + 3]! & CellAttribute.wide) === 0
  )
}

/** First row and one after the last. */
export type RowSpan = readonly [first: number, end: number]

/** Plain text: one line per row, trailing spaces cut, trailing empty rows kept. */
export function renderText(source: SnapshotSource, [first, end]: RowSpan): string {
  const lines: string[] = []
  for (let row = first; row < end; row++) lines.push(source.view.rowText(row))
  return lines.join('\n')
}
