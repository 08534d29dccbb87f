import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { packagesFrom, trackProgram } from './real-packages.js'

/** A program without rounds or marks. It keeps to 20 calls a millisecond, so that a busy machine does not change its rate. */
const app = `import { crc32c } from '@node-rs/crc32'

const bytes = Buffer.alloc(1000)
const began = Date.now()
let done = 0
const timer = setInterval(() => {
  for (const wanted = (Date.now() - began) * 20; done < wanted; done++) crc32c(bytes)
  if (Date.now() - began > 4000) clearInterval(timer)
}, 5)
`

async function trackApp(name: string, version: string) {
  const folder = await packagesFrom(name, { '@node-rs/crc32': version })
  writeFileSync(join(folder, 'app.mjs'), app)
  return trackProgram(folder, ['node', 'app.mjs'], ['--mode', 'aggregate'])
}

it('a leak of a program without rounds is found in aggregate mode', async () => {
  const { report, output } = await trackApp('crc32-leaky', '1.5.1')
  expect(report.checks[0], output).toMatchObject({ check: 'leaks', status: 'fail' })
  // V8's blocks of handles grow with the references, by the same call: one leak.
  const [leak, ...others] = report.leaks.filter(({ partOf }) => partOf === undefined)
  expect(others).toEqual([])
  expect(leak!.moduleName).toMatch(/^crc32\..*\.node$/)
  expect(leak!.reason).toMatch(/weaker evidence/)
})

it('the release that fixed it is silent', async () => {
  const { report, output } = await trackApp('crc32-fixed', '1.10.8')
  expect(report.leaks, output).toEqual([])
  expect(report.checks[0], output).toMatchObject({ check: 'leaks', status: 'pass' })
})
