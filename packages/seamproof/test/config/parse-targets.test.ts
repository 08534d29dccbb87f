import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config/load-config.js'
import { exampleLimit, parseLimit } from '../../src/config/parse-limit.js'
import { type MetricName, metricNames, metrics } from '../../src/contract/metrics.js'

const refusal = (targets: unknown): string => {
  try {
    parseConfig({ targets }, 'seamproof.config.ts')
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string }
    return `${message} | ${hint}`
  }
  throw new Error('the config was accepted')
}

describe('parseLimit', () => {
  test.each<[MetricName, string, string, number]>([
    ['throughput', '>= 200k ops/s', '>=', 200_000],
    ['throughput', '> 1.5M', '>', 1_500_000],
    ['throughput', '200_000', '>=', 200_000],
    ['latency p99', '< 0.5ms', '<', 500_000],
    ['latency p99', '≤ 250 µs', '<=', 250_000],
    ['latency p50', '80us', '<=', 80_000],
    ['memory growth', '< 10%', '<', 0.1],
    ['ffi overhead', '< 50ns', '<', 50],
    ['ffi overhead', '< 0.05 us/op', '<', 50],
    ['native allocations', '0/op', '<=', 0],
    ['native allocations', '0', '<=', 0],
    ['leaked bytes', '0 B/op', '<=', 0],
    ['leaked bytes', '1 KiB/op', '<=', 1024],
    ['bytes copied', '4kB', '<=', 4000],
    ['event-loop overhead', '< 0.5 %', '<', 0.005],
    ['speedup', '>= 2x', '>=', 2],
    ['allocation reduction', '20%', '>=', 0.2],
    ['instructions per crossing', '1.2k', '<=', 1200],
    ['races', '0', '<=', 0],
  ])('understands %s: %s', (metric, text, comparison, value) => {
    const limit = parseLimit(metric, text)
    expect(limit).toMatchObject({ kind: 'value', comparison, unit: metrics[metric].unit })
    expect(limit).toHaveProperty('value', expect.closeTo(value, 9))
  })

  test('understands every example that its own messages give', () => {
    for (const metric of metricNames)
      expect(() => parseLimit(metric, exampleLimit(metric))).not.toThrow()
  })
})

describe('targets in a config', () => {
  test('an unknown metric names the nearest', () => {
    expect(refusal({ troughput: '1k' })).toContain('Did you mean "throughput"?')
    expect(refusal({ 'latency p98': '1ms' })).toMatch(/Did you mean "latency p9[09]"/)
  })

  test('an unknown unit names the nearest', () => {
    expect(refusal({ throughput: '>= 200k op/sec' })).toContain('Did you mean "op')
    expect(refusal({ 'latency p99': '< 1msec' })).toContain('Did you mean "ms"?')
    expect(refusal({ throughput: '< 1 GiB' })).toContain('"')
  })

  test('a number without a unit is refused where it could mean several', () => {
    expect(refusal({ 'latency p99': '< 5' })).toContain('has no unit; write it like "< 0.5ms"')
    expect(refusal({ 'memory growth': '< 10' })).toContain('has no unit')
  })

  test('a limit on the wrong side is refused', () => {
    expect(refusal({ throughput: '< 200k' })).toContain('more is better, so write >=')
  })

  test('no number is refused with an example', () => {
    expect(refusal({ 'ffi overhead': 'fast' })).toContain('write it like "< 50ns"')
  })

  test('a baseline target needs how much worse is good', () => {
    expect(refusal({ throughput: { vs: 'baseline' } })).toContain("max: '+5%'")
    expect(refusal({ throughput: { vs: 'baseline', max: 'little' } })).toContain('is no share')
  })

  test('objects, lists, flags and components are taken', () => {
    const config = {
      components: { grid: { workloads: ['draw*'] } },
      flags: { simd: 'TERMCORE_SIMD', mode: { on: { MODE: 'a' }, off: { MODE: 'b' } } },
      targets: {
        throughput: ['>= 200k ops/s', { limit: '>= 1k', workload: 'draw', level: 'warn' }],
        'latency p99': { vs: 'baseline', max: '+5%' },
      },
    }
    expect(parseConfig(config, 'seamproof.config.ts')).toEqual(config)
  })
})
