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
    for (const out of ['bad', 'good', 'none']) {
      const report = JSON.parse(readFileSync(sandbox.path(`${out}/report.json`), 'utf8')) as object
      expect(accepts(report), JSON.stringify(accepts.errors)).toBe(true)
      expect(accepts({ ...report, status: undefined })).toBe(false)
    }
  })
})
