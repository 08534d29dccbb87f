// The page of a CPU profile as a user has it: a file, opened in a real browser.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderCpuFlamegraphHtml } from '../../src/report/flamegraph/build-cpu-document.js'
import { launchChromium, openReport } from './chromium.js'
import { thumbProfile } from './synthetic-profile.js'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

const generator = 'seamproof test'
const html = renderCpuFlamegraphHtml([thumbProfile()], { generator })

async function withPage(
  report: string,
  act: (page: Page) => Promise<void>,
  hash?: string,
): Promise<void> {
  const opened = await openReport(browser, report, hash === undefined ? {} : { hash })
  try {
    await act(opened.page)
    expect(opened.faults).toEqual([])
    expect(opened.requests).toEqual([])
  } finally {
    await opened.close()
  }
}

const graph = (page: Page) => page.getByRole('application')
const graphLabel = (page: Page) => graph(page).getAttribute('aria-label')
const strip = (page: Page) => page.getByRole('slider')
const spoken = (page: Page) => page.locator('[aria-live=polite]').textContent()

/** Searches, and says what the first match is spoken as. */
async function found(page: Page, text: string): Promise<string | null> {
  await page.getByRole('searchbox').fill(text)
  await expect
    .poll(() => new URLSearchParams(new URL(page.url()).hash.slice(1)).get('search'))
    .toBe(text)
  await page.getByRole('searchbox').press('Enter')
  return spoken(page)
}

describe('the page of a CPU profile', () => {
  test('names its totals, and opens on the time that was used', async () => {
    await withPage(html, async (page) => {
      const text = await page.locator('#page').textContent()
      for (const part of [
        'node server.ts (pid 4242)',
        '1.70 s in 1,700 samples',
        'every 1.00 ms (of elapsed time)',
        '3 samples dropped',
        '2026-11-23 08:30:00 UTC',
      ])
        expect(text).toContain(part)
      expect(await graphLabel(page)).toMatch(/^Flame graph, On CPU: 1\.70 s in \d+ boxes$/)
    })
  })

  test('tells JavaScript, native code, builtins, collections, the kernel and waiting apart in its legend', async () => {
    await withPage(
      html,
      async (page) => {
        const legend = await page.locator('.legend-items').textContent()
        for (const label of [
          'Your JavaScript',
          'Native addon (subject)',
          'V8 builtin',
          'Node and V8 runtime',
          'libc and system',
          'Garbage collection',
          'Kernel',
          'Waiting for a core',
          'Waiting',
        ])
          expect(legend).toContain(label)
        expect(await graphLabel(page)).toMatch(/^Flame graph, Both: 2\.00 s/)
      },
      '#metric=wall',
    )
  })

  test('puts a collection under the function that was interrupted, and the kernel under the call', async () => {
    await withPage(html, async (page) => {
      expect(await found(page, '(garbage collection)')).toMatch(/: 120 ms, 7\.1 %, depth 4$/)
      await page.keyboard.press('ArrowUp')
      expect(await spoken(page)).toMatch(/^makeThumb, /)
      expect(await found(page, '(kernel)')).toMatch(/: 40\.0 ms, 2\.4 %, depth 5$/)
    })
  })

  test('says on hover how many samples, and how sure the share is', async () => {
    await withPage(html, async (page) => {
      await found(page, 'parseHeader')
      const text = await page.getByRole('tooltip').textContent()
      for (const part of ['800 ms', '800 samples', '47.1 % (44.7–49.4 %) at 95 %', 'thumb.ts:12:7'])
        expect(text).toContain(part)
    })
  })

  test('shows one thread', async () => {
    await withPage(html, async (page) => {
      await page
        .getByLabel('Thread', { exact: true })
        .selectOption({ label: 'libuv-worker, pool (4250): 100 samples' })
      expect(await graphLabel(page)).toMatch(/^Flame graph, On CPU: 100 ms in 3 boxes$/)
      expect(new URL(page.url()).hash).toContain('thread=1')
    })
  })

  test('shows the part of the time that is dragged over, and all of it again', async () => {
    await withPage(html, async (page) => {
      const box = (await strip(page).boundingBox())!
      const y = box.y + box.height / 2
      await page.mouse.move(box.x + 1, y)
      await page.mouse.down()
      await page.mouse.move(box.x + box.width * 0.25, y, { steps: 4 })
      await page.mouse.up()
      expect(await graphLabel(page)).toMatch(/^Flame graph, On CPU: (49\d|50\d) ms/)
      expect(await strip(page).getAttribute('aria-valuetext')).toMatch(
        /^1\.\d\d ms to 50\d ms of 2\.00 s$/,
      )
      expect(await found(page, 'parseHeader')).toMatch(/100 %, depth/)
      await page.getByRole('button', { name: 'Whole run' }).click()
      expect(await graphLabel(page)).toMatch(/1\.70 s/)
    })
  })

  test('has its time range moved and resized by keys, and in the link', async () => {
    await withPage(html, async (page) => {
      await strip(page).focus()
      await page.keyboard.press('ArrowRight')
      const first = new URL(page.url()).hash
      expect(first).toMatch(/time=0-\d+/)
      await page.keyboard.press('ArrowRight')
      expect(new URL(page.url()).hash).not.toBe(first)
      await page.keyboard.press('Shift+ArrowRight')
      const label = await graphLabel(page)
      await page.goto('about:blank')
      await page.goBack()
      expect(await graphLabel(page)).toBe(label)
      await strip(page).focus()
      await page.keyboard.press('Escape')
      expect(new URL(page.url()).hash).not.toContain('time=')
    })
  })

  test('upside down, what ran stands first', async () => {
    await withPage(html, async (page) => {
      await page.getByRole('radio', { name: 'Callees first' }).click()
      expect(await found(page, 'quantise')).toMatch(/: 400 ms, 23\.5 %, depth 1$/)
    })
  })

  test('folds what every stack begins with into one box, and shows it when asked', async () => {
    await withPage(html, async (page) => {
      await graph(page).focus()
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('ArrowDown')
      expect(await spoken(page)).toMatch(/^⋯ before the program's own code, folded frames: 1\.70 s/)
      await page.getByRole('checkbox', { name: 'Before own code' }).uncheck()
      expect(await found(page, 'uv_run')).toMatch(/^uv_run, /)
    })
  })

  test('is a table too, by self and by total', async () => {
    await withPage(html, async (page) => {
      await page.getByRole('radio', { name: 'Table' }).click()
      const row = page.locator('tbody tr').first()
      expect(await row.textContent()).toMatch(/^800 ms47\.1 %800 ms47\.1 %parseHeader/)
    })
  })

  test('a link with nonsense in it opens the report all the same', async () => {
    await withPage(
      html,
      async (page) => expect(await graphLabel(page)).toMatch(/^Flame graph, On CPU/),
      '#thread=99&time=900000-2&unit=bytes&metric=leaked&resource=fd',
    )
  })

  test('without times there is no strip, and everything else', async () => {
    const { timeline: _, ...timeless } = thumbProfile()
    await withPage(renderCpuFlamegraphHtml([timeless], { generator }), async (page) => {
      expect(await strip(page).count()).toBe(0)
      expect(await graphLabel(page)).toMatch(/1\.70 s/)
    })
  })

  test('a profile without a sample says that there is nothing to show', async () => {
    const profile = thumbProfile()
    const empty = { ...profile, costs: [], timeline: { timeNs: [], costIndex: [] } }
    await withPage(renderCpuFlamegraphHtml([empty], { generator }), async (page) => {
      expect(await page.getByText('Nothing to show').isVisible()).toBe(true)
    })
  })
})
