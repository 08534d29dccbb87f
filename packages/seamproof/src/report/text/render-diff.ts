/** What a change did: totals, then the stacks that are new, grew, shrank or went. */

import type { Frame } from '../../contract/frame.js'
import { diffFigures } from '../diff/diff-figures.js'
import {
  changeOf,
  changeWeight,
  type DiffChange,
  type DiffRow,
  type DiffSide,
  layoutDiff,
} from '../diff/diff-layout.js'
import { type DiffInput, diffGap, diffSide } from '../diff/diff-sides.js'
import { formatBytes, formatCount, formatSigned } from '../format-quantity.js'
import { frameLocation, frameName } from '../frame-text.js'
import { type Metric, metricLabels, resourceLabels } from '../metric.js'
import { framesInwards } from '../stack-frames.js'
import { printableFacts } from './printable-facts.js'
import {
  fit,
  heading,
  joinLines,
  padEnd,
  padStart,
  type TextOptions,
  type TextStyle,
  textStyle,
} from './text-style.js'

export interface DiffOptions extends TextOptions {
  /** Default `live`. */
  metric?: Metric
  /** Stacks in each list; default 10. */
  limit?: number
}

const lists: [DiffChange, title: string][] = [
  ['new', 'New'],
  ['grew', 'Grew'],
  ['shrank', 'Shrank'],
  ['gone', 'Gone'],
]

export function renderDiff(before: DiffInput, after: DiffInput, options: DiffOptions = {}): string {
  const style = textStyle(options)
  const metric = options.metric ?? 'live'
  const clean = [before, after].map((input) => ({ ...input, facts: printableFacts(input.facts) }))
  const [first, second] = clean.map(diffSide)
  if (!first || !second) return 'A capture holds no process: nothing to compare.\n'
  const gap = diffGap([first, second], metric)
  if (gap !== undefined) return `${metricLabels[metric]}: ${gap}.\n`
  const commands = clean.map(({ facts }) => facts.command.join(' '))
  const lines = [
    `${style.dim('before')}  ${fit(commands[0] ?? '', style.width - 8)}`,
    `${style.dim('after ')}  ${fit(commands[1] ?? '', style.width - 8)}`,
    '',
    ...totalsTable(first, second, style),
    '',
  ]
  const layout = layoutDiff(first, second, metric)
  const path = (row: DiffRow) =>
    framesInwards({ ...second.process, frames: layout.frames, tree: layout.tree }, row.treeIndex)
  const limit = options.limit ?? 10
  for (const [change, title] of lists) {
    const rows = layout.rows
      .filter((row) => changeOf(row) === change)
      .sort((a, b) => Math.abs(changeWeight(b)) - Math.abs(changeWeight(a)))
    if (rows.length === 0) continue
    const stacks = `${formatCount(rows.length)} ${rows.length === 1 ? 'stack' : 'stacks'}`
    lines.push(heading(style, `${title}: ${stacks}, ${metricLabels[metric].toLowerCase()}`))
    for (const row of rows.slice(0, limit)) lines.push(rowLine(row, path(row), style))
    if (rows.length > limit)
      lines.push(style.dim(`${' '.repeat(25)}and ${formatCount(rows.length - limit)} more`))
    lines.push('')
  }
  if (lines.at(-1) === '' && layout.rows.every((row) => changeOf(row) === 'same'))
    lines.push(style.pass('No stack differs.'))
  return joinLines(lines)
}

function totalsTable(before: DiffSide, after: DiffSide, style: TextStyle): string[] {
  const rows = diffFigures(before.process, after.process)
  const head = style.dim(
    `${padEnd('', 13)}${padStart('before', 12)}${padStart('after', 12)}${padStart('change', 12)}`,
  )
  return [
    head,
    ...rows.map(({ label, before: from, after: to, change, sign }) => {
      const paint = sign > 0 ? style.fail : sign < 0 ? style.pass : style.dim
      return `${padEnd(label, 13)}${padStart(from, 12)}${padStart(to, 12)}${paint(padStart(change, 12))}`
    }),
  ]
}

/** `+1.2 MiB  +400  encode addon.cc:88 ← makeThumb thumb.ts:12` */
function rowLine(row: DiffRow, inwards: readonly Frame[], style: TextStyle): string {
  const { before, after, resource } = row
  const frames = [...inwards].reverse()
  const site = frames.find((frame) => frame.origin !== 'system') ?? frames[0]
  const caller = frames.find((frame) => frame.origin === 'user' && frame !== site)
  const bytes = after.bytes - before.bytes
  const blocks = after.blocks - before.blocks
  const hasSize = resource === 'heap' || resource === 'mmap'
  const size = hasSize ? formatSigned(bytes, formatBytes) : ''
  const paint = changeWeight(row) > 0 ? style.fail : style.pass
  const told = (frame: Frame) =>
    `${frameName(frame)} ${frame.isNamed ? frameLocation(frame) : ''}`.trim()
  const from = caller ? ` ← ${told(caller)}` : ''
  const kind = resource === 'heap' ? '' : `[${resourceLabels[resource]}] `
  const room = Math.max(20, style.width - 28 - kind.length)
  const text = site ? fit(told(site), Math.max(20, room - Math.min(from.length, 40))) : '(no stack)'
  const called = fit(from, Math.max(0, room - text.length))
  return `${paint(padStart(size, 12))} ${padStart(formatSigned(blocks, formatCount), 10)}  ${style.dim(kind)}${style.subject(text)}${style.user(called)}`
}
