import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { popularFolder, popularPackages } from './popular-packages.js'
import { trackWorkload } from './real-packages.js'

const workloads = readdirSync(popularFolder).filter((name) => name.endsWith('.seam.ts'))
let packages: string

beforeAll(async () => {
  packages = await popularPackages()
}, 1_200_000)

describe('normal use of a popular addon gives no finding', () => {
  for (const workload of workloads)
    it(`${workload}: no leak, nothing inconclusive`, async () => {
      const { exitCode, report, output } = await trackWorkload(
        packages,
        join(popularFolder, workload),
      )
      expect(report.leaks, output).toEqual([])
      expect(report.checks.filter(({ status }) => status !== 'pass')).toEqual([])
      expect(exitCode).toBe(0)
    }, 600_000)
})
