import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const runner = fileURLToPath(new URL('../bench/run.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'termcore-bench-'))
afterAll(() => rmSync(folder, { recursive: true }))
const results = join(folder, 'results.json')

const run = (...args: string[]) =>
  spawnSync(process.execPath, [runner, '--results', results, ...args], { encoding: 'utf8' })

describe('the benchmark', () => {
  test('writes tables with intervals, and says of every goal that was not measured that it did not run', () => {
    const result = run('--quick', '--only', 'crossing,flags', '--out', join(folder, 'out.md'))
    expect(result.status, result.stderr).toBe(0)
    const text = readFileSync(join(folder, 'out.md'), 'utf8')
    expect(text).toMatch(/\| setCell, one call each \| [\d.]+ \[[\d.]+, [\d.]+\] \|/)
    expect(text).toMatch(/\| FFI overhead < 50 ns .* \| (met|missed|inconclusive) \|/)
    expect(text).toMatch(/\| VT throughput \| needs vt \| not run \|/)
    for (const flag of ['simd', 'batch', 'pool', 'inline']) expect(text).toContain(`| ${flag} |`)
    expect(text).toContain('Not run: kernels, router, allocations, latency, kit, vt.')
  })

  test('names a part that does not exist, and those that do', () => {
    const result = run('--only', 'nothing')
    expect(result.status).not.toBe(0)
    expect(result.stderr).toContain('no part "nothing"; there are crossing, flags')
  })
})
