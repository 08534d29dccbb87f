import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seamproof-count-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Counts a run whose results are given, or that left none. */
function count(results: object | undefined, status: number) {
  const path = join(folder, 'results.json')
  rmSync(path, { force: true })
  if (results !== undefined) writeFileSync(path, JSON.stringify(results))
  const script = resolve(import.meta.dirname, '../scripts/count-tests.mjs')
  const { stdout, status: exitCode } = spawnSync(process.execPath, [script, path, String(status)], {
    encoding: 'utf8',
  })
  return { line: stdout, exitCode }
}

const results = (passed: number, failed: number, testResults: object[] = []) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  testResults,
})

describe('the count that a run ends with', () => {
  test('is what vitest counted', () => {
    expect(count(results(12, 0), 0)).toEqual({ line: '12 passed, 0 failed\n', exitCode: 0 })
    expect(count(results(11, 1), 1)).toEqual({ line: '11 passed, 1 failed\n', exitCode: 1 })
  })

  test('is never green when the run broke before, beside or after the tests', () => {
    expect(count(undefined, 1).line).toBe('0 passed, 1 failed\n')
    expect(count(results(12, 0), 1)).toEqual({ line: '12 passed, 1 failed\n', exitCode: 1 })
  })

  test('is never green when nothing was tested', () => {
    expect(count(undefined, 0)).toEqual({ line: '0 passed, 1 failed\n', exitCode: 1 })
    expect(count(results(0, 0), 0).exitCode).toBe(1)
  })

  test('counts a test file that did not even load as a failure', () => {
    const file = { status: 'failed', assertionResults: [] }
    expect(count(results(12, 0, [file]), 1)).toEqual({ line: '12 passed, 1 failed\n', exitCode: 1 })
  })
})
