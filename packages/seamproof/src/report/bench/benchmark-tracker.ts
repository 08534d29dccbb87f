import type { MeasurementList } from '../../contract/measurement.js'
import { isMetricName, metrics } from '../../contract/metrics.js'

export const trackerFormats = ['customBiggerIsBetter', 'customSmallerIsBetter'] as const
export type TrackerFormat = (typeof trackerFormats)[number]

/**
 * What the GitHub Action "Continuous Benchmark" (github-action-benchmark) reads as its `tool` of the same name. It keeps one
 * direction per file: call it once for each.
 */
export function benchmarkTracker({ measurements }: MeasurementList, format: TrackerFormat) {
  const wanted = format === 'customBiggerIsBetter' ? 'higher' : 'lower'
  return measurements
    .filter(({ metric }) => isMetricName(metric) && metrics[metric].direction === wanted)
    .map(({ metric, workload, detail, unit, estimate, sampleCount, weakness }) => ({
      name: [workload, metric, detail].filter((part) => part !== undefined).join(' / '),
      unit,
      value: estimate.value,
      range: `${estimate.low} to ${estimate.high}`,
      extra: `n ${sampleCount}${weakness === undefined ? '' : `; inconclusive: ${weakness}`}`,
    }))
}
