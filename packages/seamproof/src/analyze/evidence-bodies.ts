/** Evidence files as something to draw. Each takes what the file holds; what it does not know it leaves out. */
import { median } from 'simple-statistics'
import type { ClosedLoopResult, OpenLoopWorkload } from '../contract/bench-samples.js'
import type { LatencyFigures, SoakInterval } from '../contract/soak.js'
import type { EvidenceBody, PercentileLine } from '../contract/validation.js'

/** `samples.json` of a bench: what each process needed per operation. */
export function benchSampleBodies(samples: {
  closed: { arm: string; result: ClosedLoopResult }[]
}): EvidenceBody[] {
  const names = new Set(
    samples.closed.flatMap(({ result }) => result.workloads.map(({ name }) => name)),
  )
  return [...names].map((name) => {
    const arms = [...new Set(samples.closed.map(({ arm }) => arm))]
    return {
      kind: 'samples',
      title: `Time of one operation of “${name}”: one mark per process, median of its slices`,
      unit: 'ns/op',
      groups: arms.map((arm) => ({
        name: arm,
        values: samples.closed
          .filter((one) => one.arm === arm)
          .flatMap(({ result }) => result.workloads.filter((one) => one.name === name))
          .map(({ slices }) => median(slices.ns) / slices.operationsPerSlice),
      })),
    }
  })
}

/** A latency file of a bench: the same workload in several processes, with the floor beside it. */
export function benchLatencyBodies(runs: readonly OpenLoopWorkload[]): EvidenceBody[] {
  const names = [...new Set(runs.map(({ name }) => name))]
  return names.map((name) => {
    const own = runs.filter((run) => run.name === name)
    return {
      kind: 'percentiles',
      title: `Latency of “${name}” from the scheduled start; median of ${own.length} processes`,
      unit: 'ns',
      lines: [
        percentileLine(
          name,
          own.map(({ latency }) => latency),
        ),
        percentileLine(
          'empty operation: the machine’s floor',
          own.map(({ floor }) => floor.latency),
        ),
      ],
    }
  })
}

const figures = [
  ['p50Ns', 50],
  ['p90Ns', 90],
  ['p99Ns', 99],
  ['p999Ns', 99.9],
  ['p9999Ns', 99.99],
] as const satisfies readonly [keyof LatencyFigures, number][]

function percentileLine(name: string, runs: readonly LatencyFigures[]): PercentileLine {
  return {
    name,
    points:
      runs.length === 0
        ? []
        : figures.map(([key, percentile]) => ({
            percentile,
            value: median(runs.map((run) => run[key])),
          })),
  }
}

/** The record of a soak: memory and latency over its time, warm-up left out. */
export function soakBodies(intervals: readonly SoakInterval[]): EvidenceBody[] {
  const measured = intervals.filter(({ isWarmup }) => !isWarmup)
  const line = (name: string, read: (one: SoakInterval) => number | undefined) => {
    const some = measured.filter((one) => read(one) !== undefined)
    return {
      name,
      timeS: some.map(({ elapsedMs }) => elapsedMs / 1000),
      values: some.map((one) => read(one)!),
    }
  }
  return [
    {
      kind: 'series',
      title: 'Memory',
      unit: 'B',
      lines: [
        line('RSS', ({ memory }) => memory.rssBytes),
        line('V8 heap, used', ({ memory }) => memory.heapUsedBytes),
        line('native, live', ({ memory }) => memory.nativeLiveBytes),
        line('external', ({ memory }) => memory.externalBytes),
      ],
    },
    {
      kind: 'series',
      title: 'Latency of each interval',
      unit: 'ns',
      lines: [
        line('p50', ({ latency }) => latency.p50Ns),
        line('p99', ({ latency }) => latency.p99Ns),
      ],
    },
    {
      kind: 'series',
      title: 'Operations done per second',
      unit: 'ops/s',
      lines: [line('rate', ({ completedCount, loadMs }) => (completedCount / loadMs) * 1000)],
    },
  ]
}
