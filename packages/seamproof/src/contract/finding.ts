import type { Frame } from './frame.js'
import type { CheckVerdict } from './verdict.js'

/** One way of observing a run that can report defects. */
export const instruments = [
  'layer',
  'asan',
  'ubsan',
  'tsan',
  'memcheck',
  'helgrind',
  'drd',
  'inject',
  'stress',
  'track',
] as const

export type Instrument = (typeof instruments)[number]

/**
 * Why an instrument did not run to its end: the machine lacks a tool; it makes no sense for this subject (no sources to build,
 * no addon); the subject could not be driven; somebody pressed Ctrl-C; its shard is missing; or the fault is ours.
 */
export type NotRunCause =
  | 'tool-missing'
  | 'not-applicable'
  | 'subject-not-driven'
  | 'interrupted'
  | 'shard-missing'
  | 'own-bug'

export type Severity = 'error' | 'warning' | 'advice'

/** The same words for the same defect, whichever instrument saw it: what is merged must be equal here. */
export const defectKinds = [
  'leak',
  'overflow',
  'use-after-free',
  'double-free',
  'invalid-free',
  'mismatched-free',
  'uninitialised',
  'race',
  'lock-order',
  'undefined-behaviour',
  'null-pointer',
  'crash',
  'hang',
  'rule',
] as const

export type DefectKind = (typeof defectKinds)[number]

/** `now`: where it happened. The others are the life of the memory, object or lock that it happened to. */
export type StackRole =
  | 'now'
  | 'other-access'
  | 'allocated'
  | 'freed'
  | 'origin'
  | 'created'
  | 'handed-over'
  | 'lock-taken'
  | 'thread-created'
  /** Faults on purpose: the call that was made to fail. */
  | 'made-to-fail'

export interface DefectStack {
  role: StackRole
  /** As the instrument named it: `main`, `T7`, `#3`. Absent when it did not say. */
  thread?: string
  /** Innermost first, JavaScript among them where the instrument can. */
  frames: Frame[]
}

/** One defect as one instrument reported it in one run: the output of the parsers, before anything is merged. */
export interface DefectReport {
  instrument: Instrument
  kind: DefectKind
  /** The instrument's own name for it: `heap-buffer-overflow`, `UninitCondition`, `SEAM-REF-004`. */
  rule: string
  severity: Severity
  /** One sentence: `write of 1 byte, 0 bytes after a block of 64`. */
  message: string
  stacks: DefectStack[]
  /** The workload whose rounds showed it; absent for a program. */
  workload?: string
  /** Leaks between rounds. Absent where the instrument saw only the end. */
  perOperation?: { bytes: number; blocks: number }
  bytes?: number
  blocks?: number
  /** Seen, but too slow or uneven to be sure: more rounds can tell. */
  isInconclusive?: true
  /** How often this very report came. */
  count: number
  notes: { name: string; value: string }[]
}

/** One instrument on one workload file or program. */
export interface CheckRun {
  instrument: Instrument
  /** The workload file as given, or the program's command line. */
  target: string
  /** Absent for programs. */
  workloads?: string[]
  /** A run that was made but could not be driven to its end is `not-run` too, with its reports kept. */
  status: 'ran' | 'not-run'
  /** Required when `not-run`: what happened, and the next command to type. */
  reason?: string
  /** It ran, and saw less than it can: the addon was not built for it. `blindSpots` say what. */
  isPartial?: true
  /** Decides the exit code when the instrument was asked for; `subject-not-driven` when absent. */
  cause?: NotRunCause
  /** It ran, but not far enough for its silence to mean anything: why, and the next command to type. */
  incomplete?: string
  /** Kept: those with a frame of the subject where this instrument's rule asks for one. */
  reports: DefectReport[]
  /** Reports about Node or the system alone, which were left out. */
  foreignCount: number
  /** What this instrument cannot see of this subject, in sentences. */
  blindSpots: string[]
  notes: string[]
  wallMs: number
  /** The one-line command that makes this run again. */
  reproduce: string
  /** Folder with raw logs, relative to the check's folder. */
  folder: string
}

export interface Acceptance {
  reason: string
  /** `2027-01-31`: the last day it holds. */
  expires?: string
}

/** One entry of `seamproof.baseline.json`. */
export interface AcceptedFinding extends Acceptance {
  fingerprint: string
  /** Fingerprints by which single instruments know it. */
  aliases?: string[]
  /** For the person who reads the file. */
  message: string
}

/** `seamproof.baseline.json`: what was there when the checks were introduced, or was accepted since. */
export interface Baseline {
  formatVersion: 1
  accepted: AcceptedFinding[]
}

export type FindingStatus = 'new' | 'known' | 'suppressed'

/** One defect, deduplicated over instruments, rounds and workloads. */
export interface Finding {
  /** 16 hex digits of kind, top frames inside the subject, and module: stable over runs, rebuilds and checkouts. */
  fingerprint: string
  /**
   * All fingerprints that its reports have by themselves, `fingerprint` among them: an instrument that inlines otherwise calls
   * the same defect by another one, and a baseline must know it whichever instruments ran.
   */
  aliases: string[]
  kind: DefectKind
  severity: Severity
  status: FindingStatus
  /** Why it is `known` or `suppressed`; with the day it expires when it has one. */
  acceptedBy?: Acceptance
  /** It was accepted, and the day has passed: it counts as new. */
  expired?: Acceptance
  message: string
  /** Of the report that says most; the others are in `reports`. */
  stacks: DefectStack[]
  instruments: Instrument[]
  /** The runs that showed it. */
  seenBy: { instrument: Instrument; target: string }[]
  workloads: string[]
  /** Shortest command that shows it. */
  reproduce: string
  /** The file and line in the subject that a person should open first. */
  location?: { file: string; line?: number; functionName: string; moduleName?: string }
  perOperation?: { bytes: number; blocks: number }
  reports: DefectReport[]
}

export interface PlannedCheck {
  instrument: Instrument
  target: string
  /** From 1. */
  shard: number
}

/** What one workload leaks per operation; bytes and blocks that nothing points to any more are told from those that grow. */
export interface LeakSummary {
  workload: string
  /** The workload file. */
  target: string
  /** Instruments that looked for leaks here. */
  instruments: Instrument[]
  findingCount: number
  /** All that is not freed, whether something still points to it or not: `track`. Absent when it did not run. */
  growth?: { bytes: number; blocks: number }
  /** Nothing points to it any more: LeakSanitizer, memcheck. Absent when neither ran. */
  lost?: { bytes: number; blocks: number }
}

export interface CheckDemand {
  /** Asked for by name: whatever keeps one from running, it is no pass. */
  required: Instrument[]
  /** A tool that the machine lacks is no pass; that an instrument makes no sense for the subject is. */
  areToolsRequired: boolean
  /** Warnings fail, too. */
  isStrict: boolean
}

/** findings.json: everything that `seamproof check` knows. Can be merged over shards. */
export interface FindingList {
  formatVersion: 1
  seamproofVersion: string
  createdAt: string
  runs: CheckRun[]
  findings: Finding[]
  /** One per instrument and target, and `leaks` per workload. */
  checks: CheckVerdict[]
  /** One per workload that an instrument looked at for leaks. */
  leaks: LeakSummary[]
  /** Every run of all shards, so that a shard that is missing at a merge is known. */
  planned: PlannedCheck[]
  /** What was asked of the check, so that it is judged alike when it is read again or merged. */
  demand: CheckDemand
  shard?: { index: number; count: number }
  /** Ctrl-C: what was finished is here. */
  isInterrupted?: true
}
