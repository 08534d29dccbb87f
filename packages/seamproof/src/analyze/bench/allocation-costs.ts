import type { AllocationTimes } from '../../contract/bench-samples.js'
import type { Evidence, Measurement } from '../../contract/measurement.js'
import { medianEstimate } from '../statistics/bootstrap.js'
import type { AllocatingFunction } from './allocation-rates.js'
import { type MeasuredWorkload, toMeasurement } from './closed-loop-measurements.js'
import { sliceRate } from './slice-rate.js'

export interface WorkloadAllocations {
  workload: MeasuredWorkload
  evidence: Evidence
  functions: readonly AllocatingFunction[]
}

/** The sizes that have to be timed. */
export function allocatedSizes(all: readonly WorkloadAllocations[]): number[] {
  const sizes = all.flatMap(({ functions }) => functions.map(({ bytesEach }) => bytesEach))
  return [...new Set(sizes)].filter((bytes) => bytes > 0).sort((a, b) => a - b)
}

/** What each function's allocations take of an operation; the processes in which malloc was timed are the samples. */
export function allocationCosts(
  all: readonly WorkloadAllocations[],
  processes: readonly AllocationTimes[],
): Measurement[] {
  return all.flatMap(({ workload, evidence, functions }) =>
    functions.flatMap(({ functionName, counts, bytesEach }) => {
      const perOperation = medianEstimate(counts).value
      const values = processes.flatMap(({ sizes }) => {
        const timed = sizes.find(({ bytes }) => bytes === bytesEach)
        return timed === undefined ? [] : sliceRate(timed.slices).nsPerOperation * perOperation
      })
      if (values.length === 0) return []
      const numbers = {
        metric: 'allocation cost',
        unit: 'ns/op',
        values,
        detail: functionName,
      } as const
      return [toMeasurement(numbers, workload, evidence)]
    }),
  )
}
