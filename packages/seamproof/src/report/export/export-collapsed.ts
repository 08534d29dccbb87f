import type { CaptureFacts } from '../../contract/facts.js'
import type { Verdicts } from '../../contract/verdict.js'
import { frameLabel } from '../frame-text.js'
import {
  leakedAmounts,
  type Metric,
  type MetricUnit,
  metricAmount,
  type Resource,
  resourceOf,
} from '../metric.js'
import { mainProcessIndex } from '../process-choice.js'
import { framesInwards } from '../stack-frames.js'

export interface CollapsedOptions {
  /** Default `live`. */
  metric?: Metric
  /** Default `bytes`. */
  unit?: MetricUnit
  resource?: Resource
  processIndex?: number
}

/** `;` ends a frame and a line break ends a stack: neither may come from a name. */
export const collapsedName = (label: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  label.replaceAll(';', ':').replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ')

/** Collapsed stacks, root first, one a line: `main;run;encode (addon.cc:88) 4096`. Read by flamegraph.pl and inferno. */
export function exportCollapsed(
  facts: CaptureFacts,
  verdicts: Verdicts,
  options: CollapsedOptions = {},
): string {
  const { metric = 'live', unit = 'bytes', resource = 'heap' } = options
  const process = facts.processes[options.processIndex ?? mainProcessIndex(facts, verdicts)]
  if (process === undefined) return ''
  const leaked = leakedAmounts(process, verdicts)
  const weights = new Map<string, number>()
  process.costs.forEach((cost, index) => {
    const weight = metricAmount(cost, metric, leaked.get(index))[unit]
    if (weight <= 0 || resourceOf(cost.kind) !== resource) return
    const frames = framesInwards(process, cost.treeIndex)
    const stack = frames.map((frame) => collapsedName(frameLabel(frame))).join(';') || '(no stack)'
    weights.set(stack, (weights.get(stack) ?? 0) + weight)
  })
  return [...weights].map(([stack, weight]) => `${stack} ${weight}\n`).join('')
}
