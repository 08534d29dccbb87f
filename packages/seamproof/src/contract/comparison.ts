import type { Estimate } from './facts.js'
import type { Evidence, MachineFacts, Measurement, Unit } from './measurement.js'

/** The same metric on two sides: before and after a change, or a flag off and on. */
export interface Comparison {
  metric: string
  unit: Unit
  direction: 'higher' | 'lower'
  workload: string
  component?: string
  detail?: string
  /** The side that is held against: baseline, old version, flag off. */
  before: Estimate
  after: Estimate
  /** `after` ÷ `before`. From pairs that met the same machine, where the sides took turns. Absent where `before` is 0. */
  ratio?: Estimate
  /** How likely two samples of one distribution would differ as much (Mann–Whitney). Absent for what is counted exactly. */
  pValue?: number
  /** −1 to 1: of all pairs, the share in which `after` is larger minus that in which it is smaller (Cliff). */
  cliffsDelta?: number
  effect?: 'negligible' | 'small' | 'medium' | 'large'
  /** Changes smaller than this share are noise. */
  noiseRatio: number
  outcome: 'better' | 'worse' | 'same' | 'inconclusive'
  reason?: string
  sampleCount: number
  evidence: Evidence
}

export interface PredictedGain {
  /** `speedup`, … and the predicted ratio. */
  metric: string
  workload?: string
  ratio: number
  /** What it was predicted from, in a sentence. */
  basis: string
}

/** experiment.json: a flag on and off, in turns. */
export interface ExperimentResult {
  formatVersion: 1
  seamproofVersion: string
  createdAt: string
  command: string[]
  machine: MachineFacts
  flag: string
  on: Record<string, string>
  off: Record<string, string>
  /** `before` is off, `after` is on. */
  comparisons: Comparison[]
  predicted: PredictedGain[]
  /** For targets: `speedup`, `overhead reduction`, `allocation reduction`, with `detail` the flag. */
  measurements: Measurement[]
  missing: { metric: string; workload?: string; reason: string }[]
  notes: string[]
}
