// Exports in a viewer that is not ours: speedscope, as it is published, in a real browser. It reads four of the formats.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportCpuCollapsed } from '../../src/report/export/export-cpu-collapsed.js'
import { exportCpuPprof } from '../../src/report/export/export-cpu-pprof.js'
import { exportCpuSpeedscope } from '../../src/report/export/export-cpu-speedscope.js'
import { exportCpuprofile } from '../../src/report/export/export-cpuprofile.js'
import { browserPath } from './chromium.js'
import { thumbProfile } from './synthetic-profile.js'

const folder = mkdtempSync(join(tmpdir(), 'seamproof-viewers-'))
const viewer = join(
  dirname(createRequire(import.meta.url).resolve('speedscope/package.json')),
  'dist/release/index.html',
)
let browser: Browser
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: browserPath(),
    // It draws with WebGL, which needs no graphics card this way.
    args: [
      '--no-sandbox',
      '--use-gl=angle',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
    ],
  })
}, 120_000)
afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Total of a function as the viewer's table says it, after the user has chosen the file and the table. */
async function totalsIn(page: Page, fileName: string, content: string | Uint8Array) {
  const file = join(folder, fileName)
  writeFileSync(file, content)
  await page.goto(pathToFileURL(viewer).href)
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByText('Browse', { exact: true }).click(),
  ])
  await chooser.setFiles(file)
  await page.getByText('Sandwich').click()
  const rows = page.locator('table tr')
  await rows.nth(3).waitFor()
  const cells = await rows.evaluateAll((all) =>
    all.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')),
  )
  return new Map(cells.filter(({ length }) => length === 3).map(([total, , name]) => [name, total]))
}

const profile = thumbProfile()
const ofFrame = (name: string, hasWaiting: boolean): number => {
  const index = profile.frames.findIndex(({ functionName }) => functionName === name)
  const main = profile.threads.findIndex(({ role }) => role === 'main')
  return profile.costs
    .filter(({ thread }) => thread === main)
    .filter(({ state }) => hasWaiting || (state !== 'idle' && state !== 'runnable'))
    .filter(({ treeIndex }) => {
      for (let at = treeIndex; at > 0; at = profile.tree.parentIndex[at]!)
        if (profile.tree.frameIndex[at] === index) return true
      return false
    })
    .reduce((sum, { ns }) => sum + ns, 0)
}

const formats: [string, () => string | Uint8Array | Promise<Uint8Array>, RegExp][] = [
  ['thumb.speedscope.json', () => exportCpuSpeedscope(profile, 'seamproof'), /^([\d.]+)(m?s)/],
  ['thumb.pb.gz', () => exportCpuPprof(profile), /^([\d.]+)(m?s)/],
  ['thumb.cpuprofile', () => exportCpuprofile(profile), /^([\d.]+)(m?s)/],
  // Counts, of microseconds.
  ['thumb.collapsed.txt', () => exportCpuCollapsed(profile), /^([\d,.]+)()/],
]

describe.each(formats)('%s', (fileName, made, number) => {
  test('is opened by speedscope, with the functions and their time', async () => {
    const page = await browser.newPage()
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('dialog', async (dialog) => {
      faults.push(dialog.message())
      await dialog.dismiss()
    })
    const totals = await totalsIn(page, fileName, await made())
    const found = [...totals].find(([name]) => name?.startsWith('makeThumb'))
    const [, digits, unit] = number.exec(found?.[1] ?? '') ?? []
    const shown = Number(digits?.replaceAll(',', ''))
    const shownMs = unit === 's' ? shown * 1000 : unit === 'ms' ? shown : shown / 1000
    expect(shownMs).toBeCloseTo(ofFrame('makeThumb', fileName.includes('speedscope')) / 1e6, -1)
    expect([...totals.keys()].some((name) => name?.startsWith('Encode'))).toBe(true)
    expect(faults).toEqual([])
    await page.close()
  }, 120_000)
})
