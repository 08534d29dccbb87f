import type { Frame } from './frame.js'
import type { LayerCrossing } from './layer.js'

/**
 * What a thread was doing when it was sampled. `gc`: V8 collected garbage. `kernel`: in a system call that was running.
 * `runnable`: it wanted a core and had none. `idle`: it waited (epoll, condition variable, lock, sleep).
 */
export type SampleState = 'js' | 'native' | 'builtin' | 'gc' | 'kernel' | 'runnable' | 'idle'

/** Module of the kernel's frames, whatever the source calls it. */
export const kernelModule = '[kernel]'

export type ThreadRole = 'main' | 'worker' | 'pool' | 'v8' | 'addon' | 'other'

export interface CpuThread {
  /** Of the kernel. */
  tid: number
  name: string
  role: ThreadRole
  sampleCount: number
  cpuNs: number
  wallNs: number
  /** Time it could have run and had no core (schedstat). Absent when the kernel did not say. */
  runQueueNs?: number
}

/** Samples of one stack in one thread and state. */
export interface CpuCost {
  /** Index into `tree`: the innermost frame. */
  treeIndex: number
  /** Index into `threads`. */
  thread: number
  state: SampleState
  sampleCount: number
  /** Samples × their weight: on-CPU nanoseconds for `cpu` samples, wall nanoseconds for `wall` samples. */
  ns: number
}

/**
 * A CPU profile, whatever it was made from: our sampler, perf script, a .cpuprofile. One clock: times are nanoseconds from
 * the start of the profile.
 */
export interface CpuProfile {
  source: 'agent' | 'perf' | 'cpuprofile'
  /** `cpu`: sampled by the thread's CPU time; `wall`: by elapsed time, idle included. */
  clock: 'cpu' | 'wall'
  command: string[]
  pid: number
  startedAt?: string
  durationNs: number
  periodNs: number
  frames: Frame[]
  /** Prefix tree of stacks from the root (index 0) inwards; `frameIndex[0]` is -1. */
  tree: { parentIndex: number[]; frameIndex: number[] }
  threads: CpuThread[]
  costs: CpuCost[]
  /** Single samples in time order, for time ranges and event-loop holds. Parallel arrays; absent where the source has none. */
  timeline?: { timeNs: number[]; costIndex: number[] }
  /** What was not seen. */
  losses: {
    droppedCount: number
    truncatedCount: number
    /** Walks that did not reach the thread's root. */
    rootlessCount: number
    /** What was sampled before this was overwritten by what came later, as continuous mode asks for. */
    overwrittenUntilNs?: number
    notes: string[]
  }
  /** Garbage collections on the same clock. */
  gc: { timeNs: number; durationNs: number; kind: string }[]
  /** What the seam layer counted of calls into addons; absent when it was not there (`profile --crossings`). */
  crossings?: LayerCrossing[]
}
