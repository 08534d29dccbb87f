// Profiles of other tools, as they come: one made here by node --cpu-prof, one that perf printed of a Node program.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { CpuProfile } from '../../src/contract/cpu-profile.js'
import type { Frame } from '../../src/contract/frame.js'
import { readProfileFile } from '../../src/pipeline.js'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'seamproof-profile-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const stackOf = (profile: CpuProfile, treeIndex: number): Frame[] => {
  const stack: Frame[] = []
  for (let at = treeIndex; at > 0; at = profile.tree.parentIndex[at]!)
    stack.unshift(profile.frames[profile.tree.frameIndex[at]!]!)
  return stack
}
const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0)

/** What holds for every profile, wherever it is from. */
function expectWhole(profile: CpuProfile): void {
  const { tree, frames, threads, costs, timeline } = profile
  expect(tree.frameIndex[0]).toBe(-1)
  tree.parentIndex.forEach((parent, index) => {
    if (index > 0) expect(parent).toBeLessThan(index)
  })
  for (const index of tree.frameIndex.slice(1)) expect(frames[index]).toBeDefined()
  for (const cost of costs) {
    expect(threads[cost.thread]).toBeDefined()
    expect(cost.sampleCount).toBeGreaterThan(0)
    expect(cost.ns).toBeGreaterThanOrEqual(0)
  }
  expect(sum(threads.map((one) => one.sampleCount))).toBe(sum(costs.map((one) => one.sampleCount)))
  expect(sum(threads.map((one) => one.wallNs))).toBeCloseTo(sum(costs.map((one) => one.ns)), 0)
  if (timeline === undefined) return
  expect(timeline.timeNs).toEqual([...timeline.timeNs].sort((a, b) => a - b))
  expect(timeline.costIndex).toHaveLength(sum(costs.map((one) => one.sampleCount)))
}

describe('node --cpu-prof', () => {
  writeFileSync(
    join(folder, 'work.ts.js'),
    [
      'function spin(ms) { const end = Date.now() + ms; while (Date.now() < end); }',
      'function litter(n) { let kept = []; for (let i = 0; i < n; i++) { kept.push({ i }); if (kept.length > 1e5) kept = [] } return kept }',
      'function busy() { spin(150); litter(3e6) }',
      'busy()',
      'setTimeout(busy, 120)',
    ].join('\n'),
  )
  const env = { ...process.env }
  delete env.NODE_OPTIONS
  execFileSync(
    process.execPath,
    ['--cpu-prof', `--cpu-prof-dir=${folder}`, join(folder, 'work.ts.js')],
    { env },
  )
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'))!
  const profile = readProfileFile(join(folder, file))

  test('gives JavaScript, collections and idle time, on one thread', () => {
    expectWhole(profile)
    expect(profile.source).toBe('cpuprofile')
    expect(profile.clock).toBe('wall')
    expect(profile.threads).toHaveLength(1)
    const states = new Set(profile.costs.map((cost) => cost.state))
    expect([...states]).toEqual(expect.arrayContaining(['js', 'gc', 'idle']))
    expect(profile.gc.length).toBeGreaterThan(0)
    expect(sum(profile.costs.map((cost) => cost.ns)) / profile.durationNs).toBeLessThanOrEqual(1)
    expect(sum(profile.costs.map((cost) => cost.ns)) / profile.durationNs).toBeGreaterThan(0.8)
  })

  test('names functions with the file and line that they start at', () => {
    const busiest = [...profile.costs]
      .sort((a, b) => b.ns - a.ns)
      .find((cost) => cost.state === 'js')!
    const stack = stackOf(profile, busiest.treeIndex)
    expect(stack.map((frame) => frame.functionName)).toContain('busy')
    expect(stack.find((frame) => frame.functionName === 'busy')).toMatchObject({
      kind: 'js',
      origin: 'user',
      file: join(folder, 'work.ts.js'),
      line: 3,
    })
  })
})

describe('perf script of a Node program', () => {
  const profile = readProfileFile(join(import.meta.dirname, 'fixtures/node-cpu-clock.perf.txt'))

  test('gives every thread, weighed by the clock that perf printed', () => {
    expectWhole(profile)
    expect(profile.source).toBe('perf')
    expect(profile.periodNs).toBe(5_025_125)
    expect(profile.threads.map((one) => one.role)).toEqual(['main', 'v8'])
  })

  test('tells JavaScript by tier, builtins, the runtime and libc apart', () => {
    const named = (pattern: RegExp) =>
      profile.frames.find((frame) => pattern.test(frame.functionName))
    expect(named(/^fib$/)).toMatchObject({ kind: 'js', origin: 'user', file: '/srv/app/burn.mjs' })
    expect(named(/^Builtin:JSEntry$/)).toMatchObject({ kind: 'builtin', origin: 'runtime' })
    expect(named(/^uv_run$/)).toMatchObject({
      kind: 'native',
      origin: 'runtime',
      moduleName: 'node',
    })
    expect(named(/^unlink_chunk$/)).toMatchObject({ origin: 'system', moduleName: 'libc.so.6' })
    expect(named(/^node::\(anonymous namespace\)::PlatformWorkerThread$/)).toBeDefined()
    expect(profile.frames.some((frame) => frame.tier === 'interpreted')).toBe(true)
    expect(profile.frames.some((frame) => frame.tier === 'optimized')).toBe(true)
  })

  test('sees collections and the kernel as what they are', () => {
    const states = new Set(profile.costs.map((cost) => cost.state))
    expect([...states]).toEqual(expect.arrayContaining(['gc', 'kernel', 'native']))
  })

  test('ends a stack where perf lost it, without a frame for what it did not know', () => {
    expect(profile.frames.filter((frame) => frame.functionName === '[unknown]')).toEqual([])
    expect(profile.losses.rootlessCount).toBeGreaterThan(0)
  })
})

describe('what is no profile', () => {
  test.each([
    ['PERFILE2\u0000', /perf's own file|is no profile/, 'PROFILE_UNKNOWN'],
    ['a;b 3\n', /is no profile that can be read/, 'PROFILE_UNKNOWN'],
    ['{"nodes": 3}', /has no list "nodes"/, 'CPUPROFILE_UNREADABLE'],
  ])('%j is refused by what it is', (text, message, code) => {
    const path = join(folder, 'not-a-profile')
    writeFileSync(path, text)
    expect(() => readProfileFile(path)).toThrow(message)
    expect(() => readProfileFile(path)).toThrow(expect.objectContaining({ code, exitCode: 2 }))
  })

  test('a file that is not there is named', () => {
    expect(() => readProfileFile(join(folder, 'gone'))).toThrow(/gone cannot be read/)
  })
})
