import { brailleChart, type ChartSeries } from './braille-chart.js'
import { padEnd, padStart, type TextStyle } from './text-style.js'

export interface SoakChart extends ChartSeries {
  title: string
  format: (value: number) => string
  heightRows: number
  /** Memory that wavers by a hundredth should look as if it did; latency starts at 0. */
  isFromZero: boolean
  /** The end of the axis: the whole soak, while it runs. */
  xMax: number
}

const axisWidth = 11

/** Lines of one chart, the title in the first of them beside the last value. */
export function soakChartLines(chart: SoakChart, style: TextStyle): string[] {
  const { x, y, title, format, heightRows, xMax } = chart
  if (x.length < 2) return [`${style.bold(title)}  ${style.dim('not measured yet')}`]
  const highest = y.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const lowest = y.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const yMin = chart.isFromZero ? 0 : lowest - Math.max((highest - lowest) / 2, lowest * 0.02)
  const yMax = chart.isFromZero
    ? highest
    : highest + Math.max((highest - lowest) / 2, lowest * 0.02)
  const widthColumns = style.width - axisWidth - 1
  const rows = brailleChart(
    { x, y },
    { widthColumns, heightRows, xMin: 0, xMax, yMin: Math.max(0, yMin), yMax },
  )
  const label = (row: number) =>
    row === 0 ? format(yMax) : row === heightRows - 1 ? format(Math.max(0, yMin)) : ''
  return [
    `${style.bold(title)}  ${style.dim('now')} ${format(y.at(-1)!)}${padEnd('', 1)}`,
    ...rows.map(
      (row, index) => `${style.dim(`${padStart(label(index), axisWidth - 1)}┤`)}${style.user(row)}`,
    ),
  ]
}
