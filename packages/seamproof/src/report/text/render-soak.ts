/** A soak's report in the terminal: verdicts first, then what grew, load, latency and the series. */
import type { CaptureFacts } from '../../contract/facts.js'
import type { LatencyFigures } from '../../contract/soak.js'
import type { SoakFacts } from '../../contract/soak-facts.js'
import type { SoakVerdicts } from '../../contract/soak-verdict.js'
import type { Verdicts } from '../../contract/verdict.js'
import { formatBytes, formatCount, formatPercent } from '../format-quantity.js'
import { formatGrowth, formatNs, formatPerS, formatRatioRange, formatSpan } from '../soak-words.js'
import { judgedGroups } from '../verdict-lookup.js'
import { leakLine } from './leak-text.js'
import { printableFacts, printableVerdicts } from './printable-facts.js'
import { type LayerReport, renderLayer } from './render-layer.js'
import { soakChartLines } from './soak-chart.js'
import {
  fit,
  heading,
  joinLines,
  padEnd,
  padStart,
  printable,
  type TextOptions,
  type TextStyle,
  textStyle,
  wrap,
} from './text-style.js'
import { verdictLines } from './verdict-text.js'

export interface SoakReportInput {
  facts: SoakFacts
  verdicts: SoakVerdicts
  /** Of the capture that the soak is too; absent when its trace could not be read. */
  capture?: { facts: CaptureFacts; verdicts: Verdicts; layer: LayerReport } | undefined
  /** As the user would type the folder. */
  folder: string
}

const groupsShown = 8
const findingsShown = 5

export function renderSoak(input: SoakReportInput, options: TextOptions = {}): string {
  const { facts, verdicts, folder } = input
  const style = textStyle(options)
  const lines = [
    headline(input, style),
    style.dim(fit(printable(facts.head.command.join(' ')), style.width)),
    '',
    ...verdictLines(verdicts.checks, style),
    '',
    ...grownLines(input, style),
    ...loadLines(facts, style),
    '',
    ...latencyLines(facts, style),
    '',
    ...growthTable(facts, style),
    '',
    ...charts(facts, style),
    ...layerLines(input, options),
    ...partLines(facts, style),
    style.dim(
      `stacks: seamproof leaks ${folder}   page: ${folder}/soak.html   again: seamproof soak --report ${folder}`,
    ),
  ]
  return joinLines(lines)
}

function headline({ facts, verdicts }: SoakReportInput, style: TextStyle): string {
  const { load, head } = facts
  const failed = verdicts.checks.filter(({ status }) => status === 'fail').length
  const open = verdicts.checks.filter(
    ({ status }) => status === 'inconclusive' || status === 'not-run',
  ).length
  const had = `${formatSpan(load.loadMs)} at ${formatPerS(head.ratePerS)}`
  if (failed > 0)
    return `${style.fail('FAIL')}  ${had}: ${formatCount(failed)} of ${verdicts.checks.length} checks failed`
  if (open > 0)
    return `${style.warn('INCONCLUSIVE')}  ${had}: ${formatCount(open)} of ${verdicts.checks.length} checks could not be decided`
  return `${style.pass('PASS')}  ${had}: nothing grew beyond its limit, and the rate was held`
}

function grownLines({ verdicts, facts, capture }: SoakReportInput, style: TextStyle): string[] {
  const lines: string[] = []
  if (verdicts.grown.length > 0) {
    lines.push(heading(style, 'What grew'), '')
    for (const { what, sentence } of verdicts.grown) {
      const growth = facts.growth.find((one) => one.what === what)
      const figure = growth === undefined ? '' : formatGrowth(growth)
      lines.push(
        `${style.fail(padEnd(what, 12))} ${style.bold(padStart(figure, 11))}  ${wrap(sentence, style.width - 26, ' '.repeat(26))}`,
      )
    }
    lines.push('')
  }
  if (capture === undefined) return lines
  const judged = judgedGroups(printableFacts(capture.facts), printableVerdicts(capture.verdicts))
  const groups = judged.filter(({ verdict }) => verdict.status !== 'suppressed')
  if (groups.length === 0) return lines
  lines.push(heading(style, 'Where it was allocated'), '')
  for (const group of groups.slice(0, groupsShown))
    lines.push(leakLine(group, group.verdict.status === 'fail' ? 'LEAK' : 'growth', style))
  if (groups.length > groupsShown)
    lines.push(style.dim(`… and ${groups.length - groupsShown} more`))
  return [...lines, '']
}

function loadLines(
  { load, head, gc, cpuShare, runQueueWaitShare, traceBytes, crossings }: SoakFacts,
  style: TextStyle,
): string[] {
  const row = (label: string, text: string) =>
    `${style.dim(padEnd(label, 14))}${wrap(text, style.width - 14, ' '.repeat(14))}`
  return [
    row(
      'load',
      `${formatCount(load.completedCount)} of ${formatCount(load.scheduledCount)} scheduled operations done (${formatPercent(load.heldShare)}), ${formatPerS(load.achievedPerS)} over ${formatSpan(load.loadMs)}; at most ${formatCount(load.backlogMaxCount)} were behind`,
    ),
    row(
      'rests',
      `held ${formatCount(load.restCount)} times, ${formatSpan(load.restMs)} in all, to measure the process at rest; latency does not count that time`,
    ),
    row(
      'processor',
      `${formatPercent(cpuShare)} of one; ready and waiting for it ${formatPercent(runQueueWaitShare)} of the time; garbage collection ${formatCount(gc.count)} times, ${formatNs(gc.totalMs * 1e6)}`,
    ),
    row('crossings', crossingsText(crossings)),
    row('warm-up', `${formatSpan(head.warmupMs)} before that, in no figure`),
    row('trace', formatBytes(traceBytes)),
  ]
}

function crossingsText(crossings: SoakFacts['crossings']): string {
  if (crossings === undefined) return 'not counted: the seam layer was not in the subject'
  const { crossingCount, crossingsPerS, crossingsPerOperation, napiCallsPerOperation } = crossings
  return `${formatCount(crossingCount)} calls of native exports, ${formatPerS(crossingsPerS.value)}, ${crossingsPerOperation.toFixed(2)} per operation, with ${napiCallsPerOperation.toFixed(2)} Node-API calls`
}

function latencyLines(
  { latency, service, floor, typicalP99Ns }: SoakFacts,
  style: TextStyle,
): string[] {
  const columns = ['p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max']
  const cells = ({ p50Ns, p90Ns, p99Ns, p999Ns, p9999Ns, maxNs }: LatencyFigures) =>
    [p50Ns, p90Ns, p99Ns, p999Ns, p9999Ns, maxNs].map((ns) => padStart(formatNs(ns), 9)).join('')
  const row = (label: string, figures: LatencyFigures, note: string) =>
    `${padEnd(label, 12)}${cells(figures)}  ${style.dim(note)}`
  return [
    style.bold(`${padEnd('Latency', 12)}${columns.map((name) => padStart(name, 9)).join('')}`),
    row('scheduled', latency, 'from the scheduled start: no coordinated omission'),
    ...(floor === undefined
      ? []
      : [row('floor', floor.latency, 'an empty operation beside it: the machine’s own')]),
    row('service', service, 'from the real start'),
    style.dim(`p99 of single intervals: median ${formatNs(typicalP99Ns.value)}`),
  ]
}

function growthTable({ growth }: SoakFacts, style: TextStyle): string[] {
  const rows = growth.map((one) => {
    const format = one.unit === 'B' ? formatBytes : formatCount
    return [
      one.what,
      format(one.baseline),
      formatGrowth(one),
      formatRatioRange(one.ratio),
      `${one.pointCount}`,
    ]
  })
  const widths = [17, 12, 13, 32, 5]
  const line = (cells: string[]) =>
    cells
      .map((cell, index) =>
        index === 0 ? padEnd(cell, widths[0]!) : padStart(cell, widths[index]!),
      )
      .join('')
  return [
    style.bold(line(['Memory', 'at first', 'growth', 'of it, with 95 % interval', 'n'])),
    ...rows.map(line),
  ]
}

/** Findings in full, and which exports were called how often. */
function layerLines({ capture }: SoakReportInput, options: TextOptions): string[] {
  if (capture === undefined) return []
  const { facts, layer } = capture
  const text = renderLayer(facts, { ...layer, checks: [] }, { ...options, limit: findingsShown })
  return text.trim() === '' ? [] : [...text.trim().split('\n'), '']
}

function charts({ series, head, parts }: SoakFacts, style: TextStyle): string[] {
  const xMax = parts.at(-1)?.endedMs ?? head.forMs
  const chart = (
    title: string,
    x: number[],
    y: number[],
    format: (value: number) => string,
    isFromZero: boolean,
  ) => [...soakChartLines({ title, x, y, format, heightRows: 4, isFromZero, xMax }, style), '']
  return [
    ...chart('Native live bytes at rest', series.restMs, series.restLiveBytes, formatBytes, false),
    ...chart('USS at rest', series.restMs, series.restUssBytes, formatBytes, false),
    ...chart('p99', series.elapsedMs, series.p99Ns, formatNs, true),
    ...chart('Operations per second', series.elapsedMs, series.achievedPerS, formatPerS, true),
    ...chart('Crossings per second', series.crossingMs, series.crossingsPerS, formatPerS, true),
  ]
}

function partLines({ parts }: SoakFacts, style: TextStyle): string[] {
  const first = parts[0]
  const lines =
    first === undefined ? [] : [`Scheduled ${first.scheduling}, Node ${first.nodeVersion}`]
  if (parts.length > 1)
    for (const part of parts)
      lines.push(
        `part ${part.part}: from ${formatSpan(part.startedMs)} to ${formatSpan(part.endedMs)}, ${part.endText}${part.gapMs > 0 ? `; ${formatSpan(part.gapMs)} without load before it` : ''}`,
      )
  return [...lines.map((line) => style.dim(line)), '']
}
