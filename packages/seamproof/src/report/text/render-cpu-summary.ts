/** A CPU profile on one screen: what ran, where, on which thread, and how much of it was seen. */
import type { CpuProfile } from '../../contract/cpu-profile.js'
import type { CpuFunction, CpuSummary } from '../../contract/cpu-summary.js'
import type { Estimate } from '../../contract/facts.js'
import type { Frame } from '../../contract/frame.js'
import { formatCount, formatCounted, formatDuration, formatPercent } from '../format-quantity.js'
import { frameLocation, frameName } from '../frame-text.js'
import { profileTitle } from '../profile/profile-text.js'
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
} from './text-style.js'

export interface CpuSummaryOptions extends TextOptions {
  /** Rows in each table; default 12. */
  limit?: number
}

const stateNames = {
  js: 'JavaScript',
  native: 'native',
  builtin: 'V8 builtins',
  gc: 'garbage collection',
  kernel: 'kernel',
  runnable: 'waiting for a core',
  idle: 'waiting',
} as const

/** Too few for shares to mean anything. */
const enoughSamples = 30

export function renderCpuSummary(
  profile: CpuProfile,
  summary: CpuSummary,
  options: CpuSummaryOptions = {},
): string {
  const style = textStyle(options)
  const limit = options.limit ?? 12
  const lines = [headline(profile, summary, style), stateLine(summary), '']
  if (summary.onCoreCount < enoughSamples)
    lines.push(
      style.warn(
        `Not enough samples: ${formatCount(summary.onCoreCount)} cannot say where the time went. Run it for longer, or with a higher --rate.`,
      ),
      '',
    )
  lines.push(
    heading(style, 'By self time'),
    ...table(summary.bySelf, 'self', profile, limit, style),
    '',
    heading(style, 'By total time'),
    ...table(callers(summary.byTotal, profile), 'total', profile, limit, style),
    '',
    heading(style, 'Threads'),
    ...threadLines(profile, limit, style),
  )
  const losses = lossLines(profile, summary)
  if (losses.length > 0)
    lines.push('', heading(style, 'Not seen'), ...losses.map((line) => `  ${line}`))
  return joinLines(lines)
}

function headline(
  profile: CpuProfile,
  { onCoreNs, onCoreCount }: CpuSummary,
  style: TextStyle,
): string {
  const { durationNs, periodNs, clock } = profile
  const rate = `${formatCount(1e9 / periodNs)} Hz ${clock === 'wall' ? 'wall clock' : 'CPU time'}`
  return [
    style.bold(fit(printable(profileTitle(profile)), style.width)),
    `${formatDuration(onCoreNs / 1e6)} of CPU time in ${formatDuration(durationNs / 1e6)}, ${formatCounted(onCoreCount, 'sample')} at ${rate}`,
  ].join('\n')
}

function stateLine({ states, onCoreNs, gcShare }: CpuSummary): string {
  const onCore = states.filter(({ state }) => state !== 'idle' && state !== 'runnable')
  const parts = onCore.map(
    ({ state, ns }) =>
      `${stateNames[state]} ${formatPercent(onCoreNs === 0 ? 0 : ns / onCoreNs)}${state === 'gc' ? ` ${interval(gcShare)}` : ''}`,
  )
  return parts.join(' · ')
}

const interval = ({ low, high }: Estimate): string =>
  `[${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)} %]`

/** What every stack goes through says nothing: the frames of the runtime are left to the flame graph. */
function callers(rows: readonly CpuFunction[], { frames }: CpuProfile): CpuFunction[] {
  return rows.filter(({ frame }) => {
    const { origin } = frames[frame]!
    return origin === 'user' || origin === 'subject' || origin === 'node-internal'
  })
}

function table(
  rows: readonly CpuFunction[],
  by: 'self' | 'total',
  { frames }: CpuProfile,
  limit: number,
  style: TextStyle,
): string[] {
  if (rows.length === 0) return [style.dim('  nothing')]
  const shown = rows.slice(0, limit)
  const nameWidth = Math.max(20, style.width - 62)
  const lines = shown.map((row) => {
    const frame = frames[row.frame]!
    const [share, ns] = by === 'self' ? [row.selfShare, row.selfNs] : [row.totalShare, row.totalNs]
    const numbers = `${padStart(formatPercent(share.value), 8)} ${padStart(interval(share), 15)} ${padStart(formatDuration(ns / 1e6), 9)}`
    const name = padEnd(fit(printable(rowName(frame)), nameWidth), nameWidth)
    return `${numbers}  ${paint(frame, style)(name)}  ${style.dim(fit(printable(frameLocation(frame)), 24))}`
  })
  if (rows.length > limit)
    lines.push(style.dim(`${' '.repeat(36)}and ${formatCount(rows.length - limit)} more`))
  return lines
}

/** All of a module's code that has no names is one row. */
const rowName = (frame: Frame): string =>
  frame.isNamed || frame.moduleName === undefined ? frameName(frame) : '(code without names)'

const paint = ({ origin }: Frame, style: TextStyle): ((text: string) => string) =>
  origin === 'user' ? style.user : origin === 'subject' ? style.subject : (text) => text

function threadLines({ threads }: CpuProfile, limit: number, style: TextStyle): string[] {
  const rows = threads.slice().sort((a, b) => b.cpuNs - a.cpuNs || b.sampleCount - a.sampleCount)
  const lines = rows
    .slice(0, limit)
    .map(({ tid, name, role, cpuNs, wallNs, sampleCount, runQueueNs }) => {
      const queued =
        runQueueNs === undefined ? '' : `, waited ${formatDuration(runQueueNs / 1e6)} for a core`
      return `${padStart(formatDuration(cpuNs / 1e6), 10)} of ${padEnd(formatDuration(wallNs / 1e6), 9)}  ${padEnd(role, 6)} ${padEnd(printable(name), 15)} ${style.dim(`tid ${tid}, ${formatCounted(sampleCount, 'sample')}${queued}`)}`
    })
  if (rows.length > limit) lines.push(style.dim(`  and ${formatCount(rows.length - limit)} more`))
  return lines
}

function lossLines({ losses, threads }: CpuProfile, { onCoreCount }: CpuSummary): string[] {
  const of = (count: number) =>
    `${formatCount(count)} of ${formatCount(onCoreCount + losses.droppedCount)}`
  // Waiting threads have stacks too.
  const allCount = threads.reduce((sum, { sampleCount }) => sum + sampleCount, 0)
  const lines: string[] = []
  if (losses.droppedCount > 0) lines.push(`${of(losses.droppedCount)} samples dropped`)
  if (losses.truncatedCount > 0)
    lines.push(`${of(losses.truncatedCount)} stacks too deep: their middle was left out`)
  if (losses.rootlessCount > 0)
    lines.push(
      `${formatCount(losses.rootlessCount)} of ${formatCount(allCount)} stacks did not reach the thread's first function`,
    )
  return [...lines, ...losses.notes]
}
