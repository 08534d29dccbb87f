/** What the parent asks of the runner; handed over as a JSON file in the capture directory. */
export interface WorkloadPlan {
  /** Absolute path of the module to load: the user's own file, or what it was bundled into. */
  modulePath: string
  /** Name for a module that exports `run` and names nothing. */
  defaultName: string
  resultPath: string
  /** Only the workload of this name. */
  only?: string
  /** Only workloads with one of these names; `*` stands for any text. None is no error. */
  patterns?: readonly string[]
  /** These win over what the workload says of itself. */
  rounds?: number
  operationsPerRound?: number
  warmupOperations?: number
  /** An addon whose crossings are called some thousand times: what an instrument adds to a crossing. */
  calibrationAddon?: string
  /** Run for so long under the CPU sampler, instead of in rounds. */
  profileMs?: number
  /** Faults are made on purpose: an operation that throws is over, and the next one follows. */
  toleratesErrors?: boolean
}

export type WorkloadPhase = 'loading' | 'setup' | 'warm-up' | 'round' | 'teardown' | 'done'

/** What the runner reports, rewritten at every step, so that a crash at any moment leaves how far it came. */
export interface WorkloadResult {
  formatVersion: 1
  phase: WorkloadPhase
  /** The workload at work, and its round (from 1). */
  workload?: string
  round?: number
  workloads: WorkloadOutcome[]
  /** An error outside any workload: the file did not load, or declared nothing. */
  error?: WorkloadError
  /** All workloads of the file that are to run, in their order. */
  names?: string[]
  /** What the workloads left running kept the process alive, and it was ended. */
  didLinger?: boolean
}

export interface WorkloadError {
  message: string
  /** Empty when what was thrown had none. */
  stack: string
  /** The runner's own complaint about the file, not something that the file threw. */
  isComplaint?: true
}

export interface WorkloadOutcome {
  name: string
  operationsPerRound: number
  roundCount: number
  roundsDone: number
  warmupOperations: number
  error?: WorkloadError
}
