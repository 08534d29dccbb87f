import type { SampleState } from './cpu-profile.js'
import type { Estimate } from './facts.js'

export interface CpuFunction {
  /** Index into the profile's `frames`: one of the function's. */
  frame: number
  selfNs: number
  /** With what it called; a function that calls itself counts once. */
  totalNs: number
  selfCount: number
  totalCount: number
  /** Of the on-CPU time, with its 95 % interval for so many samples. */
  selfShare: Estimate
  totalShare: Estimate
}

/** The tables of a profile. Times are on-CPU but for `states`. */
export interface CpuSummary {
  onCoreNs: number
  onCoreCount: number
  /** The largest first. */
  states: { state: SampleState; ns: number; sampleCount: number }[]
  /** Share of the on-CPU time that went into collecting garbage, on all threads. */
  gcShare: Estimate
  bySelf: CpuFunction[]
  byTotal: CpuFunction[]
}
