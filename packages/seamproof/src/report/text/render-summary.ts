/** A process on one screen: totals, where they come from, sizes, and how much of it was seen. */
import type { CaptureFacts, ProcessFacts } from '../../contract/facts.js'
import type { Verdicts } from '../../contract/verdict.js'
import { CallTreeLayout } from '../call-tree/call-tree-layout.js'
import {
  formatBytes,
  formatCount,
  formatCounted,
  formatDate,
  formatDuration,
  formatPercent,
} from '../format-quantity.js'
import { lossLines } from '../loss-lines.js'
import {
  leakedAmounts,
  type Metric,
  metricAmount,
  metricGap,
  metricLabels,
  resourceOf,
} from '../metric.js'
import { mainProcessIndex, processLabel } from '../process-choice.js'
import { framesInwards } from '../stack-frames.js'
import { bar } from './bar-text.js'
import { printableFacts, printableVerdicts } from './printable-facts.js'
import { rankLines } from './rank-text.js'
import { stackLines } from './stack-text.js'
import {
  fit,
  heading,
  joinLines,
  padEnd,
  padStart,
  type TextOptions,
  type TextStyle,
  textStyle,
  wrap,
} from './text-style.js'
import { verdictLines } from './verdict-text.js'

export interface SummaryOptions extends TextOptions {
  /** Default: where a leak was found, else the busiest. */
  processIndex?: number
  /** Rows in each list; default 10. */
  limit?: number
  /** What the lists rank by; default `peak`, and `live` in aggregate mode, which does not know the peak. */
  metric?: Metric
}

const stacksShown = 3

export function renderSummary(
  captureFacts: CaptureFacts,
  captureVerdicts: Verdicts,
  options: SummaryOptions = {},
): string {
  const facts = printableFacts(captureFacts)
  const verdicts = printableVerdicts(captureVerdicts)
  const style = textStyle(options)
  const index = options.processIndex ?? mainProcessIndex(facts, verdicts)
  const process = facts.processes[index]
  if (process === undefined) return 'The capture holds no process.\n'
  const lines = [style.bold(fit(facts.command.join(' '), style.width)), '']
  if (facts.processes.length > 1) lines.push(...processTable(facts, index, style), '')
  lines.push(...totalsLines(process, style), '')
  if (verdicts.checks.length > 0) lines.push(...verdictLines(verdicts.checks, style), '')
  lines.push(...rankings(process, verdicts, options, style))
  lines.push(...histogramLines(process, style))
  const losses = lossLines(process)
  if (losses.length > 0)
    lines.push(
      style.warn(heading(style, 'Not seen')),
      ...losses.map((line) => `  ${wrap(line, style.width - 2, '  ')}`),
    )
  return joinLines(lines)
}

function processTable(facts: CaptureFacts, shown: number, style: TextStyle): string[] {
  const rows = facts.processes.map((process, index) => {
    const { totals } = process
    const text = `${index === shown ? '▸' : ' '} ${padStart(String(index), 2)}  ${padStart(formatBytes(totals.liveBytes), 9)} live ${padStart(formatCount(totals.allocatedCount), 12)} blocks  ${processLabel(process)}`
    return index === shown ? style.bold(fit(text, style.width)) : fit(text, style.width)
  })
  return [
    heading(style, `${facts.processes.length} processes`),
    ...rows,
    style.dim('  others: --process N'),
  ]
}

function totalsLines(process: ProcessFacts, style: TextStyle): string[] {
  const { totals, durationMs, gc, jsFrames } = process
  const perSecond = durationMs > 0 ? (totals.allocatedCount / durationMs) * 1000 : 0
  const isFull = process.mode === 'full'
  const rows: [string, string, string][] = [
    ['live at end', formatBytes(totals.liveBytes), `${formatCount(totals.liveCount)} blocks`],
    ['peak', formatBytes(totals.peakBytes), `at ${formatDuration(totals.peakMs)}`],
    [
      'allocated',
      formatBytes(totals.allocatedBytes),
      `${formatCount(totals.allocatedCount)} blocks, ${formatCount(perSecond)} a second`,
    ],
    ['freed', formatBytes(totals.freedBytes), `${formatCount(totals.freedCount)} blocks`],
  ]
  if (isFull)
    rows.push([
      'temporary',
      formatCount(totals.temporaryCount),
      'blocks freed before the next allocation of their thread',
    ])
  if (totals.unmatchedFreeCount > 0)
    rows.push([
      'unmatched',
      formatCount(totals.unmatchedFreeCount),
      'frees of blocks from before the trace',
    ])
  if (totals.mappedBytes > 0) rows.push(['mapped', formatBytes(totals.mappedBytes), 'by mmap'])
  rows.push([
    'ran for',
    formatDuration(durationMs),
    `${process.mode} mode, from ${formatDate(process.startedAt)}`,
  ])
  if (gc.count > 0)
    rows.push(['GC', formatDuration(gc.totalMs), `in ${formatCount(gc.count)} collections`])
  if (jsFrames.frameCount > 0)
    rows.push([
      'JS names',
      formatPercent(jsFrames.frameNamedCount / jsFrames.frameCount),
      jsFrames.userFrameCount > 0
        ? `of all frames, ${formatPercent(jsFrames.userFrameNamedCount / jsFrames.userFrameCount)} of the program's own`
        : 'of all frames',
    ])
  return rows.map(
    ([label, value, note]) =>
      `${style.dim(padEnd(label, 12))}${style.bold(padStart(value, 10))}  ${style.dim(note)}`,
  )
}

function rankings(
  process: ProcessFacts,
  verdicts: Verdicts,
  options: SummaryOptions,
  style: TextStyle,
): string[] {
  const wanted = options.metric ?? (process.mode === 'full' ? 'peak' : 'live')
  const metric = metricGap(process, wanted) === undefined ? wanted : 'live'
  const limit = options.limit ?? 10
  const leaked = leakedAmounts(process, verdicts)
  const layout = new CallTreeLayout(process, leaked)
  const what = metricLabels[metric].toLowerCase()
  const unit = metric === 'temporary' ? 'blocks' : 'bytes'
  const show = unit === 'bytes' ? formatBytes : formatCount
  const functions = layout.ranked({ metric, unit })
  if (functions.length === 0) return [style.dim(`Nothing is ${what}.`), '']
  const modules = layout.ranked({ metric, unit, grouping: 'module' })
  return [
    heading(style, `Functions that allocated most: ${what}`),
    ...rankLines(functions, limit, show, style),
    '',
    heading(style, `By module: ${what}`),
    ...rankLines(modules, limit, show, style),
    '',
    ...topStacks(process, metric, leaked, style),
  ]
}

function topStacks(
  process: ProcessFacts,
  metric: Metric,
  leaked: ReturnType<typeof leakedAmounts>,
  style: TextStyle,
): string[] {
  const ranked = process.costs
    .map((cost, index) => ({ cost, amount: metricAmount(cost, metric, leaked.get(index)) }))
    .filter(({ cost, amount }) => resourceOf(cost.kind) === 'heap' && amount.bytes > 0)
    .sort((a, b) => b.amount.bytes - a.amount.bytes)
    .slice(0, stacksShown)
  return [
    heading(style, `Largest stacks: ${metricLabels[metric].toLowerCase()}`),
    ...ranked.flatMap(({ cost, amount }) => [
      `  ${style.bold(formatBytes(amount.bytes))} in ${formatCounted(amount.blocks, 'block')} (${cost.kind})`,
      ...stackLines(framesInwards(process, cost.treeIndex).reverse(), style, '    '),
      '',
    ]),
  ]
}

function histogramLines(process: ProcessFacts, style: TextStyle): string[] {
  const bins = process.totals.sizeHistogram.filter(({ count }) => count > 0)
  if (bins.length === 0) return []
  const most = Math.max(...bins.map(({ count }) => count))
  const labelWidth = 14
  const barWidth = Math.max(10, style.width - labelWidth - 16)
  const rows = bins.map(({ sizeBytesMax, count }) => {
    const isOpen = sizeBytesMax >= Number.MAX_SAFE_INTEGER
    const label = isOpen ? 'larger' : `≤ ${formatBytes(sizeBytesMax)}`
    return `  ${padStart(label, labelWidth - 2)}  ${padStart(formatCount(count), 11)}  ${style.user(bar(count / most, barWidth))}`
  })
  return [heading(style, 'Sizes asked for, in blocks'), ...rows, '']
}
