import uPlot from 'uplot'
import { formatBytes, formatCount, formatDuration } from '../../format-quantity.js'
import { type TimelineDocument, timelineDocumentVersion } from '../timeline-document.js'

type ProcessPart = TimelineDocument['processes'][number]

interface Chart {
  title: string
  colour: string
  format: (value: number) => string
  x: readonly number[]
  y: readonly number[]
  height: number
  /** Steps between grid lines. */
  incrs: number[]
}

const powersOfTwo = Array.from({ length: 50 }, (_, power) => 2 ** power)
const roundNumbers = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000]

const css = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim()

function text<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, content: string, className = '') {
  const made = document.createElement(tag)
  made.textContent = content
  made.className = className
  return made
}

function chartsOf({ timeline }: ProcessPart): Chart[] {
  const { liveMs, liveBytes, rssMs, rssBytes, fdCount, threadCount } = timeline
  const all: Chart[] = [
    {
      title: 'Live native bytes',
      colour: '#d8702c',
      format: formatBytes,
      incrs: powersOfTwo,
      x: liveMs,
      y: liveBytes,
      height: 260,
    },
    {
      title: 'RSS',
      colour: '#2f7fc1',
      format: formatBytes,
      incrs: powersOfTwo,
      x: rssMs,
      y: rssBytes,
      height: 220,
    },
    {
      title: 'File descriptors',
      colour: '#2f9e6e',
      format: formatCount,
      incrs: roundNumbers,
      x: rssMs,
      y: fdCount,
      height: 130,
    },
    {
      title: 'Threads',
      colour: '#8f6bc4',
      format: formatCount,
      incrs: roundNumbers,
      x: rssMs,
      y: threadCount,
      height: 130,
    },
  ]
  return all.filter(({ x, y }) => x.length > 1 && y.length === x.length)
}

/** Marks as dashed lines with their names, drawn over the plot. */
function markPlugin(marks: ProcessPart['marks']): uPlot.Plugin {
  return {
    hooks: {
      draw: (plot) => {
        const { ctx, bbox } = plot
        ctx.save()
        ctx.strokeStyle = css('--muted')
        ctx.fillStyle = css('--muted')
        ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`
        ctx.textAlign = 'left'
        ctx.setLineDash([4, 4])
        let labelEnd = -1
        for (const { timeMs, name } of marks) {
          const x = plot.valToPos(timeMs / 1000, 'x', true)
          if (x < bbox.left || x > bbox.left + bbox.width) continue
          ctx.beginPath()
          ctx.moveTo(x, bbox.top)
          ctx.lineTo(x, bbox.top + bbox.height)
          ctx.stroke()
          if (x < labelEnd) continue
          ctx.fillText(name, x + 4, bbox.top + 12 * devicePixelRatio)
          labelEnd = x + ctx.measureText(name).width + 10
        }
        ctx.restore()
      },
    },
  }
}

function draw(
  chart: Chart,
  process: ProcessPart,
  sync: uPlot.SyncPubSub,
  into: HTMLElement,
): uPlot {
  const axis = { stroke: css('--text'), grid: { stroke: css('--line'), width: 1 } }
  return new uPlot(
    {
      width: into.clientWidth,
      height: chart.height,
      cursor: { sync: { key: sync.key }, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { range: (_, _min, max) => [0, max * 1.15 || 1] } },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map((tick) => formatDuration(tick * 1000)) },
        {
          ...axis,
          size: 90,
          incrs: chart.incrs,
          values: (_, ticks) => ticks.map((tick) => chart.format(tick)),
        },
      ],
      series: [
        {
          label: 'Time',
          value: (_, value) => (value === null ? '–' : formatDuration(value * 1000)),
        },
        {
          label: chart.title,
          stroke: chart.colour,
          fill: `${chart.colour}22`,
          width: 1.5,
          points: { show: false },
          value: (_, value) => (value === null ? '–' : chart.format(value)),
        },
      ],
      plugins: [markPlugin(process.marks)],
    },
    [chart.x.map((ms) => ms / 1000), [...chart.y]],
    into,
  )
}

function renderProcess(process: ProcessPart, into: HTMLElement): void {
  into.replaceChildren()
  const figures = text('dl', '', 'figures')
  for (const [label, value] of process.figures) {
    const pair = document.createElement('div')
    pair.append(text('dt', label), text('dd', value))
    figures.append(pair)
  }
  into.append(figures)
  const sync = uPlot.sync('time')
  const charts = chartsOf(process)
  if (charts.length === 0) into.append(text('p', 'Nothing was sampled: the process was too short.'))
  const plots = charts.map((chart) => {
    const box = document.createElement('section')
    into.append(text('h2', chart.title), box)
    return { chart, box, plot: draw(chart, process, sync, box) }
  })
  new ResizeObserver(() => {
    for (const { chart, box, plot } of plots)
      plot.setSize({ width: box.clientWidth, height: chart.height })
  }).observe(into)
  for (const line of process.losses) into.append(text('p', `Not seen: ${line}`))
}

function renderReport(report: TimelineDocument, page: HTMLElement): void {
  const body = document.createElement('main')
  page.append(text('h1', 'Native memory over time'), text('div', report.command, 'command'))
  if (report.processes.length > 1) {
    const select = document.createElement('select')
    select.setAttribute('aria-label', 'Process')
    report.processes.forEach(({ label }, index) => {
      select.append(new Option(label, String(index), false, index === report.initialProcess))
    })
    select.addEventListener('change', () => show(Number(select.value)))
    page.append(select)
  }
  page.append(
    body,
    text('footer', `Drag to zoom, double-click to reset. Made by ${report.generator}.`),
  )
  const show = (index: number) => {
    const process = report.processes[index]
    if (process) renderProcess(process, body)
  }
  show(report.initialProcess)
}

const page = document.getElementById('page')
const data = document.getElementById('report-data')
if (page && data) {
  try {
    const report = JSON.parse(data.textContent ?? '') as TimelineDocument
    if (report.formatVersion !== timelineDocumentVersion)
      throw new Error(
        `the data has format ${report.formatVersion}, this page reads ${timelineDocumentVersion}`,
      )
    renderReport(report, page)
  } catch (error) {
    page.append(
      text(
        'p',
        `The report cannot be drawn: ${error instanceof Error ? error.message : String(error)}`,
      ),
    )
  }
}
