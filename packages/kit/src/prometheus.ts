import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { MetricHandle, MetricSet } from './metrics.js'

export interface PrometheusOptions {
  readonly registry: Registry
  /** Put in front of every name, with an underscore. */
  readonly prefix?: string
}

interface BucketValue {
  readonly labels: { readonly le: number | '+Inf' }
  readonly value: number
  readonly metricName: string
}

/** Cumulative buckets at whole powers of two: a scrape stays below 60 lines a histogram. */
function prometheusValues(set: MetricSet, metric: MetricHandle, name: string): BucketValue[] {
  const { buckets, count } = set.readHistogram(metric)
  const values: BucketValue[] = []
  let cumulative = 0
  let bound = 1
  for (const bucket of buckets) {
    while (bucket.upTo > bound) {
      if (cumulative > 0)
        values.push({ labels: { le: bound }, value: cumulative, metricName: `${name}_bucket` })
      bound = bound * 2 + 1
    }
    cumulative += bucket.count
  }
  if (cumulative > 0)
    values.push({ labels: { le: bound }, value: cumulative, metricName: `${name}_bucket` })
  values.push({ labels: { le: '+Inf' }, value: count, metricName: `${name}_bucket` })
  return values
}

/** prom-client's Histogram counts itself; this one reads what native code has counted. */
class ReadHistogram extends Histogram {
  readonly #read: () => ReturnType<Histogram['get']>

  constructor(set: MetricSet, metric: MetricHandle, name: string, registry: Registry) {
    const help = metric.help
    super({ name, help, registers: [] })
    this.#read = async () => {
      const { count, sum } = set.readHistogram(metric)
      const values = [
        ...prometheusValues(set, metric, name),
        { labels: {}, value: sum, metricName: `${name}_sum` },
        { labels: {}, value: count, metricName: `${name}_count` },
      ]
      return { name, help, type: 'histogram', aggregator: 'sum', values } as unknown as Awaited<
        ReturnType<Histogram['get']>
      >
    }
    registry.registerMetric(this)
  }

  override get(): ReturnType<Histogram['get']> {
    return this.#read()
  }

  /** What the text format is made from, in prom-client 15. */
  getForPromString(): ReturnType<Histogram['get']> {
    return this.#read()
  }
}

/** Registers every metric of the set; values are read when Prometheus scrapes, never before. */
export function exposeToPrometheus(set: MetricSet, options: PrometheusOptions): void {
  const { registry, prefix } = options
  for (const metric of set.metrics) {
    const name = prefix === undefined ? metric.name : `${prefix}_${metric.name}`
    const { help } = metric
    if (metric.kind === 'counter')
      new Counter({
        name,
        help,
        registers: [registry],
        collect() {
          this.reset()
          this.inc(set.read(metric))
        },
      })
    else if (metric.kind === 'gauge')
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(set.read(metric))
        },
      })
    else new ReadHistogram(set, metric, name, registry)
  }
}
