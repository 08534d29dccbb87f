import type { Meter } from '@opentelemetry/api'
import type { MetricHandle, MetricSet } from './metrics.js'

const percentiles = [0.5, 0.9, 0.99, 0.999] as const

/**
 * OpenTelemetry's API has no histogram that is read instead of recorded, so a histogram becomes a
 * counter of values, a counter of their sum, and a gauge of percentiles with the attribute `quantile`.
 */
function observeHistogram(meter: Meter, set: MetricSet, metric: MetricHandle): void {
  const { name, help, unit } = metric
  meter
    .createObservableCounter(`${name}.count`, { description: help, unit: '1' })
    .addCallback((result) => result.observe(set.readHistogram(metric).count))
  meter
    .createObservableCounter(`${name}.sum`, { description: help, unit })
    .addCallback((result) => result.observe(set.readHistogram(metric).sum))
  meter.createObservableGauge(name, { description: help, unit }).addCallback((result) => {
    for (const quantile of percentiles)
      result.observe(set.percentile(metric, quantile), { quantile: String(quantile) })
  })
}

/** Makes an observable instrument of every metric; values are read when the SDK collects, never before. */
export function exposeToOpenTelemetry(set: MetricSet, meter: Meter): void {
  for (const metric of set.metrics) {
    const { kind, name, help, unit } = metric
    if (kind === 'histogram') {
      observeHistogram(meter, set, metric)
      continue
    }
    const options = { description: help, unit }
    const instrument =
      kind === 'counter'
        ? meter.createObservableCounter(name, options)
        : meter.createObservableGauge(name, options)
    instrument.addCallback((result) => result.observe(set.read(metric)))
  }
}
