import type { Comparison } from '../../contract/comparison.js'
import {
  columns,
  heading,
  joinLines,
  padEnd,
  padStart,
  printable,
  type TextOptions,
  textStyle,
} from '../text/text-style.js'
import { comparisonHeads, comparisonLines } from './comparison-table.js'

/** Both sides of every metric, what changed, and how sure that is. */
export function renderComparison(
  title: string,
  comparisons: readonly Comparison[],
  options: TextOptions,
): string {
  const style = textStyle(options)
  const rows = comparisonLines(comparisons).map((row) => row.map(printable))
  const last = comparisonHeads.length - 1
  const widths = comparisonHeads.map((head, column) =>
    column === last ? 0 : Math.max(columns(head), ...rows.map((row) => columns(row[column]!))),
  )
  const shown = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 || column === last
          ? padEnd(cell, widths[column]!)
          : padStart(cell, widths[column]!),
      )
      .join('  ')
  const paint = { better: style.pass, worse: style.fail, same: style.dim, inconclusive: style.warn }
  return joinLines([
    heading(style, printable(title)),
    style.dim(`  ${shown(comparisonHeads)}`),
    ...rows.map((row, index) => paint[comparisons[index]!.outcome](`  ${shown(row)}`)),
  ])
}
