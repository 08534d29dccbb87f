/** Findings of the seam layer: the rule, who broke it, and the life of the object it was broken with. */
import type { CaptureFacts, ProcessFacts } from '../../contract/facts.js'
import type { LayerCrossing, LayerFinding, LayerStackRole } from '../../contract/layer.js'
import type { LayerKnown } from '../../contract/layer-known.js'
import { layerRule, nodeDocsUrl } from '../../contract/layer-rules/layer-rules.js'
import type { CheckVerdict } from '../../contract/verdict.js'
import { formatBytes, formatCount } from '../format-quantity.js'
import { printableFacts } from './printable-facts.js'
import { stackLines } from './stack-text.js'
import {
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

type ShownFinding = LayerFinding & { processIndex: number; known?: LayerKnown }

export interface LayerReport {
  checks: readonly CheckVerdict[]
  findings: readonly ShownFinding[]
  suppressed: readonly ShownFinding[]
}

export interface LayerTextOptions extends TextOptions {
  /** How many findings are shown in full; default 20. */
  limit?: number
}

const roleTitles: Record<LayerStackRole, string> = {
  now: 'here',
  created: 'created',
  'handed-over': 'handed over',
  freed: 'given back',
}

const crossingsShown = 8

export function renderLayer(
  captureFacts: CaptureFacts,
  { checks, findings, suppressed }: LayerReport,
  options: LayerTextOptions = {},
): string {
  const facts = printableFacts(captureFacts)
  const style = textStyle(options)
  const limit = options.limit ?? 20
  const injected = facts.processes.flatMap((process) => process.layer?.injected ?? [])
  const lines = [...verdictLines(checks, style), '', ...injected.map(printable), '']
  for (const finding of findings.slice(0, limit))
    lines.push(...findingBlock(finding, facts.processes[finding.processIndex]!, style), '')
  if (findings.length > limit) lines.push(`… and ${formatCount(findings.length - limit)} more`, '')
  lines.push(...suppressedLines(suppressed, style), ...crossingLines(facts, style))
  return joinLines(lines)
}

function findingBlock(finding: ShownFinding, process: ProcessFacts, style: TextStyle): string[] {
  const rule = layerRule(finding.ruleId)
  const paint =
    finding.severity === 'error'
      ? style.fail
      : finding.severity === 'warning'
        ? style.warn
        : style.dim
  const times = finding.count > 1 ? `  ×${formatCount(finding.count)}` : ''
  const lines = [
    `${paint(finding.severity.toUpperCase())} ${style.bold(finding.ruleId)}  ${rule?.title ?? ''}${times}`,
    `  ${style.subject(whereText(finding))}`,
  ]
  if (finding.known !== undefined) lines.push(...knownLines(finding.known, style))
  for (const { name, value } of finding.notes)
    lines.push(`  ${wrap(`${printable(name)}: ${printable(value)}`, style.width - 4, '    ')}`)
  for (const { role, frameIndexes } of finding.stacks) {
    const object = role === 'now' ? '' : `${finding.objectKind ?? 'it'} was `
    lines.push(`  ${style.dim(`${object}${roleTitles[role]}:`)}`)
    const frames = frameIndexes.map((index) => process.frames[index]!)
    lines.push(...stackLines(withoutLayer(frames), style, '    '))
  }
  if (rule === undefined) return lines
  const text = (label: string, value: string) =>
    `  ${style.dim(label)} ${wrap(value, style.width - 12, '            ')}`
  lines.push(
    text('rule:    ', rule.rule),
    text('otherwise:', rule.otherwise),
    text('fix:     ', rule.fix),
    style.dim(`  ${nodeDocsUrl(rule)}  docs/rules/${rule.id}.md`),
  )
  return lines
}

/** Node's own, with the release that has the fix. */
function knownLines({ reason, fixedIn, url }: LayerKnown, style: TextStyle): string[] {
  const fixed = fixedIn === undefined ? 'not fixed yet' : `fixed in ${fixedIn.join(' and ')}`
  return [
    `  ${style.bold(`Node’s, ${fixed}`)}`,
    `  ${wrap(reason, style.width - 2, '  ')}`,
    style.dim(`  ${url}`),
  ]
}

function suppressedLines(suppressed: readonly ShownFinding[], style: TextStyle): string[] {
  if (suppressed.length === 0) return []
  const lines = [heading(style, 'Known patterns, not counted')]
  for (const finding of suppressed)
    lines.push(
      `${finding.ruleId}  ${whereText(finding)}`,
      style.dim(`  ${wrap(finding.known?.reason ?? '', style.width - 2, '  ')}`),
    )
  return [...lines, '']
}

/** `sharp.node, in resize() (callback), calling napi_delete_reference` */
function whereText({ addonPath, exportName, phase, functionName }: LayerFinding): string {
  const addon = addonPath === '' ? 'no addon' : addonPath.slice(addonPath.lastIndexOf('/') + 1)
  const name = exportName === '' ? '' : ` in ${printable(exportName)}()`
  const call = functionName === '' ? '' : `, calling ${functionName}`
  return `${printable(addon)},${name} (${phase === 'native' ? 'native code on its own' : phase})${call}`
}

/** The wrapper's and the dispatcher's own frames say nothing. */
function withoutLayer<T extends { moduleName?: string }>(frames: readonly T[]): T[] {
  return frames.filter((frame) => frame.moduleName !== 'seamproof-agent.so')
}

/** Who is chatty: calls from JavaScript, time in them, and Node-API calls that each one makes. */
function crossingLines(facts: CaptureFacts, style: TextStyle): string[] {
  const crossings = facts.processes
    .flatMap((process) => process.layer?.crossings ?? [])
    .sort((a, b) => b.totalNs - a.totalNs)
  if (crossings.length === 0) return []
  const lines = [
    heading(style, 'Crossings, the most time first'),
    style.dim(
      `${padStart('calls', 12)} ${padStart('mean', 12)} ${padStart('longest', 12)} ${padStart('API calls each', 16)} ${padStart('copied each', 13)} ${padStart('allocations each', 24)}`,
    ),
  ]
  for (const one of crossings.slice(0, crossingsShown)) {
    const addon = printable(one.addonPath.slice(one.addonPath.lastIndexOf('/') + 1))
    const name = printable(one.exportName || '(unnamed)')
    lines.push(
      `${padStart(formatCount(one.callCount), 12)} ${padStart(timeText(one.totalNs / one.callCount), 12)} ${padStart(timeText(one.maxNs), 12)} ${padStart((one.apiCallCount / one.callCount).toFixed(1), 16)} ${padStart(formatBytes(Math.round((one.bytesIn + one.bytesOut) / one.callCount)), 13)} ${padStart(allocationText(one), 24)}  ${padEnd(name, 24)} ${style.dim(addon)}`,
    )
  }
  return lines
}

/** `12.0 of 3.1 kB` */
function allocationText({ allocationCount, allocatedBytes, callCount }: LayerCrossing): string {
  if (allocationCount === 0) return '0'
  const bytes = formatBytes(Math.round(allocatedBytes / callCount))
  return `${(allocationCount / callCount).toFixed(1)}, ${bytes}`
}

function timeText(ns: number): string {
  if (ns < 1e3) return `${ns.toFixed(0)} ns`
  if (ns < 1e6) return `${(ns / 1e3).toFixed(1)} µs`
  return `${(ns / 1e6).toFixed(1)} ms`
}
