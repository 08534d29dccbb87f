/** Charts as SVG in the page: they print, scale, follow the colour scheme and need no script. */
import { quantityText } from '../../base/quantity-text.js'
import type { Unit } from '../../contract/measurement.js'
import type { PercentileLine, SeriesLine } from '../../contract/validation.js'
import { escapeHtml } from '../html-text.js'

const width = 720
const height = 220
const left = 76
const right = 12
const top = 10
const bottom = 34

interface Scale {
  at(value: number): number
  ticks: number[]
}

function linear(low: number, high: number, from: number, to: number, tickCount: number): Scale {
  const span = high > low ? high - low : Math.abs(high) || 1
  const rough = span / tickCount
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough)!
  const ticks: number[] = []
  for (let tick = Math.ceil(low / step) * step; tick <= low + span * 1.0001; tick += step)
    ticks.push(Math.abs(tick) < step / 1e6 ? 0 : tick)
  return { at: (value) => from + ((value - low) / span) * (to - from), ticks }
}

function logarithmic(low: number, high: number, from: number, to: number): Scale {
  const first = Math.floor(Math.log10(low))
  const last = Math.max(first + 1, Math.ceil(Math.log10(high)))
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i))
  return {
    at: (value) =>
      from + ((Math.log10(Math.max(value, 10 ** first)) - first) / (last - first)) * (to - from),
    ticks,
  }
}

/** The more nines, the further right: p50 is at 0.3, p99 at 2, p99.99 at 4. */
const nines = (percentile: number): number => -Math.log10(Math.max(1e-6, 1 - percentile / 100))

const percentileTicks = [0, 50, 90, 99, 99.9, 99.99, 99.999]

export function percentileChart(
  title: string,
  unit: Unit,
  lines: readonly PercentileLine[],
): string {
  const points = lines.flatMap((line) => line.points).filter(({ value }) => value > 0)
  if (points.length < 2) return emptyChart(title)
  const values = points.map(({ value }) => value)
  const most = Math.max(...points.map(({ percentile }) => Math.min(99.9995, percentile)))
  const y = logarithmic(Math.min(...values), Math.max(...values), height - bottom, top)
  const x = linear(0, nines(most), left, width - right, 5)
  const shown = percentileTicks.filter((tick) => tick <= most)
  return chart(title, lines, {
    yTicks: y.ticks.map((tick) => ({ at: y.at(tick), text: quantityText(tick, unit) })),
    xTicks: shown.map((tick) => ({ at: x.at(nines(tick)), text: `p${tick}` })),
    paths: lines.map((line) =>
      line.points
        .filter(({ value, percentile }) => value > 0 && percentile <= most)
        .map(({ percentile, value }) => ({ x: x.at(nines(percentile)), y: y.at(value) })),
    ),
  })
}

export function seriesChart(title: string, unit: Unit, lines: readonly SeriesLine[]): string {
  const values = lines.flatMap((line) => line.values)
  const times = lines.flatMap((line) => line.timeS)
  if (values.length < 2) return emptyChart(title)
  const high = Math.max(...values)
  const y = linear(Math.min(0, ...values), high === 0 ? 1 : high * 1.08, height - bottom, top, 4)
  const x = linear(Math.min(...times), Math.max(...times), left, width - right, 6)
  return chart(title, lines, {
    yTicks: y.ticks.map((tick) => ({ at: y.at(tick), text: quantityText(tick, unit) })),
    xTicks: x.ticks.map((tick) => ({ at: x.at(tick), text: clockText(tick) })),
    paths: lines.map((line) =>
      line.values.map((value, i) => ({ x: x.at(line.timeS[i]!), y: y.at(value) })),
    ),
  })
}

/** Every sample is a mark: a spread that a bar would hide is seen. */
export function samplesChart(
  title: string,
  unit: Unit,
  groups: readonly { name: string; values: readonly number[] }[],
): string {
  const values = groups.flatMap((group) => [...group.values])
  if (values.length === 0) return emptyChart(title)
  const low = Math.min(...values)
  const high = Math.max(...values)
  const room = (high - low || Math.abs(high) || 1) * 0.05
  const rowHeight = 26
  const tall = top + groups.length * rowHeight + bottom
  const x = linear(low - room, high + room, left + 90, width - right, 5)
  const marks = groups.flatMap((group, row) => {
    const middle = top + row * rowHeight + rowHeight / 2
    return [
      text(left + 82, middle + 4, group.name, 'end'),
      ...group.values.map(
        (value) =>
          `<line class="tick c${row % 4}" x1="${fixed(x.at(value))}" x2="${fixed(x.at(value))}" y1="${middle - 8}" y2="${middle + 8}"/>`,
      ),
    ]
  })
  const ticks = x.ticks.flatMap((tick) => [
    `<line class="grid" x1="${fixed(x.at(tick))}" x2="${fixed(x.at(tick))}" y1="${top}" y2="${tall - bottom}"/>`,
    text(x.at(tick), tall - bottom + 18, quantityText(tick, unit), 'middle'),
  ])
  return svg(title, tall, [...ticks, ...marks])
}

interface ChartParts {
  yTicks: { at: number; text: string }[]
  xTicks: { at: number; text: string }[]
  paths: { x: number; y: number }[][]
}

function chart(title: string, lines: readonly { name: string }[], parts: ChartParts): string {
  const grid = [
    ...parts.yTicks.flatMap(({ at, text: label }) => [
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${fixed(at)}" y2="${fixed(at)}"/>`,
      text(left - 6, at + 4, label, 'end'),
    ]),
    ...parts.xTicks.map(({ at, text: label }) => text(at, height - bottom + 18, label, 'middle')),
  ]
  const drawn = parts.paths.map(
    (points, i) =>
      `<polyline class="line c${i % 4}" points="${points.map((point) => `${fixed(point.x)},${fixed(point.y)}`).join(' ')}"/>`,
  )
  const legend =
    lines.length < 2
      ? ''
      : `<p class="legend">${lines.map(({ name }, i) => `<span class="key k${i % 4}"></span>${escapeHtml(name)}`).join(' ')}</p>`
  return svg(title, height, [...grid, ...drawn]) + legend
}

/** Seconds as a reader of a clock says them: an hour has ticks at `10 min`, not at `600 s`. */
function clockText(seconds: number): string {
  if (seconds >= 3600) return `${Number((seconds / 3600).toFixed(2))} h`
  return seconds >= 60 ? `${Number((seconds / 60).toFixed(1))} min` : quantityText(seconds, 's')
}

const svg = (title: string, tall: number, parts: readonly string[]): string =>
  `<svg class="chart" viewBox="0 0 ${width} ${tall}" role="img" aria-label="${escapeHtml(title)}"><title>${escapeHtml(title)}</title>${parts.join('')}</svg>`

const text = (x: number, y: number, label: string, anchor: 'end' | 'middle'): string =>
  `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${escapeHtml(label)}</text>`

const emptyChart = (title: string): string =>
  `<p class="empty">${escapeHtml(title)}: too few points to draw.</p>`

const fixed = (value: number): string => value.toFixed(1)
