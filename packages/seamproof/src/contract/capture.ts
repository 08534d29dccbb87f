/** What a capture directory holds. The manifest is written by the capture stage, each trace by one agent. */
export const captureFormatVersion = 1

/** `samples`: what ran, by a timer; no allocations. */
export type CaptureMode = 'full' | 'aggregate' | 'samples'

export interface SubjectExit {
  /** Exit status, or null when a signal ended the subject. */
  code: number | null
  signal: string | null
}

/** One workload as the runner in the subject drove it. */
export interface WorkloadRun {
  name: string
  operationsPerRound: number
  roundCount: number
  warmupOperations: number
  /** Set when the workload threw: message and stack of the subject's own error. */
  error?: string
}

export interface CaptureManifest {
  formatVersion: typeof captureFormatVersion
  seamproofVersion: string
  createdAt: string
  command: string[]
  cwd: string
  mode: CaptureMode
  /** Inlining switched off, so that every JavaScript frame is its own. */
  isExact: boolean
  /** Absolute paths whose source maps were written by Seamproof itself (bundled workloads). */
  workloadFile?: string
  workloads?: WorkloadRun[]
  exit: SubjectExit
  wallMs: number
  machine: { os: string; arch: string; libc: string; nodeVersion: string }
}
