import { metrics as openTelemetry } from '@opentelemetry/api'
import { histogramBucket, histogramBucketMax, MetricSet } from '@seamproof/kit'
import { exposeToOpenTelemetry } from '@seamproof/kit/opentelemetry'
import { exposeToPrometheus } from '@seamproof/kit/prometheus'
import fc from 'fast-check'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { loadKitAddon } from './kit-addon.js'

const addon = loadKitAddon()
const set = MetricSet.over(addon.metricsMemory())

describe('a metrics block', () => {
  test('describes itself and shows what native code counts, without a call', () => {
    expect(set.metrics.map(({ name, kind, unit }) => [name, kind, unit])).toEqual([
      ['test_calls', 'counter', 'calls'],
      ['test_values', 'histogram', 'ns'],
      ['test_level', 'gauge', 'blocks'],
    ])
    const calls = set.find('test_calls')
    const values = set.find('test_values')
    const before = set.read(calls)
    addon.count(1000)
    expect(set.read(calls)).toBe(before + 1000)
    expect(set.readHistogram(values)).toMatchObject({ count: 1000, sum: 499500, max: 999 })
    expect(set.percentile(values, 0.5)).toBeGreaterThanOrEqual(499)
    expect(set.percentile(values, 0.5)).toBeLessThanOrEqual(499 * 1.125)
    expect(set.read(set.find('test_level'))).toBe(5_000_000_000)
  })

  test('is refused when it is none', () => {
    expect(() => MetricSet.over(new ArrayBuffer(64))).toThrow(
      expect.objectContaining({ code: 'KIT_METRICS_FORMAT' }),
    )
    expect(() => set.find('nothing')).toThrow('there is no metric "nothing"')
  })

  test('made by JavaScript counts beyond 32 bits', () => {
    const own = MetricSet.create([{ name: 'a', kind: 'counter', unit: '1', help: 'help' }])
    const metric = own.find('a')
    own.add(metric, 2 ** 32 - 1)
    own.add(metric, 2)
    expect(own.read(metric)).toBe(2 ** 32 + 1)
    own.set(metric, 2 ** 40 + 7)
    expect(own.read(metric)).toBe(2 ** 40 + 7)
  })
})

test('every value lies in a bucket that ends at most an eighth above it', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const bucket = histogramBucket(value)
      expect(histogramBucketMax(bucket)).toBeGreaterThanOrEqual(value)
      expect(histogramBucketMax(bucket)).toBeLessThanOrEqual(Math.max(8, value * 1.125))
      if (bucket > 0) expect(histogramBucketMax(bucket - 1)).toBeLessThan(value)
    }),
  )
})

test('Prometheus reads the values of the moment, histograms cumulative', async () => {
  const registry = new Registry()
  exposeToPrometheus(set, { registry, prefix: 'kit' })
  const before = set.read(set.find('test_calls'))
  addon.count(5)
  const text = await registry.metrics()
  expect(text).toContain(`kit_test_calls ${before + 5}`)
  expect(text).toContain('kit_test_level 5000000000')
  const counts = [...text.matchAll(/kit_test_values_bucket\{le="[^"]+"\} (\d+)/g)].map((m) =>
    Number(m[1]),
  )
  expect(counts.length).toBeGreaterThan(5)
  expect([...counts].sort((a, b) => a - b)).toEqual(counts)
  const total = set.readHistogram(set.find('test_values')).count
  expect(counts.at(-1)).toBe(total)
  expect(text).toContain(`kit_test_values_count ${total}`)
  expect(text).toContain('le="+Inf"')
})

test('OpenTelemetry observes the same values', () => {
  const seen = new Map<string, number[]>()
  const real = openTelemetry.getMeter('kit')
  // The API without an SDK ignores callbacks, so this meter calls them once and keeps what they say.
  const observable = (name: string) => ({
    addCallback(callback: (result: { observe(value: number): void }) => void) {
      callback({ observe: (value) => seen.set(name, [...(seen.get(name) ?? []), value]) })
    },
    removeCallback() {},
  })
  const meter = Object.assign(Object.create(real) as typeof real, {
    createObservableCounter: observable,
    createObservableGauge: observable,
  })
  exposeToOpenTelemetry(set, meter)
  expect(() => exposeToOpenTelemetry(set, real)).not.toThrow()
  expect(seen.get('test_level')).toEqual([5_000_000_000])
  expect(seen.get('test_values.count')).toEqual([set.readHistogram(set.find('test_values')).count])
  expect(seen.get('test_values')).toHaveLength(4)
})
