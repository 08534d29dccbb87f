import type { FindingList } from './finding.js'
import type { Evidence, MachineFacts, Measurement, MeasurementList, Unit } from './measurement.js'
import type { MetricName } from './metrics.js'
import type { Opportunity } from './opportunity.js'
import type { CheckVerdict, VerdictStatus } from './verdict.js'

export type TargetLevel = 'warn' | 'error'

/** One line of the verdict table: a metric or a check, held against what was asked of it. */
export interface VerdictRow {
  /** Row heads of the table: `event loop`, `grid`; `subject` when there are no components. */
  component: string
  part: 'memory safety' | 'performance'
  /** `leaks`, `races`, `throughput`, `latency p99`. */
  name: string
  /** As written in the config: `>= 200k ops/s`; for checks `no finding`. */
  target: string
  level: TargetLevel
  status: VerdictStatus
  /** Required when `inconclusive` or `not-run`. */
  reason?: string
  /** One line: the number with its interval and n, or the counts. */
  evidence: string
  /** Of a target. Absent for checks. */
  metric?: MetricName
  /** Absent for checks, and where there was no number. */
  measurement?: Measurement
  /** Where each opens to. */
  links: Evidence[]
  /** Fingerprints of the findings that decided it. */
  findings?: string[]
}

/** How bad it would be, by what was seen and by what was not looked at. Made by `judge`, explained by `why`. */
export interface ComponentRisk {
  component: string
  risk: 'low' | 'medium' | 'high' | 'unknown'
  why: string
}

export interface ValidationStage {
  name: 'check' | 'bench' | 'experiments' | 'soak'
  status: 'done' | 'failed' | 'skipped'
  reason?: string
  wallMs: number
  folder: string
}

/** What an `Evidence` path holds, ready to be drawn. */
export type EvidenceBody =
  | { kind: 'percentiles'; title: string; unit: Unit; lines: PercentileLine[] }
  | { kind: 'series'; title: string; unit: Unit; lines: SeriesLine[] }
  | { kind: 'samples'; title: string; unit: Unit; groups: { name: string; values: number[] }[] }
  | { kind: 'flamegraph'; title: string; html: string }
  | { kind: 'text'; title: string; text: string }

export interface PercentileLine {
  name: string
  /** Rising; `percentile` in 0..100. */
  points: { percentile: number; value: number }[]
}

export interface SeriesLine {
  name: string
  timeS: number[]
  values: number[]
}

/** validation.json: the whole report, before it is drawn. */
export interface Validation {
  formatVersion: 1
  seamproofVersion: string
  createdAt: string
  subject: { name: string; version?: string; gitCommit?: string }
  machine: MachineFacts
  kind: 'short' | 'full'
  stages: ValidationStage[]
  rows: VerdictRow[]
  risks: ComponentRisk[]
  findings: FindingList
  measurements: MeasurementList[]
  checks: CheckVerdict[]
  /** Time that could be saved, the most first: predicted from what was measured, not measured itself. */
  opportunities: Opportunity[]
  status: VerdictStatus
}
