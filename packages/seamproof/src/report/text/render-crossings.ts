/** Calls from JavaScript into addons: how many, what was done inside, what getting there cost. */
import type { CrossingTime } from '../../contract/opportunity.js'
import { formatBytes } from '../format-quantity.js'
import { crossingHeads, crossingRow } from '../opportunities/opportunity-words.js'
import {
  columns,
  fit,
  heading,
  joinLines,
  padEnd,
  padStart,
  printable,
  type TextOptions,
  type TextStyle,
  textStyle,
} from './text-style.js'

export const renderCrossings = (
  crossings: readonly CrossingTime[],
  options: TextOptions & { limit?: number } = {},
): string => joinLines(crossingLines(crossings, textStyle(options), options.limit))

export function crossingLines(
  crossings: readonly CrossingTime[],
  style: TextStyle,
  limit = 15,
): string[] {
  const rows = [
    [...crossingHeads],
    ...crossings.slice(0, limit).map((one) => crossingRow(one, formatBytes).map(printable)),
  ]
  // Columns that only the seam layer can fill.
  const isEmpty = (at: number) =>
    rows.slice(1).every((row) => row[at] === '–' || row[at] === 'not counted')
  const hidden = rows[0]!.map((_, at) => isEmpty(at))
  const shown = rows.map((row) => row.filter((_, at) => !hidden[at]))
  const widths = shown[0]!.map((_, at) => Math.max(...shown.map((row) => columns(row[at]!))))
  widths[0] = Math.min(widths[0]!, 40)
  const lines = shown.map((row, index) => {
    const text = row
      .map((cell, at) =>
        at === 0 ? padEnd(fit(cell, widths[0]!), widths[0]!) : padStart(cell, widths[at]!),
      )
      .join('  ')
    return `  ${index === 0 ? style.dim(text) : text}`
  })
  return [heading(style, 'Calls into addons'), ...lines]
}
