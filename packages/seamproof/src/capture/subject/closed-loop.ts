import type { ClosedLoopResult, ClosedLoopWorkload } from '../../contract/bench-samples.js'
import { type BenchCase, measureInTurns, type SliceClock } from './bench-slices.js'
import { createBurst } from './burst.js'
import type { CalibrationCrossings } from './calibration.js'
import type { LoadedWorkload } from './loaded-workload.js'

/** Everything that is timed with nothing else in the process: workloads, their native loops, and what they are compared with. */
export async function runClosedLoop(
  workloads: readonly LoadedWorkload[],
  clock: SliceClock,
  crossings: CalibrationCrossings,
  measureMs: number,
): Promise<ClosedLoopResult> {
  const { empty, threeIntegers } = crossings
  const yardsticks: BenchCase[] = [
    yardstick('an empty function', () => undefined),
    yardstick('an empty crossing', () => empty()),
    yardstick('a crossing with three integers', () => threeIntegers(1, 2, 3)),
  ]
  const own: BenchCase[] = workloads.map((one) => ({ burst: (count) => one.burst(count) }))
  const withNative = workloads.filter((one) => one.native !== undefined)
  const native: BenchCase[] = withNative.map((one) => ({ burst: (count) => one.native!(count) }))
  const slices = await measureInTurns([...yardsticks, ...own, ...native], clock, measureMs)
  const [emptySlices, crossingSlices, integerSlices] = slices
  const results: ClosedLoopWorkload[] = []
  for (const [index, workload] of workloads.entries()) {
    const { name, component, ratePerS } = workload
    const nativeIndex = withNative.indexOf(workload)
    results.push({
      name,
      ...(component === undefined ? {} : { component }),
      ...(ratePerS === undefined ? {} : { ratePerS }),
      isAsync: own[index]!.isAsync === true,
      slices: slices[yardsticks.length + index]!,
      ...(nativeIndex < 0 ? {} : { native: slices[yardsticks.length + own.length + nativeIndex]! }),
      own: (await workload.measure?.()) ?? [],
    })
  }
  return {
    mode: 'closed',
    clockResolutionNs: clock.resolutionNs(),
    empty: emptySlices!,
    crossing: { empty: crossingSlices!, threeIntegers: integerSlices! },
    workloads: results,
  }
}

function yardstick(name: string, run: () => unknown): BenchCase {
  const burst = createBurst(name, run)
  return { burst: (count) => burst(undefined, count) }
}
