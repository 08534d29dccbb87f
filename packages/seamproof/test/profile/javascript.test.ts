import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeBinary, otherNodeMajors } from '../../../../scripts/node-versions.mjs'
import type { CpuProfile } from '../../src/contract/cpu-profile.js'
import { readProfileFile } from '../../src/pipeline.js'
import { Sandbox } from '../cli/run-seamproof.js'
import {
  buildSplits,
  buildSplitsAddon,
  expectShares,
  nsThrough,
  onCore,
  profiled,
  sampleCount,
  splitsScript,
  stackOf,
} from './profiled-run.js'

const sandbox = new Sandbox()
afterAll(() => sandbox.remove())

const seconds = '1.5'
const lastLine = (stdout: string): Record<string, number> =>
  JSON.parse(stdout.trim().split('\n').at(-1)!)
const nodeOf = (major: number): string =>
  otherNodeMajors.includes(major) ? nodeBinary(major) : process.execPath
const interpretedOnly = ['--no-opt', '--no-sparkplug', '--no-maglev']

/** Of the JavaScript frames of the user's own files, each as often as it was sampled. */
function namedShare(profile: CpuProfile): number {
  const { parentIndex, frameIndex } = profile.tree
  let all = 0
  let named = 0
  for (const { treeIndex, sampleCount: count } of onCore(profile))
    for (let at = treeIndex; at > 0; at = parentIndex[at]!) {
      const frame = profile.frames[frameIndex[at]!]!
      if (frame.kind !== 'js' || frame.origin === 'node-internal') continue
      all += count
      if (frame.isNamed) named += count
    }
  expect(all).toBeGreaterThan(100)
  return named / all
}

const mainRoles = (profile: CpuProfile) =>
  profile.threads.filter(({ sampleCount: count }) => count > 20).map(({ role }) => role)

describe.each([Number(process.versions.node.split('.')[0]), ...otherNodeMajors])(
  'Node %i',
  (major) => {
    it.each([
      ['optimised', []],
      ['interpreted', interpretedOnly],
    ])(
      '%s functions have the shares that the program measured, and their names',
      async (kind, flags) => {
        const { stdout, profiles } = await profiled(sandbox, [
          nodeOf(major),
          ...flags,
          splitsScript,
          kind,
          seconds,
        ])
        const [profile] = profiles
        expectShares(profile!, lastLine(stdout))
        expect(namedShare(profile!)).toBeGreaterThan(0.98)
        expect(profile!.losses.rootlessCount / sampleCount(profile!)).toBeLessThan(0.01)
        expect(profile!.threads[0]).toMatchObject({ role: 'main', tid: profile!.pid })
      },
    )
  },
)

describe('native code under JavaScript', () => {
  let addon: string
  beforeAll(() => {
    addon = buildSplitsAddon(sandbox.folder)
  })

  it('exports of an addon have their shares, under the JavaScript that calls them', async () => {
    const { stdout, profiles } = await profiled(sandbox, [
      'node',
      splitsScript,
      'addon',
      seconds,
      addon,
    ])
    expectShares(profiles[0]!, lastLine(stdout))
    const stack = onCore(profiles[0]!)
      .map(({ treeIndex }) => stackOf(profiles[0]!, treeIndex))
      .find((names) => names.at(-1) === 'spin_work_seventy')!
    expect(stack[0]).toBe('_start')
    expect(stack.indexOf('run')).toBeGreaterThan(0)
    expect(stack.indexOf('work_seventy')).toBeGreaterThan(stack.indexOf('run'))
  })

  it('--crossings counts the calls into each export, with the time in them', async () => {
    const { profiles, stderr } = await profiled(
      sandbox,
      ['node', splitsScript, 'addon', '0.5', addon],
      ['--crossings'],
    )
    const crossings = profiles[0]!.crossings!.filter(({ addonPath }) => addonPath === addon)
    expect(crossings.map(({ exportName }) => exportName).sort()).toEqual([
      'work_seventy',
      'work_ten',
      'work_twenty',
    ])
    for (const { exportName, callCount, totalNs, latencies } of crossings) {
      expect(callCount).toBeGreaterThan(0)
      expect(latencies!.reduce((sum, one) => sum + one.count, 0)).toBe(callCount)
      const summedNs = latencies!.reduce((sum, one) => sum + one.ns * one.count, 0)
      expect(summedNs / totalNs).toBeGreaterThan(0.93)
      expect(summedNs / totalNs).toBeLessThan(1.07)
      expect(totalNs).toBeGreaterThan(0)
      expect(stderr).toMatch(
        new RegExp(`${exportName} splits.node +${callCount.toLocaleString('en')} `),
      )
    }
  })

  it('a worker’s time is on a thread of its own', async () => {
    const { stdout, profiles } = await profiled(sandbox, ['node', splitsScript, 'worker', seconds])
    expectShares(profiles[0]!, lastLine(stdout))
    expect(mainRoles(profiles[0]!)).toContain('worker')
  })

  it('the pool’s threads are sampled, to their roots, in assembly too', async () => {
    const { profiles } = await profiled(sandbox, ['node', splitsScript, 'pool', seconds])
    const [profile] = profiles
    const poolNs = onCore(profile!)
      .filter(({ thread }) => profile!.threads[thread]!.role === 'pool')
      .reduce((sum, { ns }) => sum + ns, 0)
    expect(nsThrough(profile!, 'PKCS5_PBKDF2_HMAC') / poolNs).toBeGreaterThan(0.9)
    expect(mainRoles(profile!)).toContain('pool')
    expect(profile!.losses.rootlessCount / sampleCount(profile!)).toBeLessThan(0.01)
  })
})

describe('beside other profilers', () => {
  const names = ['workSeventy', 'workTwenty', 'workTen']
  const through = (profile: CpuProfile) =>
    Object.fromEntries(names.map((name) => [name, nsThrough(profile, name)]))

  it('agrees with V8’s own profiler (--cpu-prof, which uses SIGPROF) in the same run', async () => {
    const folder = sandbox.path('cpu-prof')
    const { profiles } = await profiled(sandbox, [
      'node',
      '--cpu-prof',
      `--cpu-prof-dir=${folder}`,
      splitsScript,
      'optimised',
      seconds,
    ])
    const [file] = readdirSync(folder)
    const theirs = readProfileFile(join(folder, file!))
    expectShares(profiles[0]!, through(theirs), sampleCount(theirs))
  })

  it('agrees with perf, where the kernel lets perf run', async (context) => {
    const program = buildSplits(sandbox.folder)
    const data = sandbox.path('perf.data')
    try {
      execFileSync(
        'perf',
        ['record', '-q', '-F', '999', '-g', '-o', data, program, 'plain', seconds],
        {
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      )
    } catch (error) {
      context.skip(`perf is not available here: ${String((error as Error).message).slice(0, 300)}`)
    }
    const text = sandbox.write(
      'perf.txt',
      execFileSync('perf', ['script', '-i', data], {
        maxBuffer: 1 << 28,
        stdio: ['ignore', 'pipe', 'ignore'],
      }).toString(),
    )
    const theirs = readProfileFile(text)
    const { profiles } = await profiled(sandbox, [program, 'plain', seconds])
    const workNames = ['work_seventy', 'work_twenty', 'work_ten']
    expectShares(
      profiles[0]!,
      Object.fromEntries(workNames.map((name) => [name, nsThrough(theirs, name)])),
      sampleCount(theirs),
    )
  })
})

describe('from inside the program', () => {
  const control = join(import.meta.dirname, '../../dist/index.js')
  const script = `import { profile } from '${control}'
function before(ms) { const end = Date.now() + ms; let x = 0; while (Date.now() < end) x += Math.sqrt(x + 1); return x }
function inside(ms) { const end = Date.now() + ms; let x = 0; while (Date.now() < end) x += Math.sqrt(x + 1); return x }
function after(ms) { const end = Date.now() + ms; let x = 0; while (Date.now() < end) x += Math.sqrt(x + 1); return x }
before(600)
profile.start()
console.log(profile.range('part', () => (inside(600), 'given back')))
await profile.range('part', async () => inside(100))
profile.range('other', () => after(300))
profile.stop()
before(600)
`

  it('only what runs between start() and stop() is sampled, and a range shows its own part', async () => {
    const path = sandbox.write('ranges.mjs', script)
    const run = await profiled(sandbox, ['node', path], ['--paused', '--range', 'part'])
    expect(run.stdout).toBe('given back\n')
    const [profile] = run.profiles
    expect(nsThrough(profile!, 'before')).toBe(0)
    expect(nsThrough(profile!, 'inside')).toBeGreaterThan(nsThrough(profile!, 'after'))
    expect(nsThrough(profile!, 'after')).toBeGreaterThan(0)
    // What was printed is of the range alone.
    expect(run.stderr).toContain('inside')
    expect(run.stderr).not.toContain('after')
  })

  it('without the sampler the same program runs, and nothing else', () => {
    const path = sandbox.write('plain.mjs', script)
    expect(execFileSync(process.execPath, [path]).toString()).toBe('given back\n')
  })
})

describe('the wall clock', () => {
  it('says what threads wait for, without waking them', async () => {
    const path = sandbox.write(
      'waits.mjs',
      `import { setTimeout as sleep } from 'node:timers/promises'
let woken = 0
for (let i = 0; i < 8; i++) { await sleep(100); woken++ }
console.log(woken)`,
    )
    const { profiles } = await profiled(sandbox, ['node', path], ['--wall'])
    const [profile] = profiles
    const idle = profile!.costs
      .filter(({ state, thread }) => state === 'idle' && profile!.threads[thread]!.role === 'main')
      .sort((a, b) => b.ns - a.ns)
    const stack = stackOf(profile!, idle[0]!.treeIndex)
    expect(stack[0]).toBe('_start')
    expect(stack).toContain('uv__io_poll')
    expect(stack.at(-1)).toMatch(/^epoll_p?wait/)
    expect(idle[0]!.ns).toBeGreaterThan(0.5e9)
    // On and off the core together are the elapsed time.
    const main = profile!.threads.findIndex(({ role }) => role === 'main')
    const all = profile!.costs
      .filter(({ thread }) => thread === main)
      .reduce((sum, { ns }) => sum + ns, 0)
    expect(all / profile!.threads[main]!.wallNs).toBeGreaterThan(0.9)
    expect(all / profile!.threads[main]!.wallNs).toBeLessThan(1.1)
  })
})
