import { readFileSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Validation } from '../../src/contract/validation.js'
import { Sandbox } from './run-seamproof.js'

const sandbox = new Sandbox()
afterAll(() => sandbox.remove())

const skipped = ['--skip', 'check,bench,experiments', '--soak-for', '4s', '--rate', '1k/s']

async function soakOf(file: string, ...more: string[]) {
  const run = await sandbox.run(['validate', file, '--out', `${file}.out`, ...skipped, ...more])
  const text = readFileSync(sandbox.path(`${file}.out/report.json`), 'utf8')
  const { rows } = JSON.parse(text) as Validation
  const row = (name: string) => rows.find((one) => one.name === name)
  return { run, row, rows }
}

beforeAll(() => {
  const workload = (run: string) =>
    `const { openSync, closeSync } = require('node:fs')\nlet calls = 0\nrequire('seamproof').workload('opens', { run: () => { if (++calls % 200 === 0) ${run} } })`
  sandbox.write('keeps.seam.cjs', workload(`openSync('/dev/null')`))
  sandbox.write('closes.seam.cjs', workload(`closeSync(openSync('/dev/null'))`))
  sandbox.write('seamproof.config.json', '{ "targets": { "memory growth": "< 50%" } }')
})

test('what a soak judges by itself decides a validation too, whatever the targets are', async () => {
  const { run, row, rows } = await soakOf('keeps.seam.cjs')
  expect(run.status).toBe(1)
  expect(row('soak: file descriptors')).toMatchObject({
    status: 'fail',
    level: 'error',
    target: 'no growth',
    links: [{ path: 'soak/series.jsonl' }],
  })
  expect(run.stdout).toMatch(/✗ FAIL +(subject +)?soak: file descriptors/)
  for (const name of ['load to the end', 'threads', 'handles', 'mappings'])
    expect(row(`soak: ${name}`)?.status, name).toBe('pass')
  // The target says it, by its own limit.
  expect(rows.filter(({ name }) => name.endsWith('memory growth: USS'))).toEqual([])
  expect(row('memory growth: opens: USS')?.target).toBe('< 50%')
})

test('a soak that had its load, and was cut short before its report, is not made again', async () => {
  rmSync(sandbox.path('keeps.seam.cjs.out/soak/stage.json'))
  const { run, row } = await soakOf('keeps.seam.cjs', '--resume')
  expect(run.stderr).not.toContain('soak: failed')
  expect(row('soak: file descriptors')?.status).toBe('fail')
})

test('of a subject that closes what it opens they all pass', async () => {
  const { rows } = await soakOf('closes.seam.cjs')
  const judged = rows.filter(({ name }) => name.startsWith('soak: '))
  expect(judged.length).toBeGreaterThanOrEqual(7)
  // Whether the rate is held is a question to the machine.
  for (const { name, status } of judged)
    if (name !== 'soak: rate held') expect(status, name).toBe('pass')
})
