/** What the soak page embeds as JSON, and what a live page is sent. Everything is written out: the page only draws. */
import { layerRule } from '../../contract/layer-rules/layer-rules.js'
import type { LatencyFigures } from '../../contract/soak.js'
import type { CheckVerdict } from '../../contract/verdict.js'
import { formatBytes, formatCount, formatPercent } from '../format-quantity.js'
import { frameLocation, frameName } from '../frame-text.js'
import { leakRateText } from '../leak-rate.js'
import { formatGrowth, formatNs, formatPerS, formatRatioRange, formatSpan } from '../soak-words.js'
import type { SoakReportInput } from '../text/render-soak.js'
import { blamedFrame, callingFrame, framesOf, judgedGroups } from '../verdict-lookup.js'

export const soakDocumentVersion = 1

export type AxisUnit = 'bytes' | 'ns' | 'perS' | 'share' | 'count'

export interface SoakChartData {
  title: string
  unit: AxisUnit
  isFromZero: boolean
  lines: { label: string; elapsedMs: number[]; values: number[] }[]
}

export interface SoakTable {
  title: string
  columns: string[]
  rows: string[][]
}

export interface SoakDocument {
  formatVersion: typeof soakDocumentVersion
  title: string
  generator: string
  command: string
  /** While it runs. */
  live?: { elapsedText: string; leftText: string; share: number }
  checks: CheckVerdict[]
  grown: { what: string; figure: string; sentence: string }[]
  leaks: { text: string; stack: string[] }[]
  /** Of the seam layer: rules that were broken, and where it crashed. */
  findings: { text: string; stack: string[] }[]
  figures: [label: string, value: string][]
  tables: SoakTable[]
  charts: SoakChartData[]
  /** Where a process began after a gap. */
  gapsMs: number[]
  warmupEndMs: number
}

export function soakDocument(input: SoakReportInput, live?: SoakDocument['live']): SoakDocument {
  const { facts, verdicts } = input
  const { head, series, parts } = facts
  return {
    formatVersion: soakDocumentVersion,
    title: `Soak – ${head.workloads.join(' + ') || head.workloadFile.split('/').at(-1)}`,
    generator: `seamproof ${head.seamproofVersion}`,
    command: head.command.join(' '),
    ...(live === undefined ? {} : { live }),
    checks: verdicts.checks,
    grown: verdicts.grown.map(({ what, sentence }) => {
      const growth = facts.growth.find((one) => one.what === what)
      return { what, sentence, figure: growth === undefined ? '' : formatGrowth(growth) }
    }),
    leaks: leaksOf(input),
    findings: findingsOf(input),
    figures: figuresOf(input),
    tables: [latencyTable(input), growthTable(input)],
    charts: chartsOf(input),
    gapsMs: parts.slice(1).map((part) => part.startedMs),
    warmupEndMs: series.restMs[0] ?? 0,
  }
}

function leaksOf({ capture }: SoakReportInput): SoakDocument['leaks'] {
  if (capture === undefined) return []
  return judgedGroups(capture.facts, capture.verdicts)
    .filter(({ verdict }) => verdict.status !== 'suppressed')
    .slice(0, 50)
    .map((judged) => {
      const blamed = blamedFrame(judged)
      const caller = callingFrame(judged)
      const word = judged.verdict.status === 'fail' ? 'LEAK' : 'growth'
      const name = blamed === undefined ? judged.group.functionName : frameName(blamed)
      const from = caller === undefined ? '' : ` ← ${frameLocation(caller)}`
      const site = [...judged.group.callSites].sort((a, b) => b.share - a.share)[0]
      const frames = [
        ...framesOf(judged.process, judged.group.frameIndexes),
        ...framesOf(judged.process, site?.frameIndexes ?? []),
      ]
      return {
        text: `${word} ${leakRateText(judged.group)} ${name}${from}: ${judged.verdict.reason}`,
        stack: frames.map((frame) => `${frameName(frame)} ${frameLocation(frame)}`),
      }
    })
}

function findingsOf({ capture }: SoakReportInput): SoakDocument['findings'] {
  if (capture === undefined) return []
  return capture.layer.findings.slice(0, 50).map((finding) => {
    const { frames } = capture.facts.processes[finding.processIndex]!
    const { ruleId, exportName, addonPath, notes, count } = finding
    const addon = addonPath.slice(addonPath.lastIndexOf('/') + 1)
    const where = exportName === '' ? addon : `${exportName}() of ${addon}`
    const times = count > 1 ? `, ${formatCount(count)} times` : ''
    return {
      text: `${ruleId} ${layerRule(ruleId)?.title ?? ''}: ${where}${times}`,
      stack: [
        ...notes.map(({ name, value }) => `${name}: ${value}`),
        ...finding.stacks.flatMap(({ role, frameIndexes }) => [
          `${role}:`,
          ...frameIndexes
            .map((index) => frames[index]!)
            .map((frame) => `  ${frameName(frame)} ${frameLocation(frame)}`),
        ]),
      ],
    }
  })
}

function figuresOf({ facts }: SoakReportInput): SoakDocument['figures'] {
  const { load, head, cpuShare, runQueueWaitShare, gc, parts, traceBytes } = facts
  const last = parts.at(-1)
  return [
    [
      'Operations done',
      `${formatCount(load.completedCount)} of ${formatCount(load.scheduledCount)} scheduled`,
    ],
    ['Rate', `${formatPerS(load.achievedPerS)} of ${formatPerS(head.ratePerS)}`],
    ['Under load', `${formatSpan(load.loadMs)} of ${formatSpan(head.forMs)}`],
    ['Most behind', formatCount(load.backlogMaxCount)],
    ['Rests', `${formatCount(load.restCount)}, ${formatSpan(load.restMs)} in all`],
    ['Processor', `${formatPercent(cpuShare)} of one`],
    ['Waited for it', formatPercent(runQueueWaitShare)],
    ['Garbage collection', `${formatCount(gc.count)} times, ${formatNs(gc.totalMs * 1e6)}`],
    ['Crossings', crossingsText(facts)],
    ['Trace', formatBytes(traceBytes)],
    ['Scheduling', last?.scheduling ?? ''],
    [
      'Machine',
      `${head.machine.cpuModel}, ${head.machine.cpuCount} processors, ${head.machine.os}, Node ${head.machine.nodeVersion}`,
    ],
    ...head.machine.disturbances.map((one): [string, string] => ['Disturbed by', one]),
  ]
}

function crossingsText({ crossings }: SoakReportInput['facts']): string {
  if (crossings === undefined) return 'not counted: the seam layer was not in the subject'
  const { crossingCount, crossingsPerOperation, napiCallsPerOperation } = crossings
  return `${formatCount(crossingCount)}, ${crossingsPerOperation.toFixed(2)} per operation, with ${napiCallsPerOperation.toFixed(2)} Node-API calls`
}

function latencyTable({ facts }: SoakReportInput): SoakTable {
  const row = (name: string, figures: LatencyFigures) => [
    name,
    ...[
      figures.p50Ns,
      figures.p90Ns,
      figures.p99Ns,
      figures.p999Ns,
      figures.p9999Ns,
      figures.maxNs,
    ].map(formatNs),
  ]
  return {
    title: 'Latency',
    columns: ['', 'p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max'],
    rows: [
      row('from the scheduled start', facts.latency),
      ...(facts.floor === undefined
        ? []
        : [row('floor: an empty operation beside it', facts.floor.latency)]),
      row('from the real start', facts.service),
    ],
  }
}

function growthTable({ facts }: SoakReportInput): SoakTable {
  return {
    title: 'Growth over the measured time',
    columns: ['', 'at first', 'growth', 'with 95 % interval', 'measurements'],
    rows: facts.growth.map((one) => [
      one.what,
      (one.unit === 'B' ? formatBytes : formatCount)(one.baseline),
      formatGrowth(one),
      formatRatioRange(one.ratio),
      String(one.pointCount),
    ]),
  }
}

function chartsOf({ facts: { series } }: SoakReportInput): SoakChartData[] {
  const { elapsedMs, restMs, floorMs } = series
  const line = (label: string, values: number[], times = elapsedMs) => ({
    label,
    elapsedMs: times,
    values,
  })
  return [
    {
      title: 'Memory of the process, without the agent’s tables',
      unit: 'bytes',
      isFromZero: true,
      lines: [
        line('RSS', series.rssBytes),
        line('USS at rest', series.restUssBytes, restMs),
        line('native live', series.nativeLiveBytes),
        line('V8 heap, least of the interval', series.heapUsedBytes),
        line('external', series.externalBytes),
      ],
    },
    {
      title: 'Native live bytes at rest',
      unit: 'bytes',
      isFromZero: false,
      lines: [line('native live', series.restLiveBytes, restMs)],
    },
    {
      title: 'Latency from the scheduled start',
      unit: 'ns',
      isFromZero: true,
      lines: [
        line('p50', series.p50Ns),
        line('p99', series.p99Ns),
        line('floor p99', series.floorP99Ns, floorMs),
      ],
    },
    {
      title: 'The slowest of each interval',
      unit: 'ns',
      isFromZero: true,
      lines: [line('p99.9', series.p999Ns), line('max', series.maxNs)],
    },
    {
      title: 'Operations per second',
      unit: 'perS',
      isFromZero: true,
      lines: [line('done', series.achievedPerS)],
    },
    {
      title: 'Crossings per second',
      unit: 'perS',
      isFromZero: true,
      lines: [
        line('calls of native exports', series.crossingsPerS, series.crossingMs),
        line('Node-API calls', series.napiCallsPerS, series.crossingMs),
      ],
    },
    {
      title: 'Processor',
      unit: 'share',
      isFromZero: true,
      lines: [line('used', series.cpuShare), line('waited for', series.runQueueWaitShare)],
    },
    {
      title: 'Descriptors, threads, handles',
      unit: 'count',
      isFromZero: true,
      lines: [
        line('descriptors', series.fdCount),
        line('threads', series.threadCount),
        line('handles', series.handleCount),
      ],
    },
  ]
}
