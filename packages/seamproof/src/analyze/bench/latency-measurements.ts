import { median, sum } from 'simple-statistics'
import type { LoadSegment, OpenLoopWorkload } from '../../contract/bench-samples.js'
import type { Evidence, Measurement } from '../../contract/measurement.js'
import type { LatencyFigures } from '../../contract/soak.js'
import { type MeasuredWorkload, toMeasurement } from './closed-loop-measurements.js'
import type { Weakness } from './timing-weakness.js'

const shares = {
  p50: 'p50Ns',
  p90: 'p90Ns',
  p99: 'p99Ns',
  'p99.9': 'p999Ns',
  'p99.99': 'p9999Ns',
  max: 'maxNs',
} as const satisfies Record<string, keyof LatencyFigures>

/** Latency at a set rate, one process one sample; the machine's own latency and its run queue beside it. */
export function latencyMeasurements(
  processes: readonly OpenLoopWorkload[],
  workload: MeasuredWorkload,
  evidence: Evidence,
): Measurement[] {
  if (processes.length === 0) return []
  const { ratePerS } = processes[0]!
  const detail = `at ${rateText(ratePerS)}`
  const waits = processes.map(({ segments }) => waitShare(segments))
  const make = (metric: string, unit: Measurement['unit'], values: number[], weakness?: Weakness) =>
    toMeasurement({ metric, unit, detail, values }, workload, evidence, weakness)
  return [
    ...Object.entries(shares).map(([share, figure]) => {
      const values = processes.map((one) => one.latency[figure])
      const floors = processes.map((one) => one.floor.latency[figure])
      return make(`latency ${share}`, 'ns', values, latencyWeakness(values, floors, median(waits)))
    }),
    make(
      'latency floor p99',
      'ns',
      processes.map((one) => one.floor.latency.p99Ns),
    ),
    make(
      'rate held',
      'ratio',
      processes.map(({ segments }) => rateHeld(segments)),
    ),
    make(
      'run-queue wait',
      'ratio',
      processes.map(({ segments }) => waitShare(segments)),
    ),
    make(
      'event-loop utilization',
      'ratio',
      processes.map((one) => one.eventLoopUtilization),
    ),
  ]
}

const waitMax = 0.25

/** Where an operation that does nothing waits half as long, the machine is measured rather than the subject. */
function latencyWeakness(values: number[], floors: number[], wait: number): Weakness | undefined {
  if (values.length < 5)
    return {
      weakness: `${values.length} processes are too few for an interval`,
      isPessimistic: true,
    }
  if (wait > waitMax)
    return {
      weakness: `the subject had to wait for a processor ${Math.round(wait * 100)} % of the time (--realtime keeps other work away)`,
      isPessimistic: true,
    }
  const floor = median(floors)
  const value = median(values)
  if (floor < value / 2) return undefined
  return {
    weakness:
      'an operation that does nothing took at least half as long in the same run: this is the machine’s own latency (--realtime keeps other work away)',
    isPessimistic: true,
  }
}

function rateHeld(segments: readonly LoadSegment[]): number {
  const scheduled = sum(segments.map((one) => one.scheduledCount))
  return scheduled === 0 ? 0 : sum(segments.map((one) => one.completedCount)) / scheduled
}

/** Weighted by how long the segments took. */
function waitShare(segments: readonly LoadSegment[]): number {
  const wall = sum(segments.map((one) => one.wallMs))
  return wall === 0 ? 0 : sum(segments.map((one) => one.runQueueWaitShare * one.wallMs)) / wall
}

export function rateText(ratePerS: number): string {
  if (ratePerS >= 1e6) return `${Number((ratePerS / 1e6).toPrecision(3))}M/s`
  if (ratePerS >= 1e4) return `${Number((ratePerS / 1e3).toPrecision(3))}k/s`
  return `${Number(ratePerS.toPrecision(3))}/s`
}
