/** What a change did to CPU time: functions whose share grew or shrank, and those where chance could have done it. */
import { shareDifference } from '../../base/difference-interval.js'
import type { CpuProfile } from '../../contract/cpu-profile.js'
import type { Estimate } from '../../contract/facts.js'
import { type CpuDiffFunction, cpuDiff, diffFunctions } from '../diff/cpu-diff.js'
import { formatCount, formatCounted, formatSigned, formatTimeNs } from '../format-quantity.js'
import { frameLocation, frameName } from '../frame-text.js'
import { profileTitle, profileTotals } from '../profile/profile-text.js'
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

export interface CpuDiffOptions extends TextOptions {
  /** Functions in each list; default 10. */
  limit?: number
}

interface Row extends CpuDiffFunction {
  change: Estimate
}

export function renderCpuDiff(
  before: CpuProfile,
  after: CpuProfile,
  options: CpuDiffOptions = {},
): string {
  const style = textStyle(options)
  const limit = options.limit ?? 10
  const rows = changedRows(before, after)
  const isCertain = ({ change }: Row) => change.low > 0 || change.high < 0
  const certain = rows.filter(isCertain)
  const lines = [
    `${style.dim('before')}  ${fit(printable(profileTitle(before)), style.width - 8)}`,
    `${style.dim('after ')}  ${fit(printable(profileTitle(after)), style.width - 8)}`,
    '',
    ...totalLines(before, after, style),
    '',
  ]
  const lists: [string, Row[]][] = [
    ['Takes more of the time', certain.filter(({ change }) => change.value > 0)],
    ['Takes less of the time', certain.filter(({ change }) => change.value < 0)],
  ]
  for (const [title, list] of lists) {
    if (list.length === 0) continue
    lines.push(
      heading(
        style,
        `${title}: ${formatCount(list.length)} ${list.length === 1 ? 'function' : 'functions'}, by self time`,
      ),
    )
    lines.push(...list.slice(0, limit).map((row) => rowLine(row, style)))
    if (list.length > limit) lines.push(style.dim(`  and ${formatCount(list.length - limit)} more`))
    lines.push('')
  }
  if (certain.length === 0) lines.push('No function differs by more than chance would do.', '')
  const open = rows.length - certain.length
  if (open > 0)
    lines.push(
      style.dim(
        `${formatCounted(open, 'other function differs', 'other functions differ')} by what chance could do with so few samples.`,
      ),
    )
  return joinLines(lines)
}

function changedRows(before: CpuProfile, after: CpuProfile): Row[] {
  const [from, to] = [profileTotals(before), profileTotals(after)]
  return diffFunctions(cpuDiff(before, after))
    .map((row) => ({
      ...row,
      change: shareDifference(
        { ns: row.beforeNs, allNs: from.cpuNs, sampleCount: from.cpuSampleCount },
        { ns: row.afterNs, allNs: to.cpuNs, sampleCount: to.cpuSampleCount },
      ),
    }))
    .sort((a, b) => Math.abs(b.change.value) - Math.abs(a.change.value))
}

function totalLines(before: CpuProfile, after: CpuProfile, style: TextStyle): string[] {
  const [from, to] = [profileTotals(before), profileTotals(after)]
  const rows: [string, number, number][] = [
    ['on CPU', from.cpuNs, to.cpuNs],
    ['GC', from.gcNs, to.gcNs],
    ['ran for', before.durationNs, after.durationNs],
  ]
  return [
    style.dim(
      `${padEnd('', 10)}${padStart('before', 12)}${padStart('after', 12)}${padStart('change', 12)}`,
    ),
    ...rows.map(
      ([label, left, right]) =>
        `${padEnd(label, 10)}${padStart(formatTimeNs(left), 12)}${padStart(formatTimeNs(right), 12)}${padStart(formatSigned(right - left, formatTimeNs), 12)}`,
    ),
    style.dim(
      `${padEnd('samples', 10)}${padStart(formatCount(from.cpuSampleCount), 12)}${padStart(formatCount(to.cpuSampleCount), 12)}`,
    ),
  ]
}

/** `+12.3 % [10.1 to 14.5]   1.2 s → 1.5 s  encode addon.cc:88` */
function rowLine({ frame, change, beforeNs, afterNs }: Row, style: TextStyle): string {
  const paint = change.value > 0 ? style.fail : style.pass
  const share = paint(padStart(`${points(change.value)} %`, 9))
  const interval = padEnd(`[${points(change.low)} to ${points(change.high)}]`, 18)
  const times = padStart(`${formatTimeNs(beforeNs)} → ${formatTimeNs(afterNs)}`, 20)
  const room = Math.max(16, style.width - 54)
  const name = fit(
    `${printable(frameName(frame))} ${frame.isNamed ? printable(frameLocation(frame)) : ''}`.trim(),
    room,
  )
  return `${share} ${style.dim(interval)} ${times}  ${name}`
}

const points = (ratio: number): string => `${ratio > 0 ? '+' : ''}${(ratio * 100).toFixed(1)}`
