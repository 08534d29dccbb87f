import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Comparison, ExperimentResult } from '../../src/contract/comparison.js'
import type { Measurement, MeasurementList } from '../../src/contract/measurement.js'
import type { VerdictRow } from '../../src/contract/validation.js'
import { buildAddon } from './build-addon.js'
import { Sandbox } from './run-seamproof.js'

interface Report extends MeasurementList {
  targets: VerdictRow[]
  comparisons: Comparison[]
}

const sandbox = new Sandbox()
afterAll(() => sandbox.remove())
beforeAll(() => {
  buildAddon('bench_subject', sandbox.folder)
  sandbox.write('work.seam.cjs', workloads)
})

const addon = `const { spin, spinEach, allocate, take, stall } = { ...require('./bench_subject.node') }`

const workloads = `
const { workload } = require('seamproof')
${addon}
workload('spin', { run: () => spin(1000), native: (_, count) => spinEach(1000, count), component: 'arithmetic' })
workload('allocate', { run: () => allocate(3) })
workload('take text', { run: () => { take('hello world'); take('hello') } })
workload('make objects', {
  setup: () => ({ kept: undefined }),
  run: (state) => { state.kept = { a: state, b: 1, c: 2, d: 3 } },
  measure: () => [{ metric: 'frames', value: 25, unit: 'count' }, { metric: 'event-loop overhead', value: 0.01, unit: 'ratio', detail: 'own' }],
})
`

async function bench(args: string[], status: number, env: NodeJS.ProcessEnv = {}): Promise<Report> {
  const run = await sandbox.run(['bench', ...args, '--json'], { env })
  expect(run.stderr).not.toContain('seamproof: a bug')
  expect({ status: run.status, stderr: run.stderr }).toMatchObject({ status })
  return JSON.parse(run.stdout) as Report
}

const find = (
  { measurements }: Pick<Report, 'measurements'>,
  workload: string,
  metric: string,
  detail?: string,
): Measurement => {
  const found = measurements.find(
    (one) => one.workload === workload && one.metric === metric && one.detail === detail,
  )
  expect(found, `${workload}: ${metric}`).toBeDefined()
  return found!
}
const numberOf = (...args: Parameters<typeof find>): number => find(...args).estimate.value

describe('seamproof bench', () => {
  let report: Report

  beforeAll(async () => {
    report = await bench(
      [
        'work.seam.cjs',
        '--parts',
        'timing,heap,allocations',
        '--processes',
        '2',
        '--time',
        '1s',
        '-o',
        'run',
        '--markdown',
        'bench.md',
      ],
      0,
    )
  }, 400_000)

  test('counts native allocations to the block', () => {
    expect(numberOf(report, 'allocate', 'native allocations')).toBe(3)
    expect(numberOf(report, 'allocate', 'native bytes allocated')).toBe(72)
    expect(numberOf(report, 'spin', 'native allocations')).toBe(0)
  })

  test('counts crossings and copied bytes per operation and function', async () => {
    const found = await bench(['work.seam.cjs', '--parts', 'crossings', '--only', 'take text'], 0)
    expect(numberOf(found, 'take text', 'crossings')).toBe(2)
    expect(numberOf(found, 'take text', 'crossings', 'take')).toBe(2)
    expect(numberOf(found, 'take text', 'bytes copied')).toBe(16)
    expect(find(found, 'take text', 'crossing cost', 'take').unit).toBe('ns/call')
  }, 400_000)

  test('counts bytes of the JavaScript heap', () => {
    // A header of three words and four fields, on any Node.
    expect(numberOf(report, 'make objects', 'JavaScript heap')).toBeGreaterThanOrEqual(56)
    expect(numberOf(report, 'spin', 'JavaScript heap')).toBe(0)
  })

  test('gives times with their samples, and says that two processes are too few', () => {
    const throughput = find(report, 'spin', 'throughput')
    expect(throughput.sampleCount).toBe(2)
    expect(throughput.weakness).toContain('2 processes are too few')
    expect(throughput.component).toBe('arithmetic')
    expect(find(report, 'spin', 'ffi overhead').unit).toBe('ns/op')
  })

  test('keeps what a workload measures by itself, under a known metric or an own one', () => {
    expect(numberOf(report, 'make objects', 'frames')).toBe(25)
    expect(find(report, 'make objects', 'event-loop overhead', 'own').unit).toBe('ratio')
  })

  test('leaves samples and captures where the evidence says', () => {
    for (const { evidence } of report.measurements) {
      expect(existsSync(sandbox.path(`run/${evidence.path}`)), evidence.path).toBe(true)
      expect(evidence.reproduce).toContain('seamproof bench work.seam.cjs')
    }
  })

  test('writes Markdown with every workload', () => {
    const text = readFileSync(sandbox.path('bench.md'), 'utf8')
    for (const name of ['spin', 'allocate', 'take text', 'make objects'])
      expect(text).toContain(`## ${name}`)
    expect(text).toContain('| native allocations | 3 allocations/op |')
  })

  test('prints what a benchmark tracker reads', async () => {
    const args = [
      '--parts',
      'allocations',
      '--only',
      'allocate',
      '--format',
      'customSmallerIsBetter',
    ]
    const run = await sandbox.run(['bench', 'work.seam.cjs', ...args])
    expect(JSON.parse(run.stdout)).toContainEqual(
      expect.objectContaining({
        name: 'allocate / native allocations',
        unit: 'allocations/op',
        value: 3,
      }),
    )
  })
})

describe('instructions', () => {
  test('of native code are counted to the instruction', async () => {
    sandbox.write(
      'instructions.seam.cjs',
      `const { workload } = require('seamproof')
${addon}
workload('spin', { run: () => spin(3000) })`,
    )
    const report = await bench(['instructions.seam.cjs', '--parts', 'instructions'], 0)
    const native = find(report, 'spin', 'instructions per operation', 'native code of the subject')
      .estimate.value
    // Two instructions a turn of the loop, and some tens around it: the same in every operation, so a whole number.
    expect(native).toBeGreaterThan(6000)
    expect(native).toBeLessThan(6100)
    expect(Number.isInteger(native)).toBe(true)
    expect(numberOf(report, 'spin', 'instructions per operation')).toBeGreaterThan(native)
  }, 300_000)
})

describe('latency', () => {
  test('counts the operations that had to wait for a stall, not only the one that stalled', async () => {
    sandbox.write(
      'stall.seam.cjs',
      `const { workload } = require('seamproof')
${addon}
workload('stalls', { setup: () => ({ n: 0 }), run: (state) => { if (++state.n % 200 === 0) stall(100) } })`,
    )
    const report = await bench(
      ['stall.seam.cjs', '--parts', 'latency', '--rate', '1000/s', '--time', '4s', '-o', 'stall'],
      0,
    )
    // One in 200 stalls for 100 ms, and 100 more are due meanwhile: a loop that waits for its answers would see 0.5 %.
    const detail = 'at 1000/s'
    expect(numberOf(report, 'stalls', 'latency p90', detail)).toBeGreaterThan(50e6)
    expect(numberOf(report, 'stalls', 'latency max', detail)).toBeGreaterThanOrEqual(95e6)
    const [first] = JSON.parse(readFileSync(sandbox.path('stall/latency-run-1.json'), 'utf8'))
    expect(first.service.p90Ns).toBeLessThan(first.latency.p90Ns / 10)
    expect(first.floor.latency.count).toBeGreaterThan(0)
  }, 400_000)

  test('at a rate that cannot be held is not measured, and says what can', async () => {
    const report = await bench(
      ['stall.seam.cjs', '--parts', 'latency', '--rate', '1M/s', '--time', '1s'],
      0,
    )
    expect(report.measurements).toEqual([])
    expect(report.missing[0]!.reason).toMatch(/1M\/s cannot be held/)
  }, 400_000)
})

describe('targets', () => {
  const counted = ['work.seam.cjs', '--parts', 'allocations', '--only', 'allocate']
  const config = (targets: string) =>
    sandbox.write('seamproof.config.mjs', `export default { targets: ${targets} }`)
  afterAll(() => config('{}'))

  test('that are met exit 0, missed ones 1, and warnings fail nothing', async () => {
    config(`{ 'native allocations': '< 4/op' }`)
    expect((await bench(counted, 0)).targets).toMatchObject([{ status: 'pass' }])
    config(`{ 'native allocations': '0/op' }`)
    expect((await bench(counted, 1)).targets).toMatchObject([
      { status: 'fail', reason: '3 allocations/op is not <= 0 allocations/op' },
    ])
    config(`{ 'native allocations': { limit: '0/op', level: 'warn' } }`)
    expect((await bench(counted, 0)).targets).toMatchObject([{ status: 'fail', level: 'warn' }])
  }, 400_000)

  test('of an unknown metric are a config error before anything runs', async () => {
    config(`{ 'nativ alocations': '0/op' }`)
    const run = await sandbox.run(['bench', ...counted])
    expect(run.status).toBe(2)
    expect(run.stderr).toContain('Did you mean "native allocations"?')
  })

  test('against the baseline hold what is stored', async () => {
    config(`{ 'native allocations': { vs: 'baseline', max: '+10%' } }`)
    expect(
      (await bench([...counted, '--save-baseline', 'baseline'], 1)).targets[0]!.reason,
    ).toContain('--save-baseline')
    expect((await bench(counted, 0)).targets).toMatchObject([{ status: 'pass' }])
    sandbox.write('work.seam.cjs', workloads.replace('allocate(3)', 'allocate(4)'))
    expect((await bench(counted, 1)).targets[0]!.reason).toContain('the baseline is 3')
    const { comparisons } = await bench([...counted, '--against', 'baseline'], 1)
    expect(comparisons).toContainEqual(
      expect.objectContaining({ metric: 'native allocations', outcome: 'worse' }),
    )
    sandbox.write('work.seam.cjs', workloads)
  }, 400_000)
})

describe('against a revision', () => {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      cwd: sandbox.folder,
      stdio: 'pipe',
    })
  const subject = (spins: number, blocks: number) =>
    sandbox.write(
      'repo/index.cjs',
      `const { spin, allocate } = { ...require(${JSON.stringify(sandbox.path('bench_subject.node'))}) }
module.exports = () => { spin(${spins}); allocate(${blocks}) }`,
    )
  const compare = async (args: string[]) => {
    const command = ['bench', 'repo/go.seam.cjs', '--against', 'HEAD', '--json', ...args]
    const run = await sandbox.run(command)
    expect(run.stderr).not.toContain('Error')
    const { comparisons } = JSON.parse(run.stdout) as Report
    const outcome = (metric: string) => comparisons.find((one) => one.metric === metric)
    return { run, outcome }
  }

  beforeAll(() => {
    sandbox.write('.gitignore', '*\n!repo\n!repo/*\n')
    sandbox.write(
      'repo/go.seam.cjs',
      `require('seamproof').workload('go', { run: require('./index.cjs') })`,
    )
    subject(2000, 1)
    git('init', '-q')
    git('add', '-A')
    git('commit', '-q', '-m', 'first')
  })

  test('the same code counts the same', async () => {
    const { outcome } = await compare(['-o', 'same', '--parts', 'allocations'])
    expect(outcome('native allocations')).toMatchObject({ outcome: 'same' })
    expect(outcome('native bytes allocated')).toMatchObject({ outcome: 'same' })
    expect(git('worktree', 'list').toString().trim().split('\n')).toHaveLength(1)
  }, 400_000)

  test('planted regressions of time and allocations are found, and exit 1', async () => {
    subject(40_000, 2)
    const { run, outcome } = await compare([
      '-o',
      'planted',
      '--parts',
      'timing,allocations',
      '--processes',
      '5',
      '--time',
      '1500ms',
    ])
    expect(run.status).toBe(1)
    // Twenty times the instructions.
    expect(outcome('throughput')).toMatchObject({ outcome: 'worse', effect: 'large' })
    expect(outcome('native allocations')).toMatchObject({
      outcome: 'worse',
      before: { value: 1 },
      after: { value: 2 },
    })
  }, 400_000)

  test('what is neither a baseline nor a revision is refused', async () => {
    const run = await sandbox.run(['bench', 'repo/go.seam.cjs', '--against', 'nowhere'])
    expect(run.status).toBe(2)
    expect(run.stderr).toContain('neither a stored baseline nor a revision')
  })
})

describe('seamproof experiment', () => {
  beforeAll(() => {
    sandbox.write(
      'flags.seam.cjs',
      `const { workload } = require('seamproof')
${addon}
const isOn = process.env.POOL === '1'
workload('pooled', { run: () => { allocate(isOn ? 1 : 4); spin(isOn ? 10 : 20_000) } })
workload('untouched', { run: () => spin(10) })`,
    )
    sandbox.write(
      'seamproof.config.mjs',
      `export default {
        flags: { pool: { variable: 'POOL', workloads: ['pooled'], opportunity: 'pooling' } },
        targets: { 'allocation reduction': { limit: '>= 50%', detail: 'pool' } },
      }`,
    )
  })

  test('measures a flag off and on, its gain beside the predicted one', async () => {
    sandbox.write(
      'opportunities.json',
      JSON.stringify({
        formatVersion: 1,
        opportunities: [
          {
            kind: 'pooling',
            predictedGain: { value: 0.5, low: 0.4, high: 0.6 },
            assumption: 'no allocation is left',
          },
        ],
      }),
    )
    const sizes = ['--processes', '5', '--time', '1500ms', '--predicted', 'opportunities.json']
    const run = await sandbox.run([
      'experiment',
      '--flag',
      'pool',
      'flags.seam.cjs',
      ...sizes,
      '--json',
    ])
    expect(run.stderr).not.toContain('Error')
    const result = JSON.parse(run.stdout) as ExperimentResult & { targets: VerdictRow[] }
    expect(new Set(result.comparisons.map((one) => one.workload))).toEqual(new Set(['pooled']))
    expect(numberOf(result, 'pooled', 'allocation reduction', 'pool')).toBe(0.75)
    expect(numberOf(result, 'pooled', 'speedup', 'pool')).toBeGreaterThan(1)
    expect(result.comparisons.find((one) => one.metric === 'throughput')).toMatchObject({
      outcome: 'better',
    })
    expect(result.predicted).toMatchObject([{ metric: 'speedup', ratio: 2 }])
    expect(result.targets).toMatchObject([{ status: 'pass' }])
    expect(run.status).toBe(0)
  }, 400_000)

  test('an unknown flag names the nearest', async () => {
    const run = await sandbox.run(['experiment', '--flag', 'pol', 'flags.seam.cjs'])
    expect(run.status).toBe(2)
    expect(run.stderr).toContain('Did you mean "pool"?')
  })
})

describe('a workload that throws', () => {
  test('is named with its error, and exits 4', async () => {
    sandbox.write(
      'bad.seam.cjs',
      `require('seamproof').workload('bad', { run: () => { throw new Error('no such thing') } })`,
    )
    const run = await sandbox.run(['bench', 'bad.seam.cjs'])
    expect(run.status).toBe(4)
    expect(run.stderr).toContain('no such thing')
  })
})
