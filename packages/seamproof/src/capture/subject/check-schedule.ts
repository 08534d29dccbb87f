import type { LoadedWorkload } from './loaded-workload.js'
import type { RoundSchedule, ScheduleWishes } from './round-schedule.js'
import { roundNumber } from './round-schedule.js'
import { settle } from './settle.js'

/** How much of a workload a checker sees: a checker is slow, and needs few operations where it sees each block by itself. */
export interface CheckEffort {
  rounds: number
  /** How long a round should take under the checker. */
  roundTargetMs: number
  operationsMin: number
  operationsMax: number
  /** Before the first round: until then the subject's caches may fill. */
  warmupTargetMs: number
  /** Garbage collections before each mark: under valgrind one takes half a second. */
  collections: number
}

const probeMs = 60

/** Finds how many operations make a round, and warms the workload up on the way. What a workload says of itself is an upper bound. */
export async function warmUpForCheck(
  workload: LoadedWorkload,
  wishes: ScheduleWishes,
  effort: CheckEffort,
): Promise<RoundSchedule> {
  const startedMs = performance.now()
  let done = 0
  const run = async (count: number) => {
    await workload.operations(count)
    done += count
  }
  const operationsMax = Math.min(
    effort.operationsMax,
    workload.operationsPerRound ?? effort.operationsMax,
  )
  const operationsPerRound =
    wishes.operationsPerRound ?? (await calibrate(run, { ...effort, operationsMax }))
  const wanted =
    wishes.warmupOperations ??
    Math.min(2 * operationsPerRound, workload.warmupOperations ?? effort.operationsMax)
  while (done < wanted) {
    await run(Math.min(operationsPerRound, wanted - done))
    if (
      wishes.warmupOperations === undefined &&
      performance.now() - startedMs > effort.warmupTargetMs
    )
      break
  }
  await settle(effort.collections)
  return { operationsPerRound, rounds: wishes.rounds ?? effort.rounds, warmupOperations: done }
}

async function calibrate(
  run: (count: number) => Promise<void>,
  { roundTargetMs, operationsMin, operationsMax }: CheckEffort,
): Promise<number> {
  for (let batch = 1; ; batch *= 2) {
    const startedMs = performance.now()
    await run(batch)
    const tookMs = performance.now() - startedMs
    if (tookMs < probeMs && batch < operationsMax) continue
    const wanted = (batch / Math.max(tookMs, 0.001)) * roundTargetMs
    // A workload that asks for five operations a round gets five.
    return Math.min(operationsMax, Math.max(operationsMin, roundNumber(Math.max(1, wanted))))
  }
}
