import { median } from 'simple-statistics'
import type { HeapResult } from '../../contract/bench-samples.js'
import type { Evidence, Measurement } from '../../contract/measurement.js'
import { type MeasuredWorkload, toMeasurement } from './closed-loop-measurements.js'

/** Bytes of V8's heap per operation, without what measuring itself takes. Repeats to the byte, but for objects made once. */
export function heapMeasurements(
  heap: HeapResult,
  workloads: readonly MeasuredWorkload[],
  evidence: Evidence,
): Measurement[] {
  const ownBytes = median(heap.empty.bytes)
  return heap.workloads.map(({ name, operations, bytes }) => {
    const values = bytes.map((grown) => roundAway((grown - ownBytes) / operations))
    const workload = workloads.find((one) => one.name === name) ?? { name }
    const weakness =
      median(values) < 0
        ? { weakness: 'the heap shrank: something was collected in between' }
        : undefined
    return toMeasurement(
      {
        metric: 'JavaScript heap',
        unit: 'B/op',
        values: values.map((value) => Math.max(0, value)),
      },
      workload,
      evidence,
      weakness,
    )
  })
}

/** Less than a twentieth of a byte per operation is an object that came once, not one that each operation makes. */
const roundAway = (bytes: number): number => (Math.abs(bytes) < 0.05 ? 0 : bytes)
