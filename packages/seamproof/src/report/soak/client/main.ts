import uPlot from 'uplot'
import { formatBytes, formatCount, formatPercent } from '../../format-quantity.js'
import { formatNs, formatPerS, formatSpan } from '../../soak-words.js'
import { statusWords } from '../../status-words.js'
import {
  type AxisUnit,
  type SoakChartData,
  type SoakDocument,
  type SoakTable,
  soakDocumentVersion,
} from '../soak-document.js'

const formats: Record<AxisUnit, (value: number) => string> = {
  bytes: formatBytes,
  ns: formatNs,
  perS: formatPerS,
  share: formatPercent,
  count: formatCount,
}
const colours = ['#d8702c', '#2f7fc1', '#2f9e6e', '#8f6bc4', '#b8912a']

const css = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim()

function made<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, text = '', className = '') {
  const element = document.createElement(tag)
  element.textContent = text
  element.className = className
  return element
}

/** uPlot wants one time axis: lines with times of their own are joined, with gaps that it spans. */
function dataOf({ lines }: SoakChartData): uPlot.AlignedData {
  return uPlot.join(
    lines.map(
      ({ elapsedMs, values }) => [elapsedMs.map((ms) => ms / 1000), values] as uPlot.AlignedData,
    ),
  )
}

/** The end of the warm-up, and where a process began after a gap. */
function marks(report: SoakDocument): uPlot.Plugin {
  const lines = [report.warmupEndMs, ...report.gapsMs].filter((ms) => ms > 0)
  return {
    hooks: {
      draw: ({ ctx, bbox, valToPos }: uPlot) => {
        ctx.save()
        ctx.strokeStyle = css('--muted')
        ctx.setLineDash([4, 4])
        for (const ms of lines) {
          const x = valToPos(ms / 1000, 'x', true)
          ctx.beginPath()
          ctx.moveTo(x, bbox.top)
          ctx.lineTo(x, bbox.top + bbox.height)
          ctx.stroke()
        }
        ctx.restore()
      },
    },
  }
}

function draw(
  chart: SoakChartData,
  report: SoakDocument,
  sync: uPlot.SyncPubSub,
  into: HTMLElement,
): uPlot {
  const format = formats[chart.unit]
  const axis = { stroke: css('--text'), grid: { stroke: css('--line'), width: 1 } }
  return new uPlot(
    {
      width: into.clientWidth,
      height: 220,
      cursor: { sync: { key: sync.key }, drag: { x: true, y: false } },
      scales: {
        x: { time: false },
        y: chart.isFromZero ? { range: (_, _min, max) => [0, max * 1.1 || 1] } : {},
      },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map((tick) => formatSpan(tick * 1000)) },
        { ...axis, size: 90, values: (_, ticks) => ticks.map((tick) => format(tick)) },
      ],
      series: [
        { label: 'time', value: (_, value) => (value === null ? '–' : formatSpan(value * 1000)) },
        ...chart.lines.map(({ label }, index) => ({
          label,
          stroke: colours[index % colours.length]!,
          width: 1.5,
          spanGaps: true,
          points: { show: false },
          value: (_: uPlot, value: number | null) => (value === null ? '–' : format(value)),
        })),
      ],
      plugins: [marks(report)],
    },
    dataOf(chart),
    into,
  )
}

function table({ title, columns, rows }: SoakTable): HTMLElement {
  const element = made('table')
  element.append(made('caption', title))
  const line = (cells: string[], tag: 'th' | 'td') => {
    const row = made('tr')
    row.append(...cells.map((cell, index) => made(index === 0 ? 'th' : tag, cell)))
    return row
  }
  element.append(line(columns, 'th'), ...rows.map((row) => line(row, 'td')))
  const scroll = made('div', '', 'scroll')
  scroll.append(element)
  return scroll
}

function checks(report: SoakDocument): HTMLElement {
  const list = made('ul', '', 'checks')
  for (const { check, status, evidence, reason } of report.checks) {
    const item = made('li', '', status)
    item.append(made('b', statusWords[status]), made('strong', check))
    item.append(made('span', [evidence, reason].filter(Boolean).join('; ')))
    list.append(item)
  }
  return list
}

function grown(report: SoakDocument): HTMLElement[] {
  const shown: HTMLElement[] = []
  if (report.grown.length > 0) shown.push(made('h2', 'What grew'))
  for (const { what, figure, sentence } of report.grown) {
    const line = made('p')
    line.append(made('strong', `${what} ${figure} `), sentence)
    shown.push(line)
  }
  shown.push(...stacked('Where it was allocated', report.leaks))
  shown.push(...stacked('What the seam layer saw', report.findings))
  return shown
}

function stacked(title: string, list: SoakDocument['leaks']): HTMLElement[] {
  if (list.length === 0) return []
  return [
    made('h2', title),
    ...list.map(({ text, stack }) => {
      const details = made('details')
      details.append(made('summary', text), made('pre', stack.join('\n')))
      return details
    }),
  ]
}

function figures(report: SoakDocument): HTMLElement {
  const list = made('dl')
  for (const [label, value] of report.figures) list.append(made('dt', label), made('dd', value))
  return list
}

interface Drawn {
  chart: SoakChartData
  box: HTMLElement
  plot: uPlot
}

let drawn: Drawn[] = []

function render(report: SoakDocument, page: HTMLElement): void {
  if (report.formatVersion !== soakDocumentVersion)
    throw new Error(
      `the data has format ${report.formatVersion}, this page reads ${soakDocumentVersion}`,
    )
  for (const { plot } of drawn) plot.destroy()
  const head = made('header')
  head.append(made('h1', report.title), made('div', report.command, 'command'))
  if (report.live !== undefined) {
    const { share, elapsedText, leftText } = report.live
    const progress = made('progress')
    progress.max = 1
    progress.value = share
    progress.setAttribute('aria-label', 'Of the soak')
    head.append(progress, made('span', ` ${elapsedText}, ${leftText}`))
  }
  const charts = made('section')
  page.replaceChildren(
    head,
    checks(report),
    ...grown(report),
    ...report.tables.map(table),
    charts,
    figures(report),
    made(
      'footer',
      `Drag to zoom, double-click to reset. Dashed: the end of the warm-up, and gaps. Made by ${report.generator}.`,
    ),
  )
  const sync = uPlot.sync('soak')
  drawn = report.charts
    .filter(({ lines }) => lines.some(({ values }) => values.length > 1))
    .map((chart) => {
      const box = made('section')
      charts.append(made('h2', chart.title), box)
      return { chart, box, plot: draw(chart, report, sync, box) }
    })
}

const page = document.getElementById('page')
const data = document.getElementById('report-data')
if (page && data) {
  const show = (text: string) => {
    try {
      const report = JSON.parse(text) as SoakDocument | null
      if (report === null) page.replaceChildren(made('p', 'The first interval is not over yet.'))
      else render(report, page)
    } catch (error) {
      page.replaceChildren(
        made(
          'p',
          `The report cannot be drawn: ${error instanceof Error ? error.message : String(error)}`,
        ),
      )
    }
  }
  show(data.textContent ?? 'null')
  addEventListener('resize', () => {
    for (const { box, plot } of drawn) plot.setSize({ width: box.clientWidth, height: 220 })
  })
  // Only a page that a server sent may listen to it.
  if (location.protocol === 'http:') {
    const events = new EventSource('events')
    events.addEventListener('soak', (event) => show((event as MessageEvent<string>).data))
    events.addEventListener('end', () => events.close())
  }
}
