import type { CaptureFacts } from '../../contract/facts.js'
import type { Verdicts } from '../../contract/verdict.js'
import { leakedAmounts, type Metric, metricGap } from '../metric.js'
import { mainProcessIndex } from '../process-choice.js'
import type { DiffSide } from './diff-layout.js'

/** One capture of a comparison. Verdicts are needed only for the metric `leaked`. */
export interface DiffInput {
  facts: CaptureFacts
  verdicts?: Verdicts
  /** Default: where a leak was found, else the busiest. */
  processIndex?: number
}

const noVerdicts: Verdicts = { formatVersion: 1, checks: [], leaks: [] }

export function diffSide({
  facts,
  verdicts = noVerdicts,
  processIndex,
}: DiffInput): DiffSide | undefined {
  const process = facts.processes[processIndex ?? mainProcessIndex(facts, verdicts)]
  return process && { process, leaked: leakedAmounts(process, verdicts) }
}

/** Why two sides cannot be compared by a metric. */
export function diffGap(sides: readonly DiffSide[], metric: Metric): string | undefined {
  for (const { process } of sides) {
    const gap = metricGap(process, metric)
    if (gap !== undefined) return gap
  }
  return undefined
}
