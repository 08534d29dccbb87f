import type { LoadedWorkload } from './loaded-workload.js'
import { settle } from './settle.js'

export interface RoundSchedule {
  operationsPerRound: number
  rounds: number
  warmupOperations: number
}

export interface ScheduleWishes {
  operationsPerRound?: number | undefined
  rounds?: number | undefined
  warmupOperations?: number | undefined
}

const roundsDefault = 6
const roundTargetMs = 700
const operationsMin = 20
const operationsMax = 20_000
const probeMs = 120
const warmupTargetMs = 3000
// Real addons were seen to settle (caches, pools, JIT tiers) within the first ten to twenty thousand operations.
const warmupOperationsMax = 20_000
/** A workload that leaks 400 KB per operation must not take the machine down before it is reported. */
const growthBytesMax = 768 * 1024 * 1024

/** Warms the workload up, and finds along the way how many operations make a round when nobody said so. */
export async function warmUp(
  workload: Pick<LoadedWorkload, 'operations'>,
  wishes: ScheduleWishes,
): Promise<RoundSchedule> {
  const startedMs = performance.now()
  const rssAtStartBytes = process.memoryUsage.rss()
  const grownBytes = () => process.memoryUsage.rss() - rssAtStartBytes
  let done = 0
  const run = async (count: number) => {
    await workload.operations(count)
    done += count
  }
  let operationsPerRound = wishes.operationsPerRound ?? (await calibrate(run, grownBytes))
  const isWarm = () => {
    if (wishes.warmupOperations !== undefined) return done >= wishes.warmupOperations
    if (grownBytes() > growthBytesMax / 3) return true
    if (done < operationsPerRound) return false
    return done >= warmupOperationsMax || performance.now() - startedMs >= warmupTargetMs
  }
  while (!isWarm()) {
    const left = (wishes.warmupOperations ?? Number.POSITIVE_INFINITY) - done
    await run(Math.min(operationsPerRound, left))
  }
  // What the settling itself allocates for the first time belongs to the warm-up as well.
  await settle()
  await settle()
  const rounds = wishes.rounds ?? roundsDefault
  if (wishes.operationsPerRound === undefined)
    operationsPerRound = Math.min(
      operationsPerRound,
      affordableOperations(grownBytes() / done, rounds),
    )
  return { operationsPerRound, rounds, warmupOperations: done }
}

function affordableOperations(bytesPerOperation: number, rounds: number): number {
  if (bytesPerOperation <= 0) return operationsMax
  return roundNumber(Math.max(operationsMin, growthBytesMax / (bytesPerOperation * rounds)))
}

/** Doubles the batch until it takes long enough to be timed, and makes a round number of operations from the rate. */
async function calibrate(
  run: (count: number) => Promise<void>,
  grownBytes: () => number,
): Promise<number> {
  for (let batch = 1; ; batch *= 2) {
    const startedMs = performance.now()
    await run(batch)
    const tookMs = performance.now() - startedMs
    if (tookMs < probeMs && batch < operationsMax && grownBytes() < growthBytesMax / 3) continue
    const wanted = (batch / Math.max(tookMs, 0.001)) * roundTargetMs
    return roundNumber(Math.min(operationsMax, Math.max(operationsMin, wanted)))
  }
}

/** The next 1, 2 or 5 times a power of ten below. */
export function roundNumber(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  const leading = value / power
  return power * (leading >= 5 ? 5 : leading >= 2 ? 2 : 1)
}
