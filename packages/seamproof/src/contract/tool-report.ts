import type { StackRole } from './finding.js'

/** One frame as a checker printed it, before anybody judges whose it is. */
export interface ToolFrame {
  /** Absolute address; for what V8 compiled it is the only name there is. */
  pc: number
  functionName?: string
  modulePath?: string
  /** Offset in the module. */
  moduleOffset?: number
  file?: string
  line?: number
  column?: number
}

export interface ToolStack {
  role: StackRole
  thread?: string
  /** Innermost first. */
  frames: ToolFrame[]
}

/** One report of a checker: what its log says, in a form that no longer depends on the tool's syntax. */
export interface ToolReport {
  /** The tool's own name for it: `heap-buffer-overflow`, `InvalidRead`, `data race`, `Direct leak`. */
  rule: string
  /** The tool's sentences about it, joined. */
  text: string
  stacks: ToolStack[]
  /** Only leaks. */
  bytes?: number
  blocks?: number
  /** Byte of the log where it begins: tells which workload and round it belongs to. */
  offset: number
  /** The process, when the log names it. */
  pid?: number
  /** `at 0x…` as the tool said it, for messages. */
  notes: { name: string; value: string }[]
}

/** What a log holds. */
export interface ToolLog {
  pid?: number
  reports: ToolReport[]
  /** The signal that ended the process, when the log says so. */
  fatalSignal?: string
  /** What makes the log itself less than whole, in sentences. */
  faults: string[]
}

/** A moment in a run that was driven in rounds, with how long each log was then. */
export interface Checkpoint {
  workload: string
  /** `warm` is the baseline of the rounds; a check before it (`settling`) takes what the first check itself allocates. */
  kind: 'begin' | 'settling' | 'warm' | 'round' | 'end'
  /** The process that drives the workload. */
  pid: number
  /** From 1; 0 unless `kind` is `round`. */
  round: number
  operationsPerRound: number
  /** Operations of this workload so far, the warm-up's among them. */
  operationsDone: number
  /** Bytes by base name of the log. */
  logBytes: Record<string, number>
}
