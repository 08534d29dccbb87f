import type { Unit } from './measurement.js'
import type { MetricName } from './metrics.js'
import type { TargetLevel } from './validation.js'

export type Comparison = '<' | '<=' | '>' | '>='

/** One limit that the user set, understood. Values are in the metric's unit. */
export interface Target {
  metric: MetricName
  level: TargetLevel | 'off'
  /** As written: `>= 200k ops/s`. */
  text: string
  limit: TargetLimit
  /** Only measurements of these; a target that names more wins over one that names less. */
  workload?: string
  component?: string
  /** Flag, exported function, kernel: what of the workload was measured. */
  detail?: string
}

export type TargetLimit =
  | { kind: 'value'; comparison: Comparison; value: number; unit: Unit }
  /** Against what was stored: no worse than this share off, e.g. 0.05. */
  | { kind: 'baseline'; worseRatioMax: number }
