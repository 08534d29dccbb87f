import type { BenchResult } from '../../contract/bench-samples.js'
import type { WorkloadPlan, WorkloadResult } from './workload-plan.js'

/** What the parent asks of one process of a bench. */
export interface BenchPlan extends WorkloadPlan {
  /**
   * `closed`: slices, one workload after the other; `open`: load at a set rate; `heap`: bytes of V8's heap; `count`: a set
   * number of operations and nothing else, for instruments that count; `allocations`: malloc and free of some sizes, and no workload.
   */
  benchMode: BenchResult['mode']
  /** The agent's library, for its clock; nothing is recorded. */
  agentLibrary: string
  calibrationAddon: string
  /** Of `closed` and `open`: how long all workloads together are measured. */
  measureMs?: number
  /** Of `open`, by name of the workload. */
  ratePerS?: Record<string, number>
  isRealtime?: boolean
  /** Of `count`. */
  operations?: number
  /** Of `allocations`. */
  sizesBytes?: number[]
}

export interface BenchProcessResult extends WorkloadResult {
  bench?: BenchResult
}
