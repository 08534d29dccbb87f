import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { runSeamproof } from '../cli/run-seamproof.js'
import { installPackages } from './install-package.js'
import { type LeakyPackage, leakyPackages } from './leaky-packages.js'

interface Leak {
  status: string
  moduleName: string
  stack: { moduleName?: string }[]
  blocksPerOperation: { value: number }
  bytesPerOperation: { value: number }
  callSites: { stack: { file?: string; line?: number }[] }[]
}

const installed = ({ name }: LeakyPackage, version: string) =>
  installPackages(`${name.replace(/\W+/g, '-')}-${version}`, { [name]: version })

async function trackSide(one: LeakyPackage, version: string) {
  const folder = installed(one, version)
  writeFileSync(join(folder, 'case.seam.ts'), one.workload)
  const track = await runSeamproof(folder, ['track', 'case.seam.ts', '-o', 'capture', '--force'])
  const { stdout } = await runSeamproof(folder, ['leaks', 'capture', '--json'])
  const { leaks } = JSON.parse(stdout) as { leaks: Leak[] }
  return { track, leaks: leaks.filter(({ status }) => status === 'fail') }
}

describe.each(leakyPackages.map((one) => ({ title: one.name, one })))('$title', ({ one }) => {
  beforeAll(() => {
    installed(one, one.leaky)
    installed(one, one.fixed)
  })

  test(`${one.leaky} leaks at the rate of its defect, from the line of the workload through its module`, async () => {
    const { track, leaks } = await trackSide(one, one.leaky)
    expect(track.status, track.stderr).toBe(1)
    const leak = leaks.find(
      ({ blocksPerOperation, bytesPerOperation }) =>
        Math.abs(blocksPerOperation.value - one.blocksPerOperation) <
          0.02 * one.blocksPerOperation &&
        Math.abs(bytesPerOperation.value / blocksPerOperation.value - one.bytesPerBlock) <
          0.02 * one.bytesPerBlock,
    )
    expect(leak, JSON.stringify(leaks.map(ratesOf))).toBeDefined()
    expect(leak!.moduleName).toMatch(one.moduleName)
    const lines = leak!.callSites.flatMap(({ stack }) =>
      stack.filter(({ file }) => file?.endsWith('case.seam.ts')).map(({ line }) => line),
    )
    expect(lines).toContain(one.line)
  })

  test(`${one.fixed} does not`, async () => {
    const { track, leaks } = await trackSide(one, one.fixed)
    expect(leaks.map(ratesOf)).toEqual([])
    expect(track.status, track.stdout).toBe(0)
  })
})

const ratesOf = ({ moduleName, blocksPerOperation, bytesPerOperation }: Leak) => ({
  moduleName,
  blocks: blocksPerOperation.value,
  bytes: bytesPerOperation.value,
})
