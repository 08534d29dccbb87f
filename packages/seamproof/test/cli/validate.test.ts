import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Ajv } from 'ajv'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Validation } from '../../src/contract/validation.js'
import { buildAddon } from './build-addon.js'
import { Sandbox } from './run-seamproof.js'

const sandbox = new Sandbox()
afterAll(() => sandbox.remove())

const packageDir = resolve(import.meta.dirname, '../..')

beforeAll(() => {
  buildAddon('twins', sandbox.folder)
  const workload = (name: string) => `
    const addon = require('./twins.node')
    require('seamproof').workload('${name}', { run: () => addon.${name}(), operationsPerRound: 200, warmupOperations: 200, rounds: 4 })`
  sandbox.write('bad.seam.cjs', workload('leakBlock'))
  sandbox.write('good.seam.cjs', workload('freeBlock'))
  // Two instruments that need no build of the addon: the others are other tests' business.
  sandbox.write(
    'seamproof.config.json',
    JSON.stringify({
      check: { instruments: ['track', 'layer'] },
      targets: { 'leaked bytes': '0 B/op' },
    }),
  )
  sandbox.write('package.json', '{ "name": "twins", "version": "1.2.3" }')
})

const checkOnly = ['--skip', 'bench,experiments,soak']

async function validate(file: string, out: string, ...options: string[]) {
  const run = await sandbox.run(['validate', file, '--out', out, ...options])
  const path = sandbox.path(join(out, 'report.json'))
  const report = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as Validation)
    : undefined
  return { run, report }
}

describe('validate', () => {
  test('of a leaking addon fails, names the leak, and leaves every report', async () => {
    const { run, report } = await validate('bad.seam.cjs', 'bad', ...checkOnly)
    expect(run.status).toBe(1)
    expect(run.stdout).toContain('twins 1.2.3: short validation')
    expect(run.stdout).toMatch(/✗ FAIL +subject +leaks/)
    expect(run.stdout).toContain('48 B/op')
    expect(report!.rows.find(({ metric }) => metric === 'leaked bytes')).toMatchObject({
      status: 'fail',
      measurement: { estimate: { value: 48 } },
    })
    for (const name of ['report.html', 'report.md', 'report.sarif', 'report.junit.xml'])
      expect(readFileSync(sandbox.path(`bad/${name}`), 'utf8')).toContain('leak_block')
  })

  test('of its fixed twin passes, says what was left out, and stays quiet about the rest', async () => {
    const { run, report } = await validate('good.seam.cjs', 'good', ...checkOnly)
    expect(run.stdout).toMatch(/^PASS: /m)
    expect(run.status).toBe(0)
    expect(report!.findings.findings).toEqual([])
    expect(run.stdout).toContain('soak: skipped, --skip soak')
    const races = report!.rows.find(({ name }) => name === 'races')!
    expect(races).toMatchObject({ status: 'not-run', level: 'warn' })
  })

  test('goes on where it was cut short: a stage that is done is not made again', async () => {
    const findings = sandbox.path('good/check/findings.json')
    const before = statSync(findings).mtimeMs
    rmSync(sandbox.path('good/report.json'))
    const { run, report } = await validate('good.seam.cjs', 'good', '--resume', ...checkOnly)
    expect(run.stderr).toContain('check: made before')
    expect(statSync(findings).mtimeMs).toBe(before)
    expect(report!.status).toBe('pass')
    // A stage that was cut short while it wrote has no mark of being done.
    rmSync(sandbox.path('good/check/stage.json'))
    writeFileSync(findings, '{"formatVersion":1,')
    const again = await validate('good.seam.cjs', 'good', '--resume', ...checkOnly)
    expect(again.run.stderr).toContain('check: begins')
    expect(again.report!.status).toBe('pass')
  })

  test('without anything that was made is not-run, never a pass', async () => {
    const { run, report } = await validate(
      'good.seam.cjs',
      'none',
      '--skip',
      'check,bench,experiments,soak',
    )
    expect(run.status).toBe(1)
    expect(report!.status).toBe('not-run')
    expect(report!.rows.every(({ status }) => status === 'not-run')).toBe(true)
    expect(report!.risks).toMatchObject([{ risk: 'unknown' }])
  })

  test('says what it lacks: workloads, or the folder to go on in', async () => {
    const nothing = await sandbox.run(['validate'])
    expect(nothing.status).toBe(2)
    expect(nothing.stderr).toContain('seamproof init')
    const nowhere = await sandbox.run(['validate', 'good.seam.cjs', '--resume'])
    expect(nowhere.status).toBe(2)
    expect(nowhere.stderr).toContain('--out FOLDER')
  })
})

describe('merge of validations', () => {
  const part = (index: number, ...more: string[]) =>
    sandbox.run([
      'validate',
      'bad.seam.cjs',
      'good.seam.cjs',
      '--shard',
      `${index}/2`,
      '--out',
      `part-${index}`,
      '--time',
      '1s',
      '--skip',
      'experiments,soak',
      ...more,
    ])

  beforeAll(async () => {
    // The second shard must not fail for what is the first one's.
    const [first, second] = [await part(1), await part(2)]
    expect([first.stdout, second.stdout].join('\n')).toContain('seamproof merge knows')
    expect([first.status, second.status]).toContain(1)
  }, 240_000)

  test('is one report: the checks of all, and what the first shard timed', async () => {
    const run = await sandbox.run(['merge', 'part-1', 'part-2', '--out', 'merged'])
    expect(run.stderr).toContain('merged/report.html')
    expect(run.status).toBe(1)
    const merged = reportIn('merged')
    const runs = merged.findings.runs.map(({ instrument, target }) => `${instrument} ${target}`)
    expect(runs.sort()).toEqual([
      'layer bad.seam.cjs',
      'layer good.seam.cjs',
      'track bad.seam.cjs',
      'track good.seam.cjs',
    ])
    expect(merged.findings.runs.every(({ status }) => status === 'ran')).toBe(true)
    const leaked = merged.rows.filter(({ metric }) => metric === 'leaked bytes')
    expect(leaked.map(({ status }) => status).sort()).toEqual(['fail', 'pass'])
    const timed = merged.measurements
      .flatMap((list) => list.measurements)
      .filter(({ metric }) => metric === 'throughput')
    expect(timed.map(({ workload }) => workload).sort()).toEqual(['freeBlock', 'leakBlock'])
    for (const { evidence } of timed)
      expect(existsSync(sandbox.path(join('merged', evidence.path)))).toBe(true)
    for (const name of ['report.html', 'report.md', 'report.sarif', 'report.junit.xml'])
      expect(readFileSync(sandbox.path(`merged/${name}`), 'utf8')).toContain('leak_block')
  })

  test('without one of the shards does not pass, and says which runs are missing', async () => {
    const index = reportIn('part-1').findings.findings.length === 0 ? 1 : 2
    const run = await sandbox.run(['merge', `part-${index}`, '--out', 'half'])
    expect(run.status).toBe(1)
    expect(reportIn('half').status).not.toBe('pass')
    expect(run.stdout.replace(/\s+/g, ' ')).toContain(`shard ${3 - index}, which makes this run`)
  })

  test('of different commits, or of a check among validations, is refused', async () => {
    const other = reportIn('part-2')
    other.subject.version = '9.9.9'
    sandbox.write('other/report.json', JSON.stringify(other))
    const mixed = await sandbox.run(['merge', 'part-1', 'other'])
    expect(mixed.status).toBe(2)
    expect(mixed.stderr).toContain('9.9.9')
    const check = await sandbox.run(['merge', 'part-1', 'part-1/check'])
    expect(check.status).toBe(2)
    expect(check.stderr).toContain('holds no validation')
  })
})

describe('validate --soak', () => {
  const soaked = ['--skip', 'bench,experiments', '--soak', 'soaked']

  beforeAll(async () => {
    const made = await sandbox.run([
      ...['soak', 'good.seam.cjs', '--for', '4s', '--rate', '500/s', '--out', 'soaked'],
    ])
    expect(existsSync(sandbox.path('soaked/soak-facts.json')), made.stderr).toBe(true)
  }, 120_000)

  test('takes a finished soak of the same code, and says of every number when and where it was made', async () => {
    const { run, report } = await validate('good.seam.cjs', 'kept', ...soaked)
    const stage = report!.stages.find(({ name }) => name === 'soak')
    expect(stage, run.stderr).toMatchObject({ status: 'done' })
    const numbers = report!.measurements.flatMap((list) => list.measurements)
    const sustained = numbers.find(({ metric }) => metric === 'sustained throughput')!
    expect(sustained.origin).toMatch(
      /^not of this run: a soak of 0 min begun 20\d\d-.* UTC, .*; twins\.node with the same build-id/,
    )
    expect(existsSync(sandbox.path(join('kept', sustained.evidence.path)))).toBe(true)
    expect(readFileSync(sandbox.path('kept/report.md'), 'utf8')).toContain('not of this run')
    expect(numbers.find(({ metric }) => metric === 'leaked bytes')!.origin).toBeUndefined()
  })

  test('refuses a soak of other code, and one that did not come to its end', async () => {
    buildAddon('soaked', sandbox.path('.'))
    sandbox.write(
      'elsewhere/good.seam.cjs',
      `const addon = require('../soaked.node')
       require('seamproof').workload('freeBlock', { run: () => addon.freeBlock(), operationsPerRound: 200, warmupOperations: 200, rounds: 4 })`,
    )
    const other = await validate('elsewhere/good.seam.cjs', 'of-other', ...soaked)
    const soakOf = (report: Validation | undefined) =>
      report!.stages.find(({ name }) => name === 'soak')
    expect(soakOf(other.report)).toMatchObject({ status: 'failed' })
    expect(soakOf(other.report)!.reason).toContain('not the code that is validated')
    const series = readFileSync(sandbox.path('soaked/series.jsonl'), 'utf8')
    const isEnd = (line: string) => line.includes('"type":"end"')
    sandbox.write(
      'soaked/series.jsonl',
      series
        .split('\n')
        .filter((line) => !isEnd(line))
        .join('\n'),
    )
    const cut = await validate('good.seam.cjs', 'of-cut', ...soaked)
    expect(soakOf(cut.report)).toMatchObject({ status: 'failed' })
    expect(soakOf(cut.report)!.reason).toContain('did not come to its end')
  })
})

const reportIn = (folder: string) =>
  JSON.parse(readFileSync(sandbox.path(join(folder, 'report.json')), 'utf8')) as Validation

describe('the published schemas', () => {
  test('are what the types say', async () => {
    const script = join(packageDir, 'scripts/report-schemas.mjs')
    const { stderr, exitCode } = await execa(process.execPath, [script, '--check'], {
      reject: false,
    })
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
  })

  test('accept what validate leaves, and refuse what lacks a verdict', () => {
    const schema = JSON.parse(
      readFileSync(join(packageDir, 'schemas/validation.schema.json'), 'utf8'),
    ) as object
    const accepts = new Ajv({ strict: false }).compile(schema)
    for (const out of ['bad', 'good', 'none', 'merged']) {
      const report = JSON.parse(readFileSync(sandbox.path(`${out}/report.json`), 'utf8')) as object
      expect(accepts(report), JSON.stringify(accepts.errors)).toBe(true)
      expect(accepts({ ...report, status: undefined })).toBe(false)
    }
  })
})
