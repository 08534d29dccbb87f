// Pictures of flame graphs for the docs: real addons, as installed for the examples or by the tests.
//   node scripts/profile-pictures.mjs      writes docs/images/profile-sharp.png and profile-diff.png
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'

const root = join(fileURLToPath(import.meta.url), '../..')
// Relative, since the pictures show the command.
const addons = ['examples/addons', '.cache/packages/popular-addons'].find((folder) =>
  existsSync(join(root, folder, 'node_modules/sharp')),
)
if (addons === undefined)
  throw new Error('sharp is not installed: npm install --prefix examples/addons')
const scratch = mkdtempSync(join(tmpdir(), 'seamproof-pictures-'))
const env = { ...process.env }
delete env.NODE_EXTRA_CA_CERTS
const seamproof = (...args) =>
  execFileSync(process.execPath, [join(root, 'packages/seamproof/bin/seamproof.js'), ...args], {
    cwd: root,
    env,
    stdio: 'ignore',
  })
const program = (count) => ['node', 'bench/subjects/sharp.mjs', addons, count]
const inScratch = (name) => join(scratch, name)

seamproof('profile', '-o', inScratch('sharp'), '--', ...program('600'))
seamproof('flamegraph', inScratch('sharp'), '-o', inScratch('sharp.html'))
seamproof('profile', '-o', inScratch('more'), '--', ...program('1200'))
seamproof('diff', inScratch('sharp'), inScratch('more'), '--html', inScratch('diff.html'))

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
for (const [page, picture] of [
  ['sharp.html', 'profile-sharp.png'],
  ['diff.html', 'profile-diff.png'],
]) {
  const tab = await browser.newPage({ viewport: { width: 1200, height: 720 } })
  await tab.goto(pathToFileURL(inScratch(page)).href)
  await tab.getByRole('application').waitFor()
  await tab.waitForTimeout(500)
  const path = join(root, 'docs/images', picture)
  await tab.screenshot({ path })
  process.stdout.write(`${picture}: ${(statSync(path).size / 1024).toFixed(0)} KiB\n`)
}
await browser.close()
rmSync(scratch, { recursive: true, force: true })
