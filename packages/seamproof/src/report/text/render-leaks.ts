/** What users came for: is there a leak, how much an operation, from which line through which line. */
import type { CaptureFacts, ProcessFacts, ResourceSeries } from '../../contract/facts.js'
import type { Verdicts } from '../../contract/verdict.js'
import { formatByteRate, formatBytes, formatCount, formatRate } from '../format-quantity.js'
import { frameLocation, frameName } from '../frame-text.js'
import { lossLines } from '../loss-lines.js'
import { processLabel } from '../process-choice.js'
import { judgedGroups } from '../verdict-lookup.js'
import { leakBlock, leakLine } from './leak-text.js'
import { printableFacts, printableVerdicts } from './printable-facts.js'
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

export interface LeaksOptions extends TextOptions {
  /** What the user typed for the capture; used in the next command. Default `CAPTURE`. */
  capture?: string
  /** How many leaks are shown in full; default 20. */
  limit?: number
}

const runtimeGroupsShown = 3

export function renderLeaks(
  captureFacts: CaptureFacts,
  captureVerdicts: Verdicts,
  options: LeaksOptions = {},
): string {
  const facts = printableFacts(captureFacts)
  const verdicts = printableVerdicts(captureVerdicts)
  const style = textStyle(options)
  const judged = judgedGroups(facts, verdicts)
  const of = (status: string) => judged.filter(({ verdict }) => verdict.status === status)
  const leaks = of('fail')
  const limit = options.limit ?? 20
  const lines = [
    headline(verdicts, leaks.length, style),
    ...verdictLines(verdicts.checks, style),
    '',
  ]
  for (const leak of leaks.slice(0, limit)) lines.push(...leakBlock(leak, style), '')
  if (leaks.length > limit)
    lines.push(`… and ${formatCount(leaks.length - limit)} more leaks: --limit ${leaks.length}`, '')
  const inconclusive = of('inconclusive')
  if (inconclusive.length > 0) {
    lines.push(heading(style, 'Inconclusive: grows, but slowly or unevenly'), '')
    for (const group of inconclusive.slice(0, limit)) lines.push(...leakBlock(group, style), '')
    if (inconclusive.length > limit)
      lines.push(`… and ${formatCount(inconclusive.length - limit)} more`, '')
  }
  const suppressed = of('suppressed')
  if (suppressed.length > 0) {
    lines.push(heading(style, 'Suppressed by the config'), '')
    for (const group of suppressed) {
      lines.push(leakLine(group, 'hidden', style))
      const by = group.verdict.suppressedBy
      if (by) lines.push(style.dim(`      ${by.pattern}: ${by.reason}`))
    }
    lines.push('')
  }
  for (const { pattern, reason } of verdicts.unusedSuppressions ?? [])
    lines.push(style.warn(`Suppression that hid nothing: ${pattern} (${reason}). Out of date?`), '')
  for (const process of facts.processes)
    lines.push(...processSections(process, facts.processes.length > 1, style))
  lines.push(...nextCommands(leaks.length > 0, inconclusive.length > 0, options.capture, style))
  return joinLines(lines)
}

function headline(verdicts: Verdicts, leakCount: number, style: TextStyle): string {
  if (leakCount > 0) return style.fail(leakCount === 1 ? '1 leak' : `${leakCount} leaks`)
  const statuses = verdicts.checks.map(({ status }) => status)
  if (statuses.includes('fail')) return style.fail('A check failed')
  if (statuses.length === 0) return style.warn('Nothing was checked')
  if (statuses.includes('inconclusive')) return style.warn('No leak proven, and not all is clear')
  return statuses.includes('pass') ? style.pass('No leak') : style.warn('Nothing was checked')
}

function processSections(process: ProcessFacts, isOneOfMany: boolean, style: TextStyle): string[] {
  const lines: string[] = []
  const losses = lossLines(process)
  const runtime = runtimeLines(process, style)
  const resources = resourceLines(process.resources, style)
  const isLifetime = [...process.groups, ...(process.quietGroups ?? [])].some(
    ({ evidence }) => evidence === 'lifetime',
  )
  if (isOneOfMany && (losses.length > 0 || runtime.length > 0 || resources.length > 0))
    lines.push(style.dim(`── ${fit(processLabel(process), style.width - 4)}`), '')
  if (resources.length > 0) lines.push(heading(style, 'Resources at the marks'), ...resources, '')
  if (runtime.length > 0)
    lines.push(heading(style, "Node's and V8's own growth, not the subject's"), ...runtime, '')
  if (isLifetime) {
    const note =
      'Weaker evidence: the program was not run in rounds, so growth over its life was judged. A workload in rounds (seamproof track FILE.seam.ts) gives exact rates.'
    lines.push(style.warn(wrap(note, style.width, '')), '')
  }
  if (losses.length > 0)
    lines.push(
      style.warn(heading(style, 'Not seen')),
      ...losses.map((line) => `  ${wrap(line, style.width - 2, '  ')}`),
      '',
    )
  return lines
}

/** Growth of V8 and Node: said, so that nobody wonders where the RSS went, but never blamed. */
function runtimeLines(process: ProcessFacts, style: TextStyle): string[] {
  const growing = process.groups
    .filter((group) => group.attribution !== 'subject' && group.bytesPerOperation.value > 0)
    // Growth that would print as nothing is left out.
    .filter((group) => !/^0(\.0+)? /.test(formatByteRate(group.bytesPerOperation.value)))
    .sort((a, b) => b.bytesPerOperation.value - a.bytesPerOperation.value)
  const lines = growing.slice(0, runtimeGroupsShown).map((group) => {
    const per = group.evidence === 'rounds' ? 'op' : 's'
    const rate = `${formatByteRate(group.bytesPerOperation.value)}/${per}, ${formatRate(group.blocksPerOperation.value)} block/${per}`
    const outer = process.frames[group.frameIndexes.at(-1) ?? -1]
    const where = outer ? `${frameName(outer)}  ${frameLocation(outer)}` : group.moduleName
    return fit(`  ${padEnd(rate, 32)}  ${where}`, style.width)
  })
  const more = growing.length - lines.length
  if (more > 0) lines.push(style.dim(`  and ${formatCount(more)} smaller`))
  return lines
}

const resourceWords: Record<ResourceSeries['resource'], string> = {
  fd: 'file descriptors',
  thread: 'threads',
  child: 'child processes',
  mapping: 'mappings',
  rss: 'RSS',
}

function resourceLines(series: readonly ResourceSeries[], style: TextStyle): string[] {
  const isNamed = new Set(series.map(({ workload }) => workload)).size > 1
  return series.map(({ resource, workload, values, perOperation }) => {
    const isBytes = resource === 'rss'
    const show = (value: number) => (isBytes ? formatBytes(value) : formatCount(value))
    const rate = isBytes ? formatBytes(perOperation.value) : formatRate(perOperation.value)
    const name = padEnd(resourceWords[resource], 17)
    const of = isNamed && workload !== undefined ? style.dim(`  ${workload}`) : ''
    const room = Math.max(20, style.width - 36)
    const all = values.map(show).join('  ')
    // A cut number would be a wrong number: rather first and last.
    const ends = [values[0], values.at(-1)].map((value) => show(value ?? 0)).join('  …  ')
    return `  ${name} ${padStart(`${rate}/op`, 12)}   ${all.length <= room ? all : ends}${of}`
  })
}

function nextCommands(
  hasLeak: boolean,
  isInconclusive: boolean,
  capture = 'CAPTURE',
  style: TextStyle,
): string[] {
  const name = printableName(capture)
  const next = hasLeak
    ? [[`seamproof flamegraph ${name}`, 'the leaking stacks as a picture']]
    : [[`seamproof summary ${name}`, 'where the memory went']]
  if (isInconclusive)
    next.push(['seamproof track --rounds 12 …', 'more rounds settle what is unclear'])
  return next.map(
    ([command = '', why = '']) => `${style.dim('next')}  ${style.bold(command)}  ${style.dim(why)}`,
  )
}

/** As it can be pasted into a shell. */
const printableName = (name: string): string =>
  /^[\w./:@%+=,-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`
