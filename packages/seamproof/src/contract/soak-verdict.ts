import type { GrowthSubject } from './soak-facts.js'
import type { CheckVerdict } from './verdict.js'

/** soak-verdicts.json: a soak's facts held against limits. */
export interface SoakVerdicts {
  formatVersion: 1
  checks: CheckVerdict[]
  /** What grew beyond doubt and by enough to matter, the largest first. */
  grown: { what: GrowthSubject; sentence: string }[]
}
