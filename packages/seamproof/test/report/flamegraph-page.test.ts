// The page as a user has it: a file, opened in a real browser.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CaptureFacts } from '../../src/contract/facts.js'
import { renderFlamegraphHtml } from '../../src/report/flamegraph/render-flamegraph-html.js'
import { launchChromium, type OpenedPage, openReport } from './chromium.js'
import {
  cleanFacts,
  cleanVerdicts,
  hugeFacts,
  leakyFacts,
  leakyVerdicts,
} from './synthetic-facts.js'

const rowHeight = 22
let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

const facts = leakyFacts(300)
const html = renderFlamegraphHtml(facts, leakyVerdicts(facts))
type Options = Parameters<typeof openReport>[2]

/** Opens a report, does something, and checks that nothing went wrong meanwhile. */
async function withReport(
  report: string,
  act: (page: Page, opened: OpenedPage) => Promise<void>,
  options: Options = {},
): Promise<void> {
  const opened = await openReport(browser, report, options)
  try {
    await act(opened.page, opened)
    expect(opened.faults).toEqual([])
    expect(opened.requests).toEqual([])
  } finally {
    await opened.close()
  }
}

const graph = (page: Page) => page.getByRole('application')
const graphLabel = (page: Page) => graph(page).getAttribute('aria-label')
const hash = (page: Page) => new URLSearchParams(new URL(page.url()).hash.slice(1))

/** A point in the middle of row `row` of the graph, at a share of its width. */
const at = async (page: Page, row: number, share = 0.5) => {
  const box = (await graph(page).boundingBox())!
  return { position: { x: box.width * share, y: row * rowHeight + rowHeight / 2 } }
}

describe('the page', () => {
  test('is one file that asks the network for nothing and names its command, totals, verdicts and losses', async () => {
    await withReport(html, async (page) => {
      const text = await page.locator('#page').textContent()
      for (const part of [
        'node workloads/resize.seam.ts',
        'Live at end',
        '2 of 312 groups grow over 6 rounds',
        '64 B/op, 1.00 block/op',
        'makeThumb thumb.ts:12',
        'the capture has no rounds in which a child could be counted',
        '31 stacks cut at the depth limit',
        '2026-11-23 08:30:00 UTC',
      ])
        expect(text).toContain(part)
      expect(html).not.toMatch(/(src|href)=["']?(https?:)?\/\//)
    })
  })

  test('opens on what leaks, and on the peak when nothing does', async () => {
    await withReport(html, async (page) => {
      expect(await graphLabel(page)).toMatch(/^Flame graph, Leaked: 750 KiB/)
    })
    await withReport(renderFlamegraphHtml(cleanFacts(), cleanVerdicts), async (page) => {
      expect(await graphLabel(page)).toMatch(/^Flame graph, At peak: /)
      expect(await page.getByRole('radio', { name: 'Leaked' }).isDisabled()).toBe(true)
    })
  })

  test('follows the dark or light choice of the system, and that of the reader before it', async () => {
    const paper = (page: Page) =>
      page.evaluate('getComputedStyle(document.body).backgroundColor') as Promise<string>
    await withReport(
      html,
      async (page) => {
        expect(await paper(page)).toBe('rgb(18, 22, 29)')
        await page.getByRole('radio', { name: 'Light' }).click()
        expect(await paper(page)).toBe('rgb(255, 255, 255)')
      },
      { context: { colorScheme: 'dark' } },
    )
  })

  test('tells what is wrong when its data cannot be read, instead of staying blank', async () => {
    const damaged = html.replace('{"formatVersion":1', '{"formatVersion":9')
    await withReport(damaged, async (page) => {
      expect(await page.getByRole('alert').textContent()).toContain('format 9, this page reads 1')
    })
  })

  test('a process that allocated nothing is said to be empty', async () => {
    const empty = leakyFacts(1)
    empty.processes[0]!.costs = []
    empty.processes[0]!.groups = []
    await withReport(renderFlamegraphHtml(empty, cleanVerdicts), async (page) => {
      expect(await page.getByText('Nothing to show').isVisible()).toBe(true)
    })
  })

  test('has its code and nothing else allowed to run', async () => {
    const { page, faults, close } = await openReport(browser, html)
    await page.evaluate(`{
      const script = document.createElement('script')
      script.textContent = 'globalThis.ran = true'
      document.body.append(script)
    }`)
    expect(await page.evaluate('globalThis.ran')).toBeUndefined()
    expect(faults.join()).toContain('Content Security Policy')
    await close()
  })
})

describe('names from strangers', () => {
  const attacks = [
    '</script><script>globalThis.owned = 1</script>',
    '<img src=x onerror="globalThis.owned = 1">',
    '"><svg onload="globalThis.owned = 1">',
    '<!--<script>',
    '\u2028globalThis.owned = 1\u2029',
    ['$', '{globalThis.owned = 1}'].join(''),
  ]
  const attack = attacks.join(' ')

  function hostileFacts(): CaptureFacts {
    const hostile = leakyFacts(20)
    const process = hostile.processes[0]!
    for (const frame of process.frames) {
      frame.functionName = attack + frame.functionName
      if (frame.file !== undefined) frame.file += attack
      if (frame.moduleName !== undefined) frame.moduleName += attack
    }
    process.argv = [attack]
    process.startedAt = attack
    process.losses.notes = [attack]
    hostile.processes.push({ ...process, traceFile: 'other', pid: 1 })
    hostile.command = [attack]
    hostile.seamproofVersion = attack
    return hostile
  }

  test('stay text wherever they are shown: title, header, tooltip, breadcrumb, table, search', async () => {
    const hostile = hostileFacts()
    const verdicts = leakyVerdicts(hostile)
    for (const check of verdicts.checks) Object.assign(check, { check: attack, evidence: attack })
    for (const leak of verdicts.leaks) leak.reason = attack
    await withReport(renderFlamegraphHtml(hostile, verdicts), async (page) => {
      await graph(page).hover(await at(page, 3))
      expect(await page.getByRole('tooltip').textContent()).toContain('<img src=x')
      await graph(page).click(await at(page, 3))
      expect(await page.getByLabel('Zoomed to').textContent()).toContain('</script>')
      await page.getByRole('searchbox').fill('<svg onload')
      await page.getByRole('radio', { name: 'Table' }).click()
      expect(await page.locator('tbody').textContent()).toContain('<img src=x onerror=')
      expect(await page.evaluate('globalThis.owned')).toBeUndefined()
      expect(await page.locator('img, svg, [onerror], [onload]').count()).toBe(0)
      expect(await page.locator('script').count()).toBe(2)
      expect(await page.title()).toContain('<img src=x')
    })
  })
})

describe('looking around', () => {
  test('a click zooms in, the breadcrumb leads back, and so does the browser’s own button', async () => {
    await withReport(
      html,
      async (page) => {
        await graph(page).click(await at(page, 2, 0.1))
        const zoomed = hash(page).get('zoom')
        expect(Number(zoomed)).toBeGreaterThan(0)
        const name = await page.locator('[aria-current=location]').textContent()
        expect(name).not.toBe('all')
        await page.getByLabel('Zoomed to').getByRole('button', { name: 'all' }).click()
        expect(hash(page).get('zoom')).toBeNull()
        await page.goBack()
        expect(hash(page).get('zoom')).toBe(zoomed)
        await expect.poll(() => page.locator('[aria-current=location]').textContent()).toBe(name)
      },
      { hash: '#metric=live' },
    )
  })

  test('the tooltip tells function, place, module, bytes, blocks and share', async () => {
    await withReport(html, async (page) => {
      await graph(page).hover(await at(page, 5))
      const text = await page.getByRole('tooltip').textContent()
      for (const part of [
        'Thumb::Encode(Napi::CallbackInfo const&)',
        '/srv/thumbs/src/addon.cc:140',
        'thumb.node',
        '750 KiB',
        '12,000 blocks',
        '100 %',
        'Native addon',
      ])
        expect(text).toContain(part)
    })
  })

  test('everything works from the keyboard, and is spoken', async () => {
    await withReport(html, async (page) => {
      await graph(page).focus()
      const spoken = () => page.locator('[aria-live=polite]').textContent()
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('ArrowDown')
      expect(await spoken()).toMatch(/^⋯ Node and V8.*750 KiB, 100 %, depth 1$/)
      await page.keyboard.press('ArrowDown')
      expect(await spoken()).toMatch(/^run, \/srv\/thumbs\/workloads\/resize\.seam\.ts:18:7/)
      await page.keyboard.press('Enter')
      expect(hash(page).get('zoom')).toBe('2')
      await page.keyboard.press('Backspace')
      expect(hash(page).get('zoom')).toBe('1')
      await page.keyboard.press('Escape')
      expect(hash(page).get('zoom')).toBeNull()
      await page.keyboard.press('/')
      expect(await page.evaluate('document.activeElement.type')).toBe('search')
    })
  })

  test('arrow keys on a row of buttons choose, and the focus stays there', async () => {
    await withReport(html, async (page) => {
      await page.getByRole('radio', { name: 'Leaked' }).focus()
      await page.keyboard.press('ArrowRight')
      expect(hash(page).get('metric')).toBe('allocated')
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Allocated')
    })
  })

  test('a search tells the share it matched, once for each stack, and n goes to a match', async () => {
    await withReport(
      html,
      async (page) => {
        await page.getByRole('searchbox').fill('makeThumb')
        await expect
          .poll(() => page.locator('.match-share').textContent())
          .toMatch(/^\d+\.\d %, [\d.]+ MiB in \d+ boxes$/)
        expect(hash(page).get('search')).toBe('makeThumb')
        await page.getByRole('searchbox').press('Enter')
        expect(await page.locator('[aria-live=polite]').textContent()).toMatch(/^makeThumb, /)
        await page.getByRole('searchbox').fill('/(/')
        await expect
          .poll(() => page.locator('.match-share').textContent())
          .toBe('not a regular expression')
      },
      { hash: '#metric=live' },
    )
  })

  test('a leak in the header marks its stacks, and the link to that picture can be sent', async () => {
    await withReport(html, async (page, { url }) => {
      await page.getByRole('button', { name: /64 B\/op.*encode/ }).click()
      expect(hash(page).get('leak')).toBe('0')
      expect(await page.locator('.match-share').textContent()).toBe('100 %, 750 KiB in 7 boxes')
      await page.goto('about:blank')
      await page.goto(`${url}#metric=allocated&unit=blocks&inverted=1&by=module&search=thumb`)
      expect(await graphLabel(page)).toMatch(/^Flame graph, Allocated: [\d,]+ blocks/)
      expect(
        await page.getByRole('radio', { name: 'Allocations first' }).getAttribute('aria-checked'),
      ).toBe('true')
      expect(await page.getByRole('searchbox').inputValue()).toBe('thumb')
      expect(await page.locator('.match-share').textContent()).toContain('%')
    })
  })

  test('a link with nonsense in it opens the report all the same', async () => {
    await withReport(
      html,
      async (page) => {
        expect(await graphLabel(page)).toMatch(/^Flame graph, /)
      },
      { hash: '#metric=x&unit=y&zoom=99999999&process=77&leak=55&by=z&resource=q&fold=%ff' },
    )
  })

  test('folding off shows every frame, and the zoom stays on the same function', async () => {
    await withReport(html, async (page) => {
      const boxes = async () => Number(/in ([\d,]+) boxes/.exec((await graphLabel(page))!)![1])
      const folded = await boxes()
      await graph(page).click(await at(page, 2))
      expect(await page.locator('[aria-current=location]').textContent()).toBe('run')
      await page.getByRole('checkbox', { name: 'libc and allocator' }).uncheck()
      expect(await boxes()).toBeGreaterThan(folded)
      expect(await page.locator('[aria-current=location]').textContent()).toBe('run')
      await page.getByRole('searchbox').fill('malloc')
      await expect.poll(() => page.locator('.match-share').textContent()).toMatch(/^100 %/)
    })
  })

  test('descriptors are counted apart from bytes', async () => {
    const withFd = leakyFacts(20)
    const process = withFd.processes[0]!
    process.costs.push({ ...process.costs[0]!, kind: 'fd', liveCount: 7, liveBytes: 0 })
    await withReport(
      renderFlamegraphHtml(withFd, cleanVerdicts),
      async (page) => {
        await page.getByLabel('What is counted').selectOption('File descriptors')
        expect(await graphLabel(page)).toMatch(/Live at end: 7 descriptors/)
        expect(await page.getByRole('radio', { name: 'Bytes' }).isDisabled()).toBe(true)
      },
      { hash: '#metric=live' },
    )
  })

  test('of several processes one can be chosen', async () => {
    const two = leakyFacts(30)
    const child = leakyFacts(5, 99).processes[0]!
    two.processes.push({ ...child, traceFile: 'child', pid: 4243, argv: ['node', 'child.js'] })
    await withReport(renderFlamegraphHtml(two, leakyVerdicts(two)), async (page) => {
      const before = await graphLabel(page)
      await page
        .getByLabel('Process', { exact: true })
        .selectOption({ label: 'node child.js (pid 4243)' })
      expect(hash(page).get('process')).toBe('1')
      expect(await graphLabel(page)).not.toBe(before)
    })
  })

  test('in aggregate mode the metrics that are not known say why', async () => {
    const aggregate = leakyFacts(20)
    aggregate.processes[0]!.mode = 'aggregate'
    await withReport(renderFlamegraphHtml(aggregate, leakyVerdicts(aggregate)), async (page) => {
      const peak = page.getByRole('radio', { name: 'At peak' })
      expect(await peak.isDisabled()).toBe(true)
      expect(await peak.getAttribute('title')).toContain('--mode full')
    })
  })
})

describe('without the picture', () => {
  test('a table has the same facts, sorts, filters, and leads back to the graph', async () => {
    await withReport(
      html,
      async (page) => {
        await page.getByRole('radio', { name: 'Table' }).click()
        const rows = page.locator('tbody')
        const bySelf = await rows.textContent()
        await page.getByRole('button', { name: 'With callees' }).click()
        expect(
          await page.getByRole('columnheader', { name: 'With callees' }).getAttribute('aria-sort'),
        ).toBe('descending')
        expect(await rows.textContent()).not.toBe(bySelf)
        await page.getByRole('searchbox').fill('encode')
        await expect.poll(() => page.locator('tbody tr').count()).toBeLessThan(4)
        await page.locator('tbody button', { hasText: /^encode$/ }).click()
        expect(await graph(page).isVisible()).toBe(true)
        expect(hash(page).get('search')).toBe('encode')
      },
      { hash: '#metric=live' },
    )
  })

  test('on paper the graph and the table both show, light, without the controls', async () => {
    await withReport(
      html,
      async (page) => {
        const pdf = await page.pdf({ format: 'A4', landscape: true, printBackground: true })
        expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
        await page.emulateMedia({ media: 'print' })
        expect(await page.getByRole('radio', { name: 'Live at end' }).isVisible()).toBe(false)
        expect(await page.locator('.frames-table').isVisible()).toBe(true)
      },
      { context: { colorScheme: 'dark' } },
    )
  })
})

describe('a hundred thousand frames', () => {
  test('are all there, and a frame of drawing touches only what can be seen', async () => {
    const huge = hugeFacts(110_000)
    await withReport(
      renderFlamegraphHtml(huge, cleanVerdicts),
      async (page) => {
        const boxes = Number(
          /in ([\d,]+) boxes/.exec((await graphLabel(page))!)![1]!.replaceAll(',', ''),
        )
        expect(boxes).toBeGreaterThan(100_000)
        const calls = await page.evaluate(countDrawing)
        // A screen of 40 rows and 1240 pixels: what is drawn is bounded by it.
        expect(calls.fillRect + calls.fillText).toBeLessThan(8000)
        expect(calls.drawImage).toBeLessThan(200)
      },
      { hash: '#fold=&metric=live' },
    )
  })

  test('the box under the pointer is found at any zoom', async () => {
    await withReport(
      renderFlamegraphHtml(hugeFacts(110_000), cleanVerdicts),
      async (page) => {
        for (const row of [14, 12, 16]) {
          await graph(page).click(await at(page, row, 0.31))
          await graph(page).hover(await at(page, 2, 0.5))
          expect(await page.getByRole('tooltip').isVisible()).toBe(true)
        }
      },
      { hash: '#fold=&metric=live' },
    )
  })

  /** Calls into the canvas for one frame of drawing; runs in the page. */
  const countDrawing = `(async () => {
    const calls = { fillRect: 0, fillText: 0, drawImage: 0 }
    for (const name of Object.keys(calls)) {
      const real = CanvasRenderingContext2D.prototype[name]
      CanvasRenderingContext2D.prototype[name] = function (...given) {
        calls[name]++
        return real.apply(this, given)
      }
    }
    dispatchEvent(new Event('scroll'))
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
    return calls
  })()` as unknown as () => Promise<{ fillRect: number; fillText: number; drawImage: number }>
})

test('the bundle holds no way to turn text into markup', async () => {
  const bundle = fileURLToPath(
    new URL('../../src/report/flamegraph/client-bundle.generated.ts', import.meta.url),
  )
  expect(await readFile(bundle, 'utf8')).not.toMatch(
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/,
  )
})
