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

export type Severity = 'error' | 'warning' | 'advice'

/** The same words for the same defect, whichever instrument saw it: what is merged must be equal here. */
export type DefectKind =
  | 'leak'
  | 'overflow'
  | 'use-after-free'
  | 'double-free'
  | 'invalid-free'
  | 'mismatched-free'
  | 'uninitialised'
  | 'race'
  | 'lock-order'
  | 'undefined-behaviour'
  | 'null-pointer'
  | 'crash'
  | 'hang'
  | 'rule'

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

export type FindingStatus = 'new' | 'known' | 'suppressed'

/** One defect, deduplicated over instruments, rounds and workloads. */
export interface Finding {
  /** 16 hex digits of kind, top frames inside the subject, and module: stable over runs, rebuilds and checkouts. */
  fingerprint: string
  kind: DefectKind
  severity: Severity
  status: FindingStatus
  /** Why it is `known` or `suppressed`; with the day it expires when it has one. */
  acceptedBy?: { reason: string; expires?: string }
  message: string
  /** Of the report that says most; the others are in `reports`. */
  stacks: DefectStack[]
  instruments: Instrument[]
  workloads: string[]
  /** Shortest command that shows it. */
  reproduce: string
  /** The file and line in the subject that a person should open first. */
  location?: { file: string; line?: number; functionName: string; moduleName?: string }
  perOperation?: { bytes: number; blocks: number }
  reports: DefectReport[]
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
  shard?: { index: number; count: number }
}
