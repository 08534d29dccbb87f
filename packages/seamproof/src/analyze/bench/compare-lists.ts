import type { Comparison } from '../../contract/comparison.js'
import type { Measurement, MeasurementList } from '../../contract/measurement.js'
import { isMetricName, metrics } from '../../contract/metrics.js'
import { compareSamples } from './compare-arms.js'

export interface ListComparison {
  /** Both sides took turns in one run. */
  isPaired: boolean
  noiseRatio: number
}

/** Told by the machine alone, or by two others of the list. */
const notCompared: readonly string[] = [
  'operation time',
  'latency floor p99',
  'run-queue wait',
  'seam overhead',
  'crossing cost',
]
const counted: readonly string[] = [
  'crossings',
  'bytes copied',
  'native allocations',
  'native bytes allocated',
  'instructions per operation',
  'instructions per crossing',
]

/** Every metric that both lists have. */
export function compareLists(
  before: Pick<MeasurementList, 'measurements'>,
  after: Pick<MeasurementList, 'measurements'>,
  { isPaired, noiseRatio }: ListComparison,
): Comparison[] {
  return after.measurements.flatMap((measurement) => {
    const { metric, workload = '', component, detail, unit, evidence } = measurement
    const other = before.measurements.find((one) => isSame(one, measurement))
    if (other === undefined || notCompared.includes(metric)) return []
    const compared = compareSamples({
      metric,
      unit,
      direction: isMetricName(metric) ? metrics[metric].direction : 'lower',
      workload,
      ...(component === undefined ? {} : { component }),
      ...(detail === undefined ? {} : { detail }),
      before: valuesOf(other),
      after: valuesOf(measurement),
      isPaired,
      isCounted: counted.includes(metric),
      noiseRatio,
      evidence,
    })
    return [weakened(compared, other, measurement)]
  })
}

const isSame = (left: Measurement, right: Measurement): boolean =>
  left.metric === right.metric &&
  left.workload === right.workload &&
  left.detail === right.detail &&
  left.unit === right.unit

const valuesOf = ({ samples, estimate }: Measurement): readonly number[] =>
  samples ?? [estimate.value]

/** Numbers that do not hold by themselves prove no change either. */
function weakened(compared: Comparison, ...sides: Measurement[]): Comparison {
  const { weakness } = sides.find((one) => one.weakness !== undefined) ?? {}
  // Sides that took turns met the same disturbance.
  if (weakness === undefined || compared.outcome === 'same') return compared
  if (compared.pValue !== undefined && compared.pValue < 0.01) return compared
  return { ...compared, outcome: 'inconclusive', reason: weakness }
}
