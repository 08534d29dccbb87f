import type { CaptureFacts, ProcessFacts } from '../../contract/facts.js'
import type { Verdicts } from '../../contract/verdict.js'
import {
  formatBytes,
  formatCount,
  formatDate,
  formatDuration,
  formatPercent,
} from '../format-quantity.js'
import { frameLocation, frameName } from '../frame-text.js'
import { leakRateText } from '../leak-rate.js'
import { lossLines } from '../loss-lines.js'
import { leakedAmounts, type Resource, resourceOf } from '../metric.js'
import { mainProcessIndex, processLabel } from '../process-choice.js'
import { blamedFrame, callingFrame, type JudgedGroup, judgedGroups } from '../verdict-lookup.js'
import {
  type FlamegraphDocument,
  type FlamegraphProcess,
  flamegraphDocumentVersion,
  type LeakLine,
} from './flamegraph-document.js'
import { processColumns } from './process-columns.js'

type RowsOfResource = Map<Resource, Map<number, number>>

/** The totals that head the page. */
export function processFigures(process: ProcessFacts): FlamegraphProcess['figures'] {
  const { totals } = process
  const figures: FlamegraphProcess['figures'] = [
    ['Live at end', `${formatBytes(totals.liveBytes)} in ${formatCount(totals.liveCount)} blocks`],
  ]
  figures.push(['Peak', `${formatBytes(totals.peakBytes)} at ${formatDuration(totals.peakMs)}`])
  figures.push([
    'Allocated',
    `${formatBytes(totals.allocatedBytes)} in ${formatCount(totals.allocatedCount)} blocks`,
  ])
  if (process.mode === 'full')
    figures.push(['Temporary', `${formatCount(totals.temporaryCount)} blocks`])
  if (totals.mappedBytes > 0) figures.push(['Mapped', formatBytes(totals.mappedBytes)])
  figures.push(['Ran for', formatDuration(process.durationMs)])
  figures.push(['Started', formatDate(process.startedAt)])
  const { frameCount, frameNamedCount } = process.jsFrames
  if (frameCount > 0) figures.push(['JS frames named', formatPercent(frameNamedCount / frameCount)])
  return figures
}

function leakLine(judged: JudgedGroup, rowsOf: readonly RowsOfResource[]): LeakLine {
  const { group, verdict, processIndex } = judged
  const resource = resourceOf(group.kind)
  const rows = rowsOf[processIndex]?.get(resource)
  const blamed = blamedFrame(judged)
  const caller = callingFrame(judged)
  return {
    status: verdict.status,
    processIndex,
    resource,
    rate: leakRateText(group),
    title: blamed ? frameName(blamed) : group.functionName,
    // A name without a symbol is `module+offset` and says where already.
    location: blamed ? (blamed.isNamed ? frameLocation(blamed) : '') : group.moduleName,
    calledFrom: caller ? `${frameName(caller)} ${frameLocation(caller)}` : '',
    reason: verdict.suppressedBy
      ? `suppressed: ${verdict.suppressedBy.reason} (${verdict.reason})`
      : verdict.reason,
    costRows: [judged, ...judged.parts].flatMap((part) =>
      part.group.costIndexes.flatMap((index) => rows?.get(index) ?? []),
    ),
  }
}

export interface FlamegraphDocumentOptions {
  title?: string
  /** Which process the page opens on; default: where a leak was found, else the busiest. */
  processIndex?: number
}

export function buildFlamegraphDocument(
  facts: CaptureFacts,
  verdicts: Verdicts,
  options: FlamegraphDocumentOptions = {},
): FlamegraphDocument {
  const rowsOf: RowsOfResource[] = []
  const processes = facts.processes.map((process): FlamegraphProcess => {
    const { rowOf, ...columns } = processColumns(process, leakedAmounts(process, verdicts))
    rowsOf.push(rowOf)
    return {
      label: processLabel(process),
      figures: processFigures(process),
      losses: lossLines(process),
      ...columns,
    }
  })
  return {
    formatVersion: flamegraphDocumentVersion,
    kind: 'memory',
    title: options.title ?? 'Native allocations',
    command: facts.command.join(' '),
    generator: `seamproof ${facts.seamproofVersion}`,
    processes,
    initialProcess: options.processIndex ?? mainProcessIndex(facts, verdicts),
    verdicts: verdicts.checks.map(({ status, check, evidence, reason }) =>
      reason === undefined ? { status, check, evidence } : { status, check, evidence, reason },
    ),
    leaks: judgedGroups(facts, verdicts).map((judged) => leakLine(judged, rowsOf)),
  }
}
