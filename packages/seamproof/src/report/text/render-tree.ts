/** The call tree as text, widest branch first: of allocations, or of CPU time. */
import { timeShare } from '../../base/wilson-interval.js'
import type { CpuProfile } from '../../contract/cpu-profile.js'
import type { CaptureFacts } from '../../contract/facts.js'
import type { Verdicts } from '../../contract/verdict.js'
import {
  type CallTree,
  CallTreeLayout,
  type CpuMetric,
  cpuCallTree,
  keyText,
} from '../call-tree/call-tree-layout.js'
import { type FoldName, foldNames, type Grouping } from '../call-tree/frame-keys.js'
import {
  formatBytes,
  formatCount,
  formatCounted,
  formatPercent,
  formatTimeNs,
} from '../format-quantity.js'
import {
  leakedAmounts,
  type Metric,
  type MetricUnit,
  metricGap,
  metricLabels,
  type Resource,
} from '../metric.js'
import { mainProcessIndex, processLabel } from '../process-choice.js'
import { profileTitle } from '../profile/profile-text.js'
import { printableFacts } from './printable-facts.js'
import {
  columns,
  fit,
  joinLines,
  padStart,
  printable,
  type TextOptions,
  type TextStyle,
  textStyle,
} from './text-style.js'

export interface TreeOptions extends TextOptions {
  /** Default `live`. */
  metric?: Metric
  /** Default `bytes`. */
  unit?: MetricUnit
  resource?: Resource
  processIndex?: number
  isInverted?: boolean
  grouping?: Grouping
  /** Levels below the root; default 24. */
  depth?: number
  /** Branches under this share of all are left out; default 0.01. */
  shareMin?: number
  /** Default: all; `[]` shows every frame. */
  folds?: readonly FoldName[]
}

export interface CpuTreeOptions
  extends Pick<
    TreeOptions,
    keyof TextOptions | 'isInverted' | 'grouping' | 'depth' | 'shareMin' | 'folds'
  > {
  /** Default `on-cpu`. */
  metric?: CpuMetric
}

const cpuMetricLabels: Record<CpuMetric, string> = {
  'on-cpu': 'Time on a core',
  waiting: 'Time waiting',
  wall: 'Time on a core and waiting',
}

interface Drawing {
  call: CallTree
  style: TextStyle
  show: (value: number) => string
  depth: number
  valueMin: number
  lines: string[]
}

export function renderTree(
  captureFacts: CaptureFacts,
  verdicts: Verdicts,
  options: TreeOptions = {},
): string {
  const facts = printableFacts(captureFacts)
  const style = textStyle(options)
  const { metric = 'live', unit = 'bytes', depth = 24, shareMin = 0.01 } = options
  const process = facts.processes[options.processIndex ?? mainProcessIndex(facts, verdicts)]
  if (process === undefined) return 'The capture holds no process.\n'
  const gap = metricGap(process, metric)
  if (gap !== undefined) return `${metricLabels[metric]}: ${gap}.\n`
  const layout = new CallTreeLayout(process, leakedAmounts(process, verdicts))
  const call = layout.tree({
    metric,
    unit,
    isInverted: options.isInverted ?? false,
    grouping: options.grouping ?? 'function',
    folds: options.folds ?? foldNames,
    ...(options.resource === undefined ? {} : { resource: options.resource }),
  })
  const all = call.tree.value[0] ?? 0
  const hasSize = unit === 'bytes'
  const drawing: Drawing = {
    call,
    style,
    show: hasSize ? formatBytes : formatCount,
    depth,
    valueMin: all * shareMin,
    lines: [],
  }
  const head = `${metricLabels[metric]}, ${unit}${options.isInverted ? ', inverted: allocations first' : ''}: ${processLabel(process)}`
  if (all === 0)
    return joinLines([style.bold(fit(head, style.width)), '', 'Nothing to show: zero everywhere.'])
  return drawnTree(drawing, head, shareMin)
}

/** Of all threads together. */
export function renderCpuTree(profile: CpuProfile, options: CpuTreeOptions = {}): string {
  const style = textStyle(options)
  const { metric = 'on-cpu', depth = 24, shareMin = 0.01, isInverted = false } = options
  const call = cpuCallTree(profile, {
    metric,
    isInverted,
    grouping: options.grouping ?? 'function',
    folds: options.folds ?? foldNames,
  })
  const [all, sampleCount] = [call.tree.value[0] ?? 0, call.tree.otherValue[0] ?? 0]
  const head = `${cpuMetricLabels[metric]}${isInverted ? ', inverted: what ran first' : ''}: ${printable(profileTitle(profile))}`
  if (all === 0) {
    const hint =
      metric === 'on-cpu' ? '' : ' Waiting is seen with: seamproof profile --wall -- PROGRAM'
    return joinLines([style.bold(fit(head, style.width)), '', `No samples.${hint}`])
  }
  const drawing: Drawing = {
    call,
    style,
    show: formatTimeNs,
    depth,
    valueMin: all * shareMin,
    lines: [],
  }
  const half = timeShare(all / 2, all, sampleCount)
  const sure = `n = ${formatCounted(sampleCount, 'sample')}: a branch of 50 % is ${formatPercent(half.low)} to ${formatPercent(half.high)} with 95 % certainty.`
  return drawnTree(drawing, head, shareMin, sure)
}

function drawnTree(drawing: Drawing, head: string, shareMin: number, remark = ''): string {
  const { style, depth } = drawing
  drawNode(drawing, 0, '', '')
  const limits = `Branches under ${formatPercent(shareMin)} and levels beyond ${depth} are left out.`
  return joinLines([
    style.bold(fit(head, style.width)),
    '',
    ...drawing.lines,
    '',
    ...(remark === '' ? [] : [style.dim(remark)]),
    style.dim(limits),
  ])
}

function drawNode(drawing: Drawing, node: number, lead: string, branch: string): void {
  const { call, style, show, lines } = drawing
  const { tree } = call
  const value = tree.value[node] ?? 0
  const number = `${padStart(formatPercent(value / (tree.value[0] || 1)), 8)} ${padStart(show(value), 10)}  `
  const text =
    node === 0
      ? { name: 'all', location: '', origin: 'other' as const }
      : keyText(call, tree.key[node] ?? 0)
  const room = style.width - number.length - columns(lead + branch)
  // Deep down only the name still fits.
  const location = room < 30 ? '' : fit(text.location, Math.floor(room / 2))
  const name = fit(text.name, Math.max(8, room - columns(location) - 2))
  const paint = text.origin === 'other' ? (plain: string) => plain : style[text.origin]
  lines.push(`${number}${style.dim(lead + branch)}${paint(name)}  ${style.dim(location)}`)
  drawChildren(drawing, node, lead, branch)
}

function drawChildren(drawing: Drawing, node: number, lead: string, branch: string): void {
  const { call, valueMin, depth, style } = drawing
  const { tree } = call
  const inner = lead + (branch === '' ? '' : branch.startsWith('└') ? '  ' : '│ ')
  const children: number[] = []
  const end = node + (tree.subtree[node] ?? 1)
  for (let child = node + 1; child < end; child += tree.subtree[child] ?? 1) children.push(child)
  const shown = children.filter((child) => (tree.value[child] ?? 0) >= valueMin)
  if ((tree.depth[node] ?? 0) >= depth) {
    if (shown.length > 0) drawing.lines.push(`${' '.repeat(21)}${style.dim(`${inner}└ …`)}`)
    return
  }
  shown.forEach((child, index) => {
    const isLast = index === shown.length - 1
    drawNode(drawing, child, inner, isLast ? '└ ' : '├ ')
  })
}
