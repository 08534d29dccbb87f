/** What `seamproof check` found: each defect with both sides of the seam, then who looked at what. */
import type {
  CheckRun,
  DefectStack,
  Finding,
  FindingList,
  Instrument,
} from '../../contract/finding.js'
import type { CheckVerdict, VerdictStatus } from '../../contract/verdict.js'
import { acceptanceText, kindTitles, locationText, roleTitles, rulesText } from '../finding-text.js'
import { formatByteRate, formatCounted, formatRate } from '../format-quantity.js'
import { statusWords } from '../status-words.js'
import { stackLines } from './stack-text.js'
import {
  columns,
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
import { statusPaints } from './verdict-text.js'

export interface FindingsReport {
  list: FindingList
  status: VerdictStatus
  /** Of baseline and suppressions, in sentences. */
  notes: readonly string[]
}

export interface FindingsTextOptions extends TextOptions {
  /** How many new findings are shown in full; default 20. */
  limit?: number
  /** The table of leaks first: it is what was asked for. */
  isLeakSuite?: boolean
}

export function renderFindings(report: FindingsReport, options: FindingsTextOptions = {}): string {
  const { list, status, notes } = printableReport(report)
  const style = textStyle(options)
  const limit = options.limit ?? 20
  const fresh = list.findings.filter((finding) => finding.status === 'new')
  const lines = [headline(list, status, style), '']
  if (options.isLeakSuite) lines.push(...leakTable(list, style), '')
  for (const finding of fresh.slice(0, limit)) lines.push(...findingBlock(finding, style), '')
  if (fresh.length > limit)
    lines.push(
      `… and ${formatCounted(fresh.length - limit, 'more finding')}: --limit ${fresh.length}`,
      '',
    )
  lines.push(...acceptedLines(list.findings, style), '')
  if (!options.isLeakSuite) lines.push(...leakTable(list, style), '')
  lines.push(...matrixLines(list.checks, style), '', ...notRunLines(list.runs, style), '')
  lines.push(...runNoteLines(list.runs, style), '')
  lines.push(...blindSpotLines(list.runs, style), '')
  for (const note of notes) lines.push(style.warn(wrap(`note: ${note}`, style.width, '  ')))
  return joinLines(lines)
}

function headline(
  { findings, runs, isInterrupted }: FindingList,
  status: VerdictStatus,
  style: TextStyle,
): string {
  const of = (wanted: Finding['status']) =>
    findings.filter((one) => one.status === wanted && one.severity !== 'advice').length
  const advice = findings.filter((one) => one.severity === 'advice' && one.status === 'new').length
  const ran = runs.filter((run) => run.status === 'ran').length
  const parts = [
    of('new') === 0 ? 'no new finding' : formatCounted(of('new'), 'new finding'),
    advice > 0 ? `${advice} advice` : '',
    of('known') > 0 ? `${of('known')} known` : '',
    of('suppressed') > 0 ? `${of('suppressed')} suppressed` : '',
    `${ran} of ${formatCounted(runs.length, 'run')} made`,
    isInterrupted ? 'interrupted' : '',
  ]
  // That nothing was run is not the quiet kind of news here.
  const paint = status === 'not-run' ? style.warn : statusPaints(style)[status]
  return `${paint(statusWords[status])}  ${style.bold(parts.filter(Boolean).join(', '))}`
}

/** Notes that say what the finding says anyway. */
const told: ReadonlySet<string> = new Set(['workload', 'per operation'])

function findingBlock(finding: Finding, style: TextStyle): string[] {
  const { severity, kind, message, reports, workloads, reproduce, fingerprint, expired } = finding
  const paint = severity === 'error' ? style.fail : severity === 'warning' ? style.warn : style.dim
  const times = Math.max(...reports.map(({ count }) => count))
  const text = wrap(message, style.width - 2, '  ')
  const rows: [string, string][] = [
    ['at', locationText(finding)],
    ['seen by', rulesText(finding)],
    ['workload', workloads.join(', ')],
    ['leaks', rateText(finding)],
    ['was known', expired === undefined ? '' : `${acceptanceText(expired)}: that day has passed`],
    ['shown by', reproduce],
    ['fingerprint', fingerprint],
  ]
  const lines = [
    `${paint(severity.toUpperCase())} ${style.bold(kindTitles[kind])}${times > 1 ? style.dim(`  ×${times}`) : ''}`,
    `  ${text}`,
  ]
  for (const [name, value] of rows)
    if (value !== '')
      lines.push(
        `  ${style.dim(padEnd(name, 11))} ${wrap(value, style.width - 14, ' '.repeat(14))}`,
      )
  for (const { name, value } of reports[0]?.notes.filter((note) => !told.has(note.name)) ?? [])
    lines.push(`  ${style.dim(padEnd(name, 11))} ${wrap(value, style.width - 14, ' '.repeat(14))}`)
  for (const stack of finding.stacks) lines.push(...stackBlock(stack, style))
  lines.push(...scriptBlock(finding, style))
  return lines
}

function stackBlock({ role, thread, frames }: DefectStack, style: TextStyle): string[] {
  const by = thread === undefined ? '' : ` (thread ${thread})`
  if (frames.length === 0) return [`  ${style.dim(`${roleTitles[role]}${by}: no stack`)}`]
  return [`  ${style.dim(`${roleTitles[role]}${by}:`)}`, ...stackLines(frames, style, '    ')]
}

/** The JavaScript side, where the report that says most of the native side lacks it and another has it. */
function scriptBlock({ stacks, reports }: Finding, style: TextStyle): string[] {
  const hasScript = (one: DefectStack) => one.frames.some(({ kind }) => kind === 'js')
  if (stacks.some(hasScript)) return []
  for (const { instrument, stacks: others } of reports) {
    const found = others.find(hasScript)
    if (found === undefined) continue
    const frames = found.frames.filter(({ kind }) => kind === 'js')
    return [
      `  ${style.dim(`called from, as ${instrument} saw it:`)}`,
      ...stackLines(frames, style, '    '),
    ]
  }
  return []
}

function rateText({ perOperation, kind }: Finding): string {
  if (kind !== 'leak' || perOperation === undefined) return ''
  const bytes = perOperation.bytes > 0 ? `${formatByteRate(perOperation.bytes)}/op, ` : ''
  return `${bytes}${formatRate(perOperation.blocks)} block/op`
}

function acceptedLines(findings: readonly Finding[], style: TextStyle): string[] {
  const accepted = findings.filter(({ status }) => status !== 'new')
  if (accepted.length === 0) return []
  const lines = [heading(style, 'Accepted')]
  for (const finding of accepted) {
    const by = finding.acceptedBy === undefined ? '' : acceptanceText(finding.acceptedBy)
    const text = `${finding.fingerprint}  ${padEnd(finding.status, 10)} ${kindTitles[finding.kind]}: ${finding.message}`
    lines.push(style.dim(fit(text, style.width)), style.dim(`                  ${by}`))
  }
  return lines
}

function leakTable({ leaks }: FindingList, style: TextStyle): string[] {
  if (leaks.length === 0) return []
  const title = (text: string, width: number) => style.dim(padStart(text, width))
  const nameWidth = Math.min(40, Math.max(8, ...leaks.map(({ workload }) => columns(workload))))
  const rate = (value: { bytes: number; blocks: number } | undefined): [string, string] =>
    value === undefined
      ? ['not run', '']
      : [`${formatByteRate(value.bytes)}/op`, `${formatRate(value.blocks)}/op`]
  const lines = [
    heading(style, 'Leaks per workload'),
    `${padEnd('', nameWidth)}  ${title('grows', 12)} ${title('blocks', 12)}   ${title('lost for good', 14)} ${title('blocks', 12)}`,
  ]
  for (const { workload, growth, lost } of leaks) {
    const [grownBytes, grownBlocks] = rate(growth)
    const [lostBytes, lostBlocks] = rate(lost)
    lines.push(
      `${padEnd(fit(workload, nameWidth), nameWidth)}  ${padStart(grownBytes, 12)} ${padStart(grownBlocks, 12)}   ${padStart(lostBytes, 14)} ${padStart(lostBlocks, 12)}`,
    )
  }
  lines.push(
    style.dim(
      'lost for good: nothing points to it any more (LeakSanitizer, memcheck); what grows may still be held',
    ),
  )
  return lines
}

/** A column is narrow. */
const cells: Record<VerdictStatus, string> = { ...statusWords, inconclusive: '? unsure' }

/** Instruments across, targets down. */
function matrixLines(checks: readonly CheckVerdict[], style: TextStyle): string[] {
  const ofRuns = checks.filter((check) => check.instrument !== undefined)
  const across = [...new Set(ofRuns.map((check) => check.instrument!))]
  const down = [...new Set(ofRuns.map((check) => check.target ?? ''))]
  if (across.length === 0) return []
  const nameWidth = Math.min(36, Math.max(...down.map(columns)))
  const paints = statusPaints(style)
  const cell = (target: string, instrument: Instrument) => {
    const found = ofRuns.find((one) => one.instrument === instrument && one.target === target)
    if (found === undefined) return padEnd('', 10)
    const paint = found.isPartial ? style.warn : paints[found.status]
    return paint(padEnd(found.isPartial ? '✓ partly' : cells[found.status], 10))
  }
  const perTable = Math.max(1, Math.floor((style.width - nameWidth - 2) / 11))
  const lines = [heading(style, 'Who looked at what')]
  for (let from = 0; from < across.length; from += perTable) {
    const shown = across.slice(from, from + perTable)
    lines.push(
      `${padEnd('', nameWidth)}  ${style.dim(shown.map((one) => padEnd(one, 10)).join(' '))}`,
    )
    for (const target of down)
      lines.push(
        `${padEnd(fit(target, nameWidth), nameWidth)}  ${shown.map((one) => cell(target, one)).join(' ')}`,
      )
  }
  return lines
}

/** One reason is told once, for all that it kept from running. */
function notRunLines(runs: readonly CheckRun[], style: TextStyle): string[] {
  const byReason = new Map<string, CheckRun[]>()
  for (const run of runs)
    if (run.status === 'not-run') {
      const reason = run.reason ?? ''
      byReason.set(reason, [...(byReason.get(reason) ?? []), run])
    }
  if (byReason.size === 0) return []
  const lines = [heading(style, 'Not run')]
  for (const [reason, kept] of byReason) {
    const names = [...new Set(kept.map(({ instrument }) => instrument))].join(', ')
    const where = kept.length === 1 ? ` on ${kept[0]!.target}` : ''
    const told = reason.split('\n').map((line) => wrap(line, style.width - 4, '    '))
    lines.push(`  ${style.bold(names)}${where}`, ...told.map((line) => `    ${line}`))
  }
  return lines
}

/** What a run has to say of itself, such as what share of its work there was time for. */
function runNoteLines(runs: readonly CheckRun[], style: TextStyle): string[] {
  const lines = runs.flatMap(({ instrument, target, notes }) =>
    notes.map((note) => `  ${wrap(`${instrument}, ${target}: ${note}`, style.width - 4, '    ')}`),
  )
  return lines.length === 0 ? [] : [heading(style, 'How far they came'), ...lines]
}

function blindSpotLines(runs: readonly CheckRun[], style: TextStyle): string[] {
  const lines = new Set<string>()
  for (const { instrument, blindSpots, status } of runs)
    if (status === 'ran')
      for (const spot of blindSpots)
        lines.add(style.dim(`  ${wrap(`${instrument}: ${spot}`, style.width - 4, '    ')}`))
  return lines.size === 0 ? [] : [heading(style, 'What they cannot see'), ...lines]
}

/** Names come from files that others made. Line breaks stay: a reason may be a stack. */
function printableReport(report: FindingsReport): FindingsReport {
  const safe = (text: string) => text.split('\n').map(printable).join('\n')
  return JSON.parse(JSON.stringify(report), (_, value: unknown) =>
    typeof value === 'string' ? safe(value) : value,
  ) as FindingsReport
}
