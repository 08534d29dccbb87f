/** Live bytes and RSS over the life of a process, with its marks below. */
import type { CaptureFacts, ProcessFacts } from '../../contract/facts.js'
import { formatBytes, formatCount, formatDuration } from '../format-quantity.js'
import { mainProcessIndex, processLabel } from '../process-choice.js'
import { brailleChart, type ChartSeries } from './braille-chart.js'
import { printableFacts } from './printable-facts.js'
import {
  fit,
  joinLines,
  padEnd,
  padStart,
  type TextOptions,
  type TextStyle,
  textStyle,
} from './text-style.js'

export interface TimelineOptions extends TextOptions {
  processIndex?: number
  /** Rows of each chart; default 10. */
  height?: number
}

const axisWidth = 11
const marksShown = 16

export function renderTimeline(captureFacts: CaptureFacts, options: TimelineOptions = {}): string {
  const facts = printableFacts(captureFacts)
  const style = textStyle(options)
  const process = facts.processes[options.processIndex ?? mainProcessIndex(facts)]
  if (process === undefined) return 'The capture holds no process.\n'
  const { timeline, gc } = process
  const height = options.height ?? 10
  const lines = [style.bold(fit(processLabel(process), style.width)), '']
  lines.push(
    ...chartLines(
      'Live native bytes',
      { x: timeline.liveMs, y: timeline.liveBytes },
      process,
      height,
      style,
    ),
  )
  lines.push(
    ...chartLines('RSS', { x: timeline.rssMs, y: timeline.rssBytes }, process, height, style),
  )
  const { fdCount, threadCount } = timeline
  if (fdCount.length > 0) lines.push(rangeLine('descriptors', fdCount, style))
  if (threadCount.length > 0) lines.push(rangeLine('threads', threadCount, style))
  if (gc.count > 0)
    lines.push(
      `${style.dim(padEnd('GC', 13))}${formatCount(gc.count)} collections, ${formatDuration(gc.totalMs)} in all`,
    )
  if (process.marks.length > 0) lines.push('', ...markTable(process, style))
  return joinLines(lines)
}

function rangeLine(label: string, values: readonly number[], style: TextStyle): string {
  const first = formatCount(values[0] ?? 0)
  const last = formatCount(values.at(-1) ?? 0)
  // Not Math.max(...): a soak has more samples than a call has arguments.
  const most = formatCount(values.reduce((a, b) => Math.max(a, b), 0))
  return `${style.dim(padEnd(label, 13))}${first} at first, ${last} at last, ${most} at most`
}

function chartLines(
  title: string,
  series: ChartSeries,
  process: ProcessFacts,
  heightRows: number,
  style: TextStyle,
): string[] {
  if (series.x.length < 2) return [style.dim(`${title}: not sampled`), '']
  const widthColumns = style.width - axisWidth - 1
  const yMax = series.y.reduce((a, b) => Math.max(a, b), 0)
  const xMax = Math.max(process.durationMs, series.x.at(-1) ?? 0)
  const rows = brailleChart(series, { widthColumns, heightRows, xMin: 0, xMax, yMin: 0, yMax })
  const label = (row: number) =>
    row === 0
      ? formatBytes(yMax)
      : row === heightRows - 1
        ? '0'
        : row === Math.floor(heightRows / 2)
          ? formatBytes(yMax * (1 - row / (heightRows - 1)))
          : ''
  return [
    style.bold(title),
    ...rows.map(
      (row, index) => `${style.dim(`${padStart(label(index), axisWidth - 1)}┤`)}${style.user(row)}`,
    ),
    style.dim(`${' '.repeat(axisWidth - 1)}└${timeAxis(process, xMax, widthColumns)}`),
    style.dim(`${' '.repeat(axisWidth)}0${padStart(formatDuration(xMax), widthColumns - 1)}`),
    '',
  ]
}

/** The axis itself, with a `┬` where a mark is. */
function timeAxis(process: ProcessFacts, xMax: number, widthColumns: number): string {
  const axis = Array.from({ length: widthColumns }, () => '─')
  for (const mark of process.marks) {
    const column = Math.round((mark.timeMs / xMax) * (widthColumns - 1))
    if (column >= 0 && column < widthColumns) axis[column] = '┬'
  }
  return axis.join('')
}

function markTable(process: ProcessFacts, style: TextStyle): string[] {
  const { marks } = process
  const shown =
    marks.length <= marksShown
      ? marks
      : [...marks.slice(0, marksShown / 2), ...marks.slice(-marksShown / 2)]
  const rows = shown.map(
    (mark) =>
      `  ${padStart(formatDuration(mark.timeMs), 10)}  ${padEnd(fit(mark.name, 32), 32)}  ${padStart(formatBytes(mark.liveBytes), 10)} ${padStart(formatCount(mark.liveCount), 12)} blocks`,
  )
  if (shown.length < marks.length)
    rows.splice(
      marksShown / 2,
      0,
      style.dim(`  ⋮ ${formatCount(marks.length - shown.length)} more`),
    )
  return [style.dim('Marks (┬): live bytes and blocks'), ...rows]
}
