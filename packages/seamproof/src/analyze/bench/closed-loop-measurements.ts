import { median } from 'simple-statistics'
import type { ClosedLoopResult, OwnSample, Slices } from '../../contract/bench-samples.js'
import type { Evidence, Measurement, Unit } from '../../contract/measurement.js'
import { isMetricName, metrics } from '../../contract/metrics.js'
import { medianEstimate } from '../statistics/bootstrap.js'
import { relativeSpread } from '../statistics/relative-spread.js'
import { type SliceRate, sliceRate } from './slice-rate.js'
import { timingWeakness, type Weakness } from './timing-weakness.js'

export interface MeasuredWorkload {
  name: string
  component?: string
}

type Numbers = Pick<Measurement, 'metric' | 'unit' | 'detail'> & { values: number[] }

/** Throughput, time per operation, FFI overhead, and what the workloads measured themselves; the processes are the samples. */
export function closedLoopMeasurements(
  processes: readonly ClosedLoopResult[],
  evidence: Evidence,
): Measurement[] {
  const first = processes[0]
  if (first === undefined) return []
  const emptyNs = median(processes.map((one) => sliceRate(one.empty).nsPerOperation))
  return first.workloads.flatMap((workload, index) => {
    const all = processes.map((one) => one.workloads[index]!)
    const slices = all.map((one) => one.slices)
    const rates = slices.map(sliceRate)
    const clockResolutionNs = median(processes.map((one) => one.clockResolutionNs))
    const weakness = timingWeakness({ rates, slices, clockResolutionNs, emptyNs })
    const times = rates.map((rate) => rate.nsPerOperation)
    const numbers: Numbers[] = [
      { metric: 'throughput', unit: 'ops/s', values: times.map((ns) => 1e9 / ns) },
      { metric: 'operation time', unit: 'ns/op', values: times },
    ]
    const native = all.flatMap((one) => (one.native === undefined ? [] : [one.native]))
    if (native.length === all.length)
      numbers.push({ metric: 'ffi overhead', unit: 'ns/op', values: differences(rates, native) })
    return [
      ...numbers.map((one) =>
        toMeasurement(one, workload, evidence, weakness ?? slowerNatively(one)),
      ),
      ...ownNumbers(all.map((one) => one.own)).map((one) =>
        toMeasurement(one, workload, evidence, tooFew(one.values)),
      ),
    ]
  })
}

/** Both loops ran in the same process, in turns: the difference is formed there. */
function differences(rates: readonly SliceRate[], native: readonly Slices[]): number[] {
  return rates.map((rate, index) => rate.nsPerOperation - sliceRate(native[index]!).nsPerOperation)
}

/** A loop in native code that is slower than calls across the seam does not do the same work. */
function slowerNatively({ metric, values }: Numbers): Weakness | undefined {
  if (metric !== 'ffi overhead' || median(values) >= 0) return undefined
  return { weakness: 'the native loop is slower than the calls: it does something else or more' }
}

function ownNumbers(processes: readonly OwnSample[][]): Numbers[] {
  const byName = new Map<string, Numbers>()
  for (const { metric, unit, detail, value } of processes.flat()) {
    const key = `${metric}\n${detail ?? ''}`
    const known = byName.get(key)
    if (known !== undefined) known.values.push(value)
    else
      byName.set(key, {
        metric,
        // What is a metric of ours has its unit; the workload's word is taken for its own.
        unit: isMetricName(metric) ? metrics[metric].unit : (unit as Unit),
        ...(detail === undefined ? {} : { detail }),
        values: [value],
      })
  }
  return [...byName.values()]
}

const tooFew = (values: readonly number[]): Weakness | undefined =>
  values.length < 5
    ? { weakness: `${values.length} samples are too few for an interval` }
    : undefined

export function toMeasurement(
  { values, ...numbers }: Numbers,
  { name, component }: MeasuredWorkload,
  evidence: Evidence,
  weakness?: Weakness,
): Measurement {
  return {
    ...numbers,
    estimate: medianEstimate(values),
    sampleCount: values.length,
    spread: relativeSpread(values),
    samples: values,
    workload: name,
    ...(component === undefined ? {} : { component }),
    ...weakness,
    evidence,
  }
}
