import { median } from 'simple-statistics'
import type { PredictedGain } from '../../contract/comparison.js'
import type { Measurement, MeasurementList } from '../../contract/measurement.js'
import type { Opportunity, OpportunityKind } from '../../contract/opportunity.js'
import { medianEstimate } from '../statistics/bootstrap.js'
import { relativeSpread } from '../statistics/relative-spread.js'

type List = Pick<MeasurementList, 'measurements'>

/** What a flag gives, as metrics that a target can be set for; `detail` is the flag. Pairs of processes are the samples. */
export function flagGains(flag: string, off: List, on: List): Measurement[] {
  return off.measurements.flatMap((before) => {
    const gain = gainsOf[before.metric]
    const after = on.measurements.find(
      (one) =>
        one.metric === before.metric &&
        one.workload === before.workload &&
        one.detail === undefined &&
        before.detail === undefined,
    )
    if (gain === undefined || after === undefined) return []
    const values = gain.values(before.samples ?? [], after.samples ?? [])
    if (values === undefined) return []
    return [gainMeasurement(flag, gain.metric, values, before, after)]
  })
}

interface Gain {
  metric: string
  values(off: number[], on: number[]): number[] | undefined
}

const reductions = (off: number[], on: number[]): number[] | undefined => {
  const ratios = off
    .slice(0, on.length)
    .map((value, index) => 1 - on[index]! / value)
    .filter(Number.isFinite)
  return ratios.length === 0 ? undefined : ratios
}

const gainsOf: Record<string, Gain | undefined> = {
  throughput: {
    metric: 'speedup',
    values: (off, on) => off.slice(0, on.length).map((value, index) => on[index]! / value),
  },
  'ffi overhead': { metric: 'overhead reduction', values: reductions },
  // Where nothing is allocated, nothing can be taken away.
  'native allocations': {
    metric: 'allocation reduction',
    values: (off, on) => (off.length > 0 && median(off) > 0 ? reductions(off, on) : undefined),
  },
}

function gainMeasurement(
  flag: string,
  metric: string,
  values: number[],
  before: Measurement,
  after: Measurement,
): Measurement {
  const { workload, component, evidence } = before
  const weakness = before.weakness ?? after.weakness
  return {
    metric,
    unit: 'ratio',
    estimate: medianEstimate(values),
    sampleCount: values.length,
    spread: relativeSpread(values),
    samples: values,
    ...(workload === undefined ? {} : { workload }),
    ...(component === undefined ? {} : { component }),
    detail: flag,
    // Spread and disturbance met both sides alike; what was optimised away or never timed did not.
    ...(weakness === undefined || isShared(before, after) ? {} : { weakness }),
    evidence,
  }
}

const isShared = (before: Measurement, after: Measurement): boolean =>
  [before, after].every(
    ({ weakness, isPessimistic, noiseFactor }) =>
      weakness === undefined || isPessimistic === true || noiseFactor !== undefined,
  )

/** By Amdahl: what is left when a share of the time is gone. */
export function predictedSpeedup(
  opportunities: readonly Opportunity[],
  kind: OpportunityKind,
): PredictedGain[] {
  const matching = opportunities.filter((one) => one.kind === kind)
  if (matching.length === 0) return []
  const share = Math.min(
    0.99,
    matching.reduce((sum, one) => sum + one.predictedGain.value, 0),
  )
  return [
    {
      metric: 'speedup',
      ratio: 1 / (1 - share),
      basis: `${(share * 100).toFixed(1)} % of the time, by ${matching.length} ${kind} ${matching.length === 1 ? 'opportunity' : 'opportunities'}: ${matching[0]!.assumption}`,
    },
  ]
}

/** Without a profile: a pool can save what malloc and free of the subject's own blocks take, and their calls. */
export function predictedFromAllocations({ measurements }: List): PredictedGain[] {
  const workloads = new Set(
    measurements
      .filter(({ metric }) => metric === 'allocation cost')
      .flatMap(({ workload }) => workload ?? []),
  )
  return [...workloads].flatMap((workload): PredictedGain[] => {
    const own = measurements.filter((one) => one.workload === workload)
    const sum = (metric: string, hasDetail: boolean) =>
      own
        .filter((one) => one.metric === metric && (one.detail !== undefined) === hasDetail)
        .reduce((total, { estimate }) => total + estimate.value, 0)
    const timeNs = sum('operation time', false)
    const costNs = sum('allocation cost', true)
    const all = sum('native allocations', false)
    const poolable = sum('allocations by function', true)
    const share = timeNs === 0 ? 0 : Math.min(0.99, costNs / timeNs)
    return [
      {
        metric: 'speedup',
        workload,
        ratio: 1 / (1 - share),
        basis: `if the subject's own allocations were free: malloc and free of their sizes take ${costNs.toFixed(0)} ns, ${(share * 100).toFixed(1)} % of an operation with the flag off`,
      },
      ...(all === 0
        ? []
        : [
            {
              metric: 'allocation reduction',
              workload,
              ratio: Math.min(1, poolable / all),
              basis: `if every block that the subject itself asks for came from a pool: ${poolable.toFixed(2)} of ${all.toFixed(2)} an operation`,
            },
          ]),
    ]
  })
}

/** Without a profile: batching can save about what the seam takes of an operation with the flag off. */
export function predictedFromCrossings({ measurements }: List): PredictedGain[] {
  return measurements
    .filter(({ metric }) => metric === 'seam overhead')
    .flatMap(({ workload, estimate }) => {
      const time = measurements.find(
        (one) => one.metric === 'operation time' && one.workload === workload,
      )?.estimate.value
      if (time === undefined || workload === undefined) return []
      const share = Math.min(0.99, estimate.value / time)
      return [
        {
          metric: 'speedup',
          workload,
          ratio: 1 / (1 - share),
          basis: `if crossings were free: they take about ${(share * 100).toFixed(0)} % of an operation with the flag off`,
        },
      ]
    })
}
