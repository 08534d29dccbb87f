/**
 * How a `*.seam.ts` file says what to run. This module is what 'seamproof' means inside a subject, so it imports nothing:
 * every module loaded there would be part of what is measured.
 */
export interface WorkloadOptions<State> {
  /** Runs once, before the warm-up. What it returns is handed to `run` and `teardown`. */
  setup?: () => State | Promise<State>
  /** One operation; may be async. */
  run: (state: State) => unknown
  /** Runs once, after the last round, also when `run` threw. */
  teardown?: (state: State) => unknown
  /** Operations between two marks. Default: measured so that a round takes about 0.7 s, between 20 and 20,000. */
  operationsPerRound?: number
  /** Measured rounds. Default 6. More rounds tell slow growth from none. */
  rounds?: number
  /** Operations before the first mark. Default: 20,000, or as many as run in 3 s, and at least one round's worth. */
  warmupOperations?: number
  /** The part of the subject that it exercises, as in `components` of the config. */
  component?: string
  /** `bench`: operations per second for latency. Default: `--rate`, or half of what it can do. */
  ratePerS?: number
  /** `bench`: the same operation, `count` times in a native loop without a crossing each. Gives `ffi overhead`. */
  native?: (state: State, count: number) => unknown
  /** `bench`: measures by itself, once in each process. The processes' numbers are the samples. */
  measure?: (state: State) => OwnMeasurement[] | Promise<OwnMeasurement[]>
}

/** A number that a workload measured by itself. */
export interface OwnMeasurement {
  /** A name of `metrics`, for which a target can be set; or one of your own. */
  metric: string
  value: number
  /** In the metric's unit: ns, ops/s, ratio, count, B/op, … */
  unit: string
  /** What of the workload, where there are several: a function, a kernel. */
  detail?: string
}

export interface RegisteredWorkload extends WorkloadOptions<unknown> {
  name: string
}

// One list per process, whichever copy of this module a workload file happens to load.
const key = Symbol.for('seamproof.workloads')
const holder = globalThis as { [key]?: RegisteredWorkload[] }

/** Declares a workload: a function that exercises the subject, run in rounds by `seamproof track FILE`. */
export function workload<State = undefined>(name: string, options: WorkloadOptions<State>): void {
  if (typeof name !== 'string' || name.trim() === '')
    throw new TypeError(`workload(): the name must be a non-empty string, got ${String(name)}`)
  if (typeof options?.run !== 'function')
    throw new TypeError(`workload("${name}"): "run" must be a function, got ${typeof options?.run}`)
  holder[key] ??= []
  if (holder[key].some((known) => known.name === name))
    throw new TypeError(`workload("${name}"): this name is taken; give each workload its own`)
  holder[key].push({ ...(options as WorkloadOptions<unknown>), name })
}

export function registeredWorkloads(): readonly RegisteredWorkload[] {
  return holder[key] ?? []
}
