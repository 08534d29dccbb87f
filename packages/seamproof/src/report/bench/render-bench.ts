import type { MeasurementList } from '../../contract/measurement.js'
import type { VerdictRow } from '../../contract/validation.js'
import {
  columns,
  heading,
  joinLines,
  padEnd,
  padStart,
  printable,
  type TextOptions,
  type TextStyle,
  textStyle,
  wrap,
} from '../text/text-style.js'
import { type BenchTable, benchHeads, benchTables, missingLines } from './bench-table.js'

/** The numbers of a bench for the terminal, with what was asked of them where there are targets. */
export function renderBench(
  list: MeasurementList,
  rows: readonly VerdictRow[],
  options: TextOptions,
): string {
  const style = textStyle(options)
  const { machine } = list
  const lines = [
    style.dim(
      printable(
        `Node ${machine.nodeVersion.replace(/^v/, '')}, ${machine.os}, ${machine.cpuCount} × ${machine.cpuModel}`,
      ),
    ),
    ...machine.disturbances.map((text) =>
      style.warn(wrap(`! ${printable(text)}`, style.width, '  ')),
    ),
    '',
  ]
  for (const table of benchTables(list)) lines.push(...tableLines(table, style), '')
  for (const text of [...missingLines(list), ...list.notes])
    lines.push(wrap(printable(text), style.width, '  '))
  if (rows.length > 0) lines.push('', ...targetLines(rows, style))
  return joinLines(lines)
}

function tableLines({ workload, component, lines, notes }: BenchTable, style: TextStyle): string[] {
  const cells = lines.map((line) => [
    printable(line.name) + (line.noteNumber === undefined ? '' : ` [${line.noteNumber}]`),
    line.value,
    line.interval,
    line.count,
    line.spread,
  ])
  const widths = benchHeads.map((head, column) =>
    Math.max(columns(head), ...cells.map((row) => columns(row[column]!))),
  )
  const shown = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? padEnd(cell, widths[column]!) : padStart(cell, widths[column]!),
      )
      .join('  ')
  const title = component === undefined ? workload : `${workload} (${component})`
  return [
    heading(style, printable(title)),
    style.dim(`  ${shown(benchHeads)}`),
    ...cells.map((row, index) =>
      lines[index]!.noteNumber === undefined ? `  ${shown(row)}` : style.dim(`  ${shown(row)}`),
    ),
    ...notes.map((note, index) =>
      style.warn(wrap(`  [${index + 1}] inconclusive: ${printable(note)}`, style.width, '      ')),
    ),
  ]
}

export function targetLines(rows: readonly VerdictRow[], style: TextStyle): string[] {
  const paint = {
    pass: style.pass,
    fail: style.fail,
    inconclusive: style.warn,
    'not-run': style.warn,
  }
  return [
    heading(style, 'Targets'),
    ...rows.map(({ status, level, name, target, evidence, reason }) => {
      const shownStatus = status === 'fail' && level === 'warn' ? 'warn' : status
      const mark = (status === 'fail' && level === 'warn' ? style.warn : paint[status])(
        padEnd(shownStatus, 12),
      )
      const why = reason === undefined || status === 'pass' ? '' : `; ${reason}`
      return `  ${mark}  ${wrap(printable(`${name} ${target}: ${evidence}${why}`), style.width - 16, ' '.repeat(16))}`
    }),
  ]
}
