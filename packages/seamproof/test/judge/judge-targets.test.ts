import { describe, expect, test } from 'vitest'
import { parseTargets } from '../../src/config/parse-targets.js'
import type { TargetsConfig } from '../../src/config/target-schema.js'
import type { Measurement, MeasurementList } from '../../src/contract/measurement.js'
import { judgeTargets } from '../../src/judge/judge-targets.js'

const evidence = { kind: 'samples', path: 'samples.json', reproduce: 'seamproof bench' } as const

function throughput(low: number, value: number, high: number, more: Partial<Measurement> = {}) {
  return {
    metric: 'throughput',
    unit: 'ops/s',
    estimate: { low, value, high },
    sampleCount: 10,
    evidence,
    ...more,
  } satisfies Measurement
}

const list = (...measurements: Measurement[]): MeasurementList => ({
  formatVersion: 1,
  seamproofVersion: '0',
  createdAt: '',
  command: [],
  machine: {
    os: '',
    arch: '',
    libc: '',
    nodeVersion: '',
    cpuModel: '',
    cpuCount: 1,
    memoryBytes: 1,
    disturbances: [],
  },
  measurements,
  missing: [],
  notes: [],
})

const judge = (targets: TargetsConfig, ...measurements: Measurement[]) =>
  judgeTargets([list(...measurements)], parseTargets(targets))

describe('a target', () => {
  const target = { throughput: '>= 200k ops/s' }

  test('is met when the whole interval is within it', () => {
    expect(judge(target, throughput(200_000, 210_000, 220_000))).toMatchObject([
      { status: 'pass', evidence: '210k ops/s (200k ops/s to 220k ops/s, n 10)' },
    ])
  })

  test('is missed when the whole interval is beyond it, and says by what', () => {
    expect(judge(target, throughput(100_000, 110_000, 120_000))).toMatchObject([
      { status: 'fail', reason: '110k ops/s is not >= 200k ops/s' },
    ])
  })

  test('is open when the interval reaches over it, and says how much more measuring decides', () => {
    expect(judge(target, throughput(190_000, 205_000, 220_000))).toMatchObject([
      { status: 'inconclusive', reason: expect.stringContaining('about 9 times as much') },
    ])
    expect(judge(target, throughput(190_000, 200_000, 220_000))[0]!.reason).toContain('too close')
  })

  test('is open when the number is known to be weak, whichever side it is on', () => {
    for (const value of [1, 1e9])
      expect(
        judge(target, throughput(value, value, value, { weakness: 'too few slices' })),
      ).toMatchObject([{ status: 'inconclusive', reason: 'too few slices' }])
  })

  test('is met by a number that can only have been made worse by what weakens it', () => {
    const weak = { weakness: 'other work', isPessimistic: true } as const
    expect(judge(target, throughput(3e5, 3e5, 3e5, weak))[0]!.status).toBe('pass')
    expect(judge(target, throughput(1e5, 1e5, 1e5, weak))[0]!.status).toBe('inconclusive')
  })

  test('is decided in spite of noise where the noise cannot reach the limit', () => {
    const noisy = { weakness: 'the processes differ', noiseFactor: 2 } as const
    const status = (value: number) =>
      judge(target, throughput(value, value, value, noisy))[0]!.status
    expect(status(500_000)).toBe('pass')
    expect(status(300_000)).toBe('inconclusive')
    expect(status(150_000)).toBe('inconclusive')
    expect(status(90_000)).toBe('fail')
  })

  test('is missed when nothing was measured', () => {
    expect(judge(target)).toMatchObject([
      {
        status: 'fail',
        evidence: 'no data',
        reason: expect.stringContaining('nothing measured throughput'),
      },
    ])
  })

  test('without data says what kept it from being measured', () => {
    const rows = judgeTargets(
      [
        {
          ...list(),
          missing: [{ metric: 'instructions per operation', reason: 'valgrind is not installed' }],
        },
      ],
      parseTargets({ 'instructions per operation': '< 1k' }),
    )
    expect(rows[0]!.reason).toBe('valgrind is not installed')
  })

  test('at level off makes no row', () => {
    expect(judge({ throughput: { level: 'off' } }, throughput(1, 1, 1))).toEqual([])
  })

  test('of nothing is met by exactly nothing', () => {
    const allocations = (value: number): Measurement => ({
      ...throughput(value, value, value),
      metric: 'native allocations',
      unit: 'allocations/op',
    })
    expect(judge({ 'native allocations': '0/op' }, allocations(0))[0]!.status).toBe('pass')
    expect(judge({ 'native allocations': '0/op' }, allocations(0.01))[0]!.status).toBe('fail')
  })
})

describe('overrides', () => {
  const slow = throughput(900, 1000, 1100, { workload: 'spawn', component: 'integration' })
  const fast = throughput(3e5, 3e5, 3e5, { workload: 'draw', component: 'grid' })

  test('the target that names the workload wins over the one that does not', () => {
    const rows = judge(
      { throughput: ['>= 200k', { limit: '>= 500', workload: 'spawn', level: 'warn' }] },
      slow,
      fast,
    )
    expect(rows.map(({ name, level, status }) => [name, level, status])).toEqual([
      ['throughput: draw', 'error', 'pass'],
      ['throughput: spawn', 'warn', 'pass'],
    ])
  })

  test('a component switches a target off for its workloads', () => {
    const rows = judge(
      { throughput: ['>= 200k', { level: 'off', component: 'integration' }] },
      slow,
      fast,
    )
    expect(rows.map((row) => row.component)).toEqual(['grid'])
  })

  test('names may hold a *', () => {
    expect(judge({ throughput: { limit: '1', workload: 'sp*' } }, slow, fast)).toHaveLength(1)
  })

  test('a target for a workload that is gone fails', () => {
    expect(judge({ throughput: { limit: '1', workload: 'gone' } }, slow)[0]).toMatchObject({
      status: 'fail',
      reason: expect.stringContaining('of gone'),
    })
  })
})

describe('against the baseline', () => {
  const targets = parseTargets({ throughput: { vs: 'baseline', max: '+5%' } })
  const against = (before: Measurement | undefined, now: Measurement) =>
    judgeTargets([list(now)], targets, { baseline: before === undefined ? [] : [before] })[0]!

  test('the same is good, clearly less is not', () => {
    const before = throughput(99, 100, 101)
    expect(against(before, throughput(99, 100, 101)).status).toBe('pass')
    expect(against(before, throughput(79, 80, 81))).toMatchObject({
      status: 'fail',
      reason: 'the baseline is 100 ops/s, this is 80 % of it',
    })
  })

  test('what both intervals leave open is open', () => {
    expect(against(throughput(90, 100, 110), throughput(85, 95, 105)).status).toBe('inconclusive')
  })

  test('without a baseline it fails and says how to store one', () => {
    expect(against(undefined, throughput(1, 1, 1))).toMatchObject({
      status: 'fail',
      reason: expect.stringContaining('--save-baseline'),
    })
  })
})
