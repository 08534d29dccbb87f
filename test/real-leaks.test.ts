import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packagesFrom, trackWorkload } from './real-packages.js'

interface Case {
  workload: string
  leaky: Record<string, string>
  fixed: Record<string, string>
  leak: {
    blocksPerOperation: number
    bytesPerOperation?: number
    module: string
    function?: string
    /** Text of the workload's line that makes the leaking call; absent when a pool thread allocates. */
    call?: string
  }
}

const folder = resolve(import.meta.dirname, '../examples/leaks')
const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as Case[]

async function track(example: Case, side: 'leaky' | 'fixed') {
  const name = `${example.workload.replace('.seam.ts', '')}-${side}`
  const packages = await packagesFrom(name, example[side])
  return trackWorkload(packages, join(folder, example.workload), {
    env: { SEAMPROOF_EXAMPLE_SIDE: side },
  })
}

describe('a published package that leaks is found out, and its mended version is not accused', () => {
  for (const example of cases) {
    it(`${example.workload} on ${JSON.stringify(example.leaky)} leaks at its known rate`, async () => {
      const { exitCode, report, output } = await track(example, 'leaky')
      const found = report.leaks.filter(({ status }) => status === 'fail')
      const { leak } = example
      const match = found.find(
        (one) =>
          Math.abs(one.blocksPerOperation.value - leak.blocksPerOperation) <
            0.01 * leak.blocksPerOperation &&
          (leak.bytesPerOperation === undefined ||
            Math.abs(one.bytesPerOperation.value - leak.bytesPerOperation) <
              0.01 * leak.bytesPerOperation),
      )
      expect(match, output).toBeDefined()
      expect(exitCode).toBe(1)
      expect(match!.stack.some(({ moduleName }) => moduleName?.includes(leak.module))).toBe(true)
      if (leak.function)
        expect(match!.stack.map((frame) => frame.functionName)).toContain(leak.function)
      if (leak.call) {
        const source = readFileSync(join(folder, example.workload), 'utf8').split('\n')
        const line = source.findIndex((text) => text.includes(leak.call!)) + 1
        const lines = match!.callSites.flatMap(({ stack }) =>
          stack.filter(({ file }) => file?.endsWith(example.workload)).map((frame) => frame.line),
        )
        expect(line).toBeGreaterThan(0)
        expect(lines).toContain(line)
      }
    })

    it(`${example.workload} on ${JSON.stringify(example.fixed)} has no finding`, async () => {
      const { exitCode, report, output } = await track(example, 'fixed')
      expect(
        report.leaks.filter(({ status }) => status === 'fail'),
        output,
      ).toEqual([])
      expect(report.checks.filter(({ status }) => status !== 'pass')).toEqual([])
      expect(exitCode).toBe(0)
    })
  }
})
