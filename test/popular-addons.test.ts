import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packagesFrom, trackWorkload } from './real-packages.js'

const folder = resolve(import.meta.dirname, '../examples/addons')
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}
const workloads = readdirSync(folder).filter((name) => name.endsWith('.seam.ts'))

const packages = () =>
  packagesFrom(
    'popular-addons',
    { ...manifest.dependencies, ...manifest.devDependencies },
    {
      folder: 'node_modules/better-sqlite3',
      command: ['npx', 'node-gyp', 'rebuild', '--release'],
      product: 'build/Release/better_sqlite3.node',
    },
  )

describe('normal use of a popular addon gives no finding', () => {
  for (const workload of workloads)
    it(`${workload}: no leak, nothing inconclusive`, async () => {
      const { exitCode, report, output } = await trackWorkload(
        await packages(),
        join(folder, workload),
      )
      expect(report.leaks, output).toEqual([])
      expect(report.checks.filter(({ status }) => status !== 'pass')).toEqual([])
      expect(exitCode).toBe(0)
    }, 600_000)
})
