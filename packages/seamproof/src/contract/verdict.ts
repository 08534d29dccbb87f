import type { GrowthGroup, ProcessFacts } from './facts.js'
import type { Instrument } from './finding.js'

export type VerdictStatus = 'pass' | 'fail' | 'inconclusive' | 'not-run'

/** verdicts.json: facts held against limits. */
export interface Verdicts {
  formatVersion: 1
  checks: CheckVerdict[]
  leaks: LeakVerdict[]
  /** Suppressions of the config that hid nothing: they may be out of date. Absent when there are none. */
  unusedSuppressions?: { pattern: string; reason: string }[]
}

export interface CheckVerdict {
  /** Of `seamproof check`: which instrument on which workload file or program. */
  instrument?: Instrument
  target?: string
  /** A pass of what could be looked at; not all could. */
  isPartial?: true
  /** e.g. `leaks`, `leaks: resize a thumbnail`, `file descriptors`. */
  check: string
  status: VerdictStatus
  /** Required when `inconclusive` or `not-run`. */
  reason?: string
  /** One line of evidence: `0 of 312 groups grow over 6 rounds of 2000 operations`. */
  evidence: string
}

/** A group of stacks that grows. `status` is `fail` for a leak, `inconclusive` for growth that is slow or uneven. */
export interface LeakVerdict {
  traceFile: ProcessFacts['traceFile']
  groupId: GrowthGroup['groupId']
  status: 'fail' | 'inconclusive' | 'suppressed'
  /** Why it was judged so, in a sentence with the numbers. */
  reason: string
  suppressedBy?: { pattern: string; reason: string }
  /**
   * Set when one call of the subject led to this group and to another one, which leaks more blocks: the `groupId` of that
   * one, in the same trace. The two are one leak.
   */
  partOf?: GrowthGroup['groupId']
}
