import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runSeamproof } from '../cli/run-seamproof.js'
import { installPackages } from './install-package.js'

/** A program without rounds or marks. It keeps to 20 calls per millisecond, so that a busy machine does not change its rate. */
const app = `import { crc32c } from '@node-rs/crc32'

const bytes = Buffer.alloc(1000)
const began = Date.now()
let done = 0
const timer = setInterval(() => {
  for (const wanted = (Date.now() - began) * 20; done < wanted; done++) crc32c(bytes)
  if (Date.now() - began > 4000) clearInterval(timer)
}, 5)
`

async function trackApp(version: string) {
  const folder = installPackages(`node-rs-crc32-${version}`, { '@node-rs/crc32': version })
  writeFileSync(join(folder, 'app.mjs'), app)
  const options = ['--mode', 'aggregate', '-o', 'aggregate', '--force']
  const track = await runSeamproof(folder, ['track', ...options, '--', 'node', 'app.mjs'])
  expect(track.status, track.stderr).toBe(0)
  const { stdout } = await runSeamproof(folder, ['leaks', 'aggregate', '--json'])
  return JSON.parse(stdout) as {
    checks: { check: string; status: string; reason?: string }[]
    leaks: { status: string; moduleName: string; reason: string; partOf?: string }[]
  }
}

test('a leak of a program without rounds is found in aggregate mode', async () => {
  const { checks, leaks } = await trackApp('1.5.1')
  expect(checks[0]).toMatchObject({ check: 'leaks', status: 'fail' })
  expect(leaks[0]!.moduleName).toMatch(/^crc32\..*\.node$/)
  expect(leaks[0]!.reason).toMatch(/weaker evidence/)
})

test('the release that fixed it is silent', async () => {
  const { checks, leaks } = await trackApp('1.10.8')
  expect(leaks).toEqual([])
  expect(checks[0], checks[0]!.reason).toMatchObject({ check: 'leaks', status: 'pass' })
})
