import { pathToFileURL } from 'node:url'
import { matchesPattern } from '../../base/name-pattern.js'
import {
  type OwnMeasurement,
  type RegisteredWorkload,
  registeredWorkloads,
} from '../../config/workload-registry.js'
import { createBurst } from './burst.js'
import type { WorkloadPlan } from './workload-plan.js'

/** A workload as the runner drives it: `operations` runs that many, and yields to the event loop in between. */
export interface LoadedWorkload {
  name: string
  setup(): Promise<void>
  operations(count: number): Promise<void>
  /** One operation, without a turn of the event loop; what it returns may be a promise. */
  operation(): unknown
  /** That many operations and nothing else, in a loop of its own; a promise when the operations are asynchronous. */
  burst(count: number): unknown
  component?: string
  ratePerS?: number
  native?(count: number): unknown
  measure?(): Promise<OwnMeasurement[]>
  teardown(): Promise<void>
  /** A sensible round, when the workload says one. */
  operationsPerRound?: number
  rounds?: number
  warmupOperations?: number
}

/** The file loaded, but is not what it should be. */
export class WorkloadComplaint extends Error {}

/** Finalizers of Node-API values run on the event loop: a loop of synchronous calls that never yields would hoard them. */
const operationsPerYield = 64

export async function loadWorkloads(plan: WorkloadPlan): Promise<LoadedWorkload[]> {
  const module = (await import(pathToFileURL(plan.modulePath).href)) as Record<string, unknown>
  const registered = registeredWorkloads().map(fromRegistry)
  const all = registered.length > 0 ? registered : [fromExports(module, plan)]
  const { patterns } = plan
  if (patterns !== undefined)
    return all.filter(({ name }) => patterns.some((pattern) => matchesPattern(pattern, name)))
  const chosen = plan.only === undefined ? all : all.filter((one) => one.name === plan.only)
  if (chosen.length === 0)
    throw new WorkloadComplaint(
      `there is no workload "${plan.only}"; the file declares ${all.map((one) => `"${one.name}"`).join(', ')}`,
    )
  return plan.toleratesErrors ? chosen.map(tolerant) : chosen
}

/** An operation that says no by throwing has done what it should when something was made to fail in it. */
function tolerant(workload: LoadedWorkload): LoadedWorkload {
  return {
    ...workload,
    async operations(count) {
      for (let done = 1; done <= count; done++) {
        try {
          await workload.operation()
        } catch {
          // The right answer to a fault.
        }
        if (done % operationsPerYield === 0) await nextTurn()
      }
    },
  }
}

function fromRegistry(options: RegisteredWorkload): LoadedWorkload {
  const { name, run, setup, teardown, native, measure } = options
  let state: unknown
  const burst = createBurst(name, run)
  return {
    name,
    async setup() {
      state = await setup?.()
    },
    async operations(count) {
      for (let done = 1; done <= count; done++) {
        const outcome = run(state)
        if (isThenable(outcome)) await outcome
        if (done % operationsPerYield === 0) await nextTurn()
      }
    },
    operation: () => run(state),
    burst: (count) => burst(state, count),
    async teardown() {
      await teardown?.(state)
    },
    ...(native === undefined ? {} : { native: (count: number) => native(state, count) }),
    ...(measure === undefined ? {} : { measure: async () => measure(state) }),
    ...chosen(options),
  }
}

function chosen(options: RegisteredWorkload): Partial<LoadedWorkload> {
  const { operationsPerRound, rounds, warmupOperations, component, ratePerS } = options
  return {
    ...(operationsPerRound === undefined ? {} : { operationsPerRound }),
    ...(rounds === undefined ? {} : { rounds }),
    ...(warmupOperations === undefined ? {} : { warmupOperations }),
    ...(component === undefined ? {} : { component }),
    ...(ratePerS === undefined ? {} : { ratePerS }),
  }
}

/** A plain module: `run(n)` performs n operations; `setup`, `teardown` and `n` are optional. */
function fromExports(module: Record<string, unknown>, plan: WorkloadPlan): LoadedWorkload {
  const exported = exportsWithRun(module)
  if (exported === undefined)
    throw new WorkloadComplaint('the file declares no workload(...) and exports no function "run"')
  const { run, setup, teardown, n } = exported
  return {
    name: plan.defaultName,
    async setup() {
      if (typeof setup === 'function') await setup()
    },
    async operations(count) {
      await run(count)
    },
    operation: () => run(1),
    burst: (count) => run(count),
    async teardown() {
      if (typeof teardown === 'function') await teardown()
    },
    ...(typeof n === 'number' ? { operationsPerRound: n } : {}),
  }
}

type WithRun = Record<string, unknown> & { run: (operationCount: number) => unknown }

function exportsWithRun(module: Record<string, unknown>): WithRun | undefined {
  for (const candidate of [module, module.default])
    if (typeof (candidate as WithRun | undefined)?.run === 'function') return candidate as WithRun
  return undefined
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
