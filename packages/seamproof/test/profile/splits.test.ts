import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CpuProfile } from '../../src/contract/cpu-profile.js'
import { Sandbox } from '../cli/run-seamproof.js'
import {
  buildSplits,
  expectShares,
  nsThrough,
  onCore,
  onCoreNs,
  profiled,
  sampleCount,
  stackOf,
} from './profiled-run.js'

const sandbox = new Sandbox()
let program: string

beforeAll(() => {
  program = buildSplits(sandbox.folder)
})
afterAll(() => sandbox.remove())

const seconds = '1.5'
const measuredBy = (stdout: string): Record<string, number> =>
  JSON.parse(stdout.trim().split('\n').at(-1)!)

/** At least this share of the stacks begins at a thread's first function. */
function expectRoots(profile: CpuProfile): void {
  expect(profile.losses.rootlessCount / sampleCount(profile)).toBeLessThan(0.01)
  const rooted = onCore(profile)
    .filter(({ treeIndex }) =>
      /^(?:_start|clone3?|__clone|_dl_start)$/.test(stackOf(profile, treeIndex)[0] ?? ''),
    )
    .reduce((sum, { ns }) => sum + ns, 0)
  expect(rooted / onCoreNs(profile)).toBeGreaterThan(0.99)
}

/** The samples' weights add up to what the threads' CPU clocks say. */
function expectWholeTime(profile: CpuProfile): void {
  const clock = profile.threads.reduce((sum, { cpuNs }) => sum + cpuNs, 0)
  expect(onCoreNs(profile) / clock).toBeGreaterThan(0.97)
  expect(onCoreNs(profile) / clock).toBeLessThan(1.03)
  expect(profile.losses.droppedCount).toBe(0)
}

describe('the shares of native functions are those that the program measured itself', () => {
  it.each([
    ['plain', 'C functions at 70, 20 and 10 %'],
    ['exceptions', 'C++ that throws and catches'],
    ['shapes', 'tail calls, inlined functions, 3000 frames of recursion'],
    ['system', 'libm through the PLT, the vdso, the kernel, malloc, dlopen and dlclose'],
    ['threads', 'three threads'],
  ])('%s: %s', async (kind) => {
    const { stdout, profiles } = await profiled(sandbox, [program, kind, seconds])
    expect(profiles).toHaveLength(1)
    expectShares(profiles[0]!, measuredBy(stdout))
    expectRoots(profiles[0]!)
    expectWholeTime(profiles[0]!)
  })

  it('stacks: a fiber and a handler on its own stack are seen too', async () => {
    const { stdout, profiles } = await profiled(sandbox, [program, 'stacks', seconds])
    expectShares(profiles[0]!, measuredBy(stdout))
    expectWholeTime(profiles[0]!)
    // What a handler interrupted goes on under it; a fiber's stack has no caller.
    const handler = onCore(profiles[0]!).find(({ treeIndex }) =>
      stackOf(profiles[0]!, treeIndex).includes('work_in_handler'),
    )!
    expect(stackOf(profiles[0]!, handler.treeIndex)).toEqual(
      expect.arrayContaining([
        '_start',
        'main',
        '__restore_rt',
        'on_user_signal',
        'work_in_handler',
      ]),
    )
  })

  it('fork: the child is sampled into a profile of its own', async () => {
    const { stdout, profiles } = await profiled(sandbox, [program, 'fork', seconds])
    expect(profiles).toHaveLength(2)
    const measured = measuredBy(stdout)
    for (const profile of profiles) {
      expect(profile.threads.every(({ cpuNs }) => cpuNs > 0)).toBe(true)
      expectShares(profile, measured)
    }
  })
})

describe('the subject’s own use of signals goes on', () => {
  it('a subject that samples itself with SIGPROF gets its signals, and is sampled', async () => {
    const { stdout, profiles } = await profiled(sandbox, [program, 'prof', seconds])
    const { fired, ...measured } = measuredBy(stdout)
    expect(fired).toBeGreaterThan(10)
    expectShares(profiles[0]!, measured)
    expectWholeTime(profiles[0]!)
  })

  it('a thread that blocks every signal is sampled all the same', async () => {
    const { stdout, profiles } = await profiled(sandbox, [program, 'blocked', seconds])
    expectShares(profiles[0]!, measuredBy(stdout))
    expectWholeTime(profiles[0]!)
  })
})

it('a stack deeper than the limit keeps both ends, and is counted', async () => {
  const { profiles } = await profiled(sandbox, [program, 'shapes', seconds], ['--depth', '128'])
  const [profile] = profiles
  expect(profile!.losses.truncatedCount).toBeGreaterThan(0)
  const deep = onCore(profile!).find(
    ({ treeIndex }) =>
      stackOf(profile!, treeIndex).includes('(frames left out)') ||
      stackOf(profile!, treeIndex).length > 100,
  )!
  const names = stackOf(profile!, deep.treeIndex)
  expect(names[0]).toBe('_start')
  expect(names.at(-1)).toBe('work_deep')
  expect(names.length).toBeLessThan(140)
})

it('a rate that is asked for is the rate of the samples, as far as the kernel’s tick lets it', async () => {
  const { profiles } = await profiled(sandbox, [program, 'plain', '1'], ['--rate', '50'])
  const count = sampleCount(profiles[0]!)
  expect(count).toBeGreaterThan(40)
  expect(count).toBeLessThan(60)
  expect(nsThrough(profiles[0]!, 'main')).toBeGreaterThan(0.9e9)
})
