/** The verdict table in a terminal. */
import type { Validation, VerdictRow } from '../../contract/validation.js'
import type { VerdictStatus } from '../../contract/verdict.js'
import { statusWords } from '../status-words.js'
import {
  columns,
  heading,
  joinLines,
  padEnd,
  printable,
  type TextOptions,
  type TextStyle,
  textStyle,
  wrap,
} from './text-style.js'
import { statusPaints } from './verdict-text.js'

export function renderValidation(validation: Validation, options: TextOptions = {}): string {
  const style = textStyle(options)
  const { subject, rows, risks, stages, machine } = validation
  const lines = [
    heading(
      style,
      `${subject.name}${subject.version ? ` ${subject.version}` : ''}: ${validation.kind} validation`,
    ),
    style.dim(
      `${machine.cpuModel}, ${machine.cpuCount} CPUs, ${machine.os}, Node ${machine.nodeVersion}`,
    ),
    '',
  ]
  for (const part of ['memory safety', 'performance'] as const) {
    const some = rows.filter((row) => row.part === part)
    if (some.length === 0) continue
    lines.push(style.bold(part[0]!.toUpperCase() + part.slice(1)), ...tableLines(some, style))
    if (part === 'memory safety')
      for (const { component, risk, why } of risks)
        lines.push(
          style.dim(`  risk of ${printable(component)}: `) +
            (risk === 'high'
              ? style.fail(risk)
              : risk === 'low'
                ? style.pass(risk)
                : style.warn(risk)) +
            style.dim(` (${printable(why)})`),
        )
    lines.push('')
  }
  for (const { name, status, reason } of stages)
    if (status !== 'done')
      lines.push(style.warn(`${name}: ${status}${reason ? `, ${printable(reason)}` : ''}`))
  for (const text of machine.disturbances) lines.push(style.dim(`this machine: ${printable(text)}`))
  lines.push('', summaryLine(validation, style))
  return joinLines(lines)
}

function tableLines(rows: readonly VerdictRow[], style: TextStyle): string[] {
  const paints = statusPaints(style)
  const nameOf = ({ name }: VerdictRow) => printable(name)
  const widest = (texts: string[], most: number) => Math.min(most, Math.max(...texts.map(columns)))
  const componentWidth = widest(
    rows.map(({ component }) => printable(component)),
    14,
  )
  const nameWidth = widest(rows.map(nameOf), 44)
  const targetWidth = widest(
    rows.map(({ target }) => printable(target)),
    16,
  )
  const indent = ' '.repeat(16 + componentWidth + nameWidth + targetWidth + 6)
  let last = ''
  return rows.map((row) => {
    const component = row.component === last ? '' : printable(row.component)
    last = row.component
    const told = printable(
      [row.evidence, row.reason].filter(Boolean).join('; ').replace(/\s+/g, ' '),
    )
    const isOptional = row.level === 'warn' && row.status !== 'pass'
    return [
      paints[row.status](padEnd(statusWords[row.status], 14)),
      style.bold(padEnd(component, componentWidth)),
      padEnd(short(nameOf(row), nameWidth), nameWidth),
      style.dim(padEnd(printable(row.target), targetWidth)),
      wrap(
        isOptional ? `${told} (not decisive)` : told,
        Math.max(24, style.width - indent.length),
        indent,
      ),
    ].join('  ')
  })
}

const tailColumns = 16

/** A row keeps its line: the middle goes, since a name ends with what tells it from the next. */
const short = (name: string, width: number): string =>
  columns(name) <= width
    ? name
    : `${name.slice(0, width - tailColumns - 1)}…${name.slice(-tailColumns)}`

function summaryLine({ rows, status }: Validation, style: TextStyle): string {
  const count = (wanted: VerdictStatus) => rows.filter((row) => row.status === wanted).length
  const text = `${count('pass')} passed, ${count('fail')} failed, ${count('inconclusive')} inconclusive, ${count('not-run')} not run`
  return status === 'pass'
    ? style.pass(`PASS: ${text}`)
    : style.fail(`${statusWords[status].slice(2).toUpperCase()}: ${text}`)
}
