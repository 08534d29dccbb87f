import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import type { CpuCost, CpuProfile } from '../../src/contract/cpu-profile.js'
import { readCpuProfile } from '../../src/pipeline.js'
import type { Sandbox } from '../cli/run-seamproof.js'

const subjects = join(import.meta.dirname, 'subjects')
export const splitsScript = join(subjects, 'splits.mjs')

export interface ProfiledRun {
  stdout: string
  stderr: string
  status: number | null
  /** The process that used most CPU time first. */
  profiles: CpuProfile[]
}

let runs = 0

/** Runs `seamproof profile … -- command` and reads what it left. */
export async function profiled(
  sandbox: Sandbox,
  command: readonly string[],
  options: readonly string[] = [],
): Promise<ProfiledRun> {
  const folder = `profile-${runs++}.seamproof`
  const { stdout, stderr, status } = await sandbox.run([
    'profile',
    '-o',
    folder,
    ...options,
    '--',
    ...command,
  ])
  const profiles = await readCpuProfile(sandbox.path(folder)).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${stderr}`)
  })
  profiles.sort((a, b) => onCoreNs(b) - onCoreNs(a))
  return { stdout, stderr, status, profiles }
}

export function buildSplits(folder: string): string {
  const program = join(folder, 'splits')
  const flags = ['-std=c++17', '-g', '-O1', '-Wall', '-Wextra', '-Werror']
  execFileSync('g++', [...flags, '-o', program, join(subjects, 'splits.cc'), '-ldl', '-lpthread'])
  return program
}

export function buildSplitsAddon(folder: string): string {
  const headers = dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json'))
  const addon = join(folder, 'splits.node')
  const flags = [
    '-O2',
    '-g',
    '-fPIC',
    '-shared',
    '-Wall',
    '-Werror',
    '-I',
    join(headers, 'include'),
  ]
  execFileSync('gcc', [...flags, '-o', addon, join(subjects, 'splits-addon.c')])
  return addon
}

export const isOnCore = ({ state }: CpuCost): boolean => state !== 'idle' && state !== 'runnable'
export const onCore = ({ costs }: CpuProfile): CpuCost[] => costs.filter(isOnCore)
export const onCoreNs = (profile: CpuProfile): number =>
  onCore(profile).reduce((sum, { ns }) => sum + ns, 0)
export const sampleCount = (profile: CpuProfile): number =>
  onCore(profile).reduce((sum, cost) => sum + cost.sampleCount, 0)

/** Names of a stack's frames from the root inwards, without parameter lists. */
export function stackOf({ tree, frames }: CpuProfile, treeIndex: number): string[] {
  const names: string[] = []
  for (let at = treeIndex; at > 0; at = tree.parentIndex[at]!)
    names.unshift(frames[tree.frameIndex[at]!]!.functionName.split('(')[0]!)
  return names
}

/** Time of the stacks that go through a function. */
export function nsThrough(profile: CpuProfile, name: string): number {
  return onCore(profile)
    .filter(({ treeIndex }) => stackOf(profile, treeIndex).includes(name))
    .reduce((sum, { ns }) => sum + ns, 0)
}

/** Standard deviations that a share may be off before a test fails: by chance once in 1.7 million times. */
const deviations = 5

/**
 * The shares of the functions are those that the subject measured itself, within the interval of as many samples. Samples
 * weigh differently, so as many as equal ones would say as much.
 */
export function expectShares(
  profile: CpuProfile,
  measured: Record<string, number>,
  /** How many samples `measured` itself is from, when it was not measured exactly. */
  measuredCount = Number.POSITIVE_INFINITY,
): void {
  const measuredSum = Object.values(measured).reduce((sum, value) => sum + value, 0)
  const seen = Object.fromEntries(
    Object.keys(measured).map((name) => [name, nsThrough(profile, name)]),
  )
  const seenSum = Object.values(seen).reduce((sum, ns) => sum + ns, 0)
  const count = effectiveCount(profile)
  expect(count).toBeGreaterThan(100)
  for (const [name, value] of Object.entries(measured)) {
    const wanted = value / measuredSum
    const got = seen[name]! / seenSum
    const half = deviations * Math.sqrt(wanted * (1 - wanted) * (1 / count + 1 / measuredCount))
    expect(
      Math.abs(got - wanted),
      `${name}: ${got.toFixed(3)} of the samples, ${wanted.toFixed(3)} measured, n = ${count.toFixed(0)}`,
    ).toBeLessThan(half)
  }
}

function effectiveCount(profile: CpuProfile): number {
  const { timeline } = profile
  const weights = timeline!.timeNs.map((timeNs, index) => ({ timeNs, index }))
  // Of a cost's samples each weighs about the same; their sum is exact.
  let sum = 0
  let squares = 0
  for (const { index } of weights) {
    const cost = profile.costs[timeline!.costIndex[index]!]!
    if (!isOnCore(cost)) continue
    const weight = cost.ns / cost.sampleCount
    sum += weight
    squares += weight * weight
  }
  return squares === 0 ? 0 : sum ** 2 / squares
}
