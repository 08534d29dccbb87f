import type { Estimate } from './facts.js'
import type { CheckVerdict } from './verdict.js'

/** Base units only: a report chooses the prefix. `ratio` is a share or a factor: 0.25 is 25 %. */
export type Unit =
  | 'ns'
  | 's'
  | 'B'
  | 'B/op'
  | 'ops/s'
  | 'ns/op'
  | 'ns/call'
  | 'instructions/op'
  | 'instructions/call'
  | 'calls/op'
  | 'allocations/op'
  | 'B/s'
  | 'ratio'
  | 'count'
  | 'events/s'

/** Where a person sees for themselves. Paths are relative to the run's folder. */
export interface Evidence {
  /** `capture`, `histogram`, `series`, `flamegraph`, `findings`, `samples`, `raw`. */
  kind: 'capture' | 'histogram' | 'series' | 'flamegraph' | 'findings' | 'samples' | 'raw'
  path: string
  /** The one-line command that makes it again. */
  reproduce: string
}

/**
 * A number that was measured in this run: value, interval at 95 %, how many samples, and what it was made from. There is no
 * other way to hand a number to `judge`; a metric without one is `not-run`.
 */
export interface Measurement {
  /** A name out of `metrics`: `throughput`, `latency p99`. */
  metric: string
  unit: Unit
  estimate: Estimate
  sampleCount: number
  /** Relative spread of the samples (median absolute deviation ÷ median), where there are several. */
  spread?: number
  /** e.g. `grid`; absent when the subject has no components. */
  component?: string
  workload?: string
  /** Exported function, flag, kernel: what of the workload was measured. */
  detail?: string
  /** The values it was made of, process by process, where there are not too many. */
  samples?: number[]
  /** Why the number is worth less than it looks; it is then judged `inconclusive`. */
  weakness?: string
  /** Absent where it was measured in this run; else when, where and on what it was, in a sentence. */
  origin?: string
  /** The weakness can only have made the number worse: a limit that it keeps all the same is kept. */
  isPessimistic?: true
  /** The weakness is noise, which can have moved the number by this factor at most: what that leaves decided is decided. */
  noiseFactor?: number
  evidence: Evidence
}

/** A metric that was asked for and could not be measured. */
export interface MissingMeasurement {
  metric: string
  component?: string
  workload?: string
  reason: string
}

/** What a stage judged by its own limits, whatever the config asks: a soak's rate, its end, what grew. A row of a validation. */
export interface StageCheck {
  verdict: CheckVerdict
  part: 'memory safety' | 'performance'
  /** In words: `<= 10 %`. */
  target: string
  /** Set where a target can be set for the same number: its row says it then. */
  metric?: string
  detail?: string
  workload?: string
  evidence: Evidence
}

/** measurements.json: what `bench`, `soak` or `experiment` leaves for `judge`. */
export interface MeasurementList {
  formatVersion: 1
  seamproofVersion: string
  createdAt: string
  command: string[]
  machine: MachineFacts
  measurements: Measurement[]
  missing: MissingMeasurement[]
  checks?: StageCheck[]
  notes: string[]
}

export interface MachineFacts {
  os: string
  arch: string
  libc: string
  nodeVersion: string
  cpuModel: string
  cpuCount: number
  memoryBytes: number
  /** What disturbs measurement here, in sentences: other load, no real-time scheduling, a virtual machine. */
  disturbances: string[]
}
