// The validation report as a reader has it: a file in a real browser, and text in a terminal or a pull request.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EvidenceBody } from '../../src/contract/validation.js'
import { renderFlamegraphHtml } from '../../src/report/flamegraph/render-flamegraph-html.js'
import { renderValidation } from '../../src/report/text/render-validation.js'
import { renderValidationHtml } from '../../src/report/validation/render-validation-html.js'
import { renderValidationMarkdown } from '../../src/report/validation/render-validation-markdown.js'
import { launchChromium, openReport } from './chromium.js'
import { leakyFacts, leakyVerdicts } from './synthetic-facts.js'
import { allInstruments, finding, listOf, validationOf } from './validation-sample.js'

const facts = leakyFacts(100)
const validation = validationOf(listOf(allInstruments, [finding()]))
const bodies = new Map<string, EvidenceBody[]>([
  [
    'bench/latency.json',
    [
      {
        kind: 'percentiles',
        title: 'Latency from the scheduled start',
        unit: 'ns',
        lines: [
          {
            name: 'draw',
            points: [50, 90, 99, 99.9].map((percentile, i) => ({
              percentile,
              value: 5e4 * 2 ** i,
            })),
          },
          {
            name: 'floor',
            points: [50, 90, 99, 99.9].map((percentile, i) => ({
              percentile,
              value: 4e4 * 2 ** i,
            })),
          },
        ],
      },
      { kind: 'samples', title: 'Slices', unit: 'ns', groups: [{ name: 'on', values: [1, 2, 3] }] },
      {
        kind: 'series',
        title: 'Live bytes',
        unit: 'B',
        lines: [{ name: 'live', timeS: [0, 60, 120], values: [1e6, 1.1e6, 1.2e6] }],
      },
      {
        kind: 'flamegraph',
        title: 'Where it allocates',
        html: renderFlamegraphHtml(facts, leakyVerdicts(facts)),
      },
    ],
  ],
])
const html = renderValidationHtml({ validation, bodies })

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

describe('report.html', () => {
  test('shows the verdict and every row, asks the network for nothing and logs no error', async () => {
    const { page, faults, requests, close } = await openReport(browser, html)
    const text = (await page.locator('body').textContent())!
    for (const part of [
      '✗ FAIL',
      '@ann/grid 1.2.3',
      'latency p99',
      '< 0.5 ms',
      '64 B/op in 1.00 block/op',
    ])
      expect(text).toContain(part)
    expect(text).toContain('soak was skipped <by the user>')
    await page.waitForTimeout(200)
    expect(faults).toEqual([])
    expect(requests.filter((url) => url !== 'about:srcdoc')).toEqual([])
    await close()
  })

  test('opens what failed, and every row with the keyboard alone, down to the flame graph', async () => {
    const { page, faults, close } = await openReport(browser, html)
    const leaks = page.locator('details.row', { hasText: 'leaks' }).first()
    expect(await leaks.getAttribute('open')).not.toBeNull()
    const latency = page.locator('details.row', { hasText: 'latency p99' }).first()
    expect(await latency.getAttribute('open')).toBeNull()
    await latency.locator('summary').focus()
    await page.keyboard.press('Enter')
    expect(await latency.getAttribute('open')).not.toBeNull()
    await latency.locator('iframe').scrollIntoViewIfNeeded()
    const graph = latency.frameLocator('iframe').getByRole('application')
    await graph.waitFor()
    expect(await graph.getAttribute('aria-label')).toContain('Flame graph')
    expect(await latency.getByRole('img').count()).toBe(3)
    expect(faults).toEqual([])
    await close()
  })

  test('gives every chart, frame and table head a name that a screen reader can say, and text enough contrast in both schemes', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, close } = await openReport(browser, html, { context: { colorScheme } })
      expect(await page.locator('html').getAttribute('lang')).toBe('en')
      expect(await page.locator('svg:not([aria-label]), iframe:not([title])').count()).toBe(0)
      expect(await page.locator('th:not([scope])').count()).toBe(0)
      const weakest = await page.evaluate(weakestContrast)
      expect(weakest.ratio, `${weakest.text} in ${colorScheme}`).toBeGreaterThanOrEqual(4.5)
      await close()
    }
  })
})

describe('report.html, by axe', () => {
  test('has nothing that WCAG 2 A and AA object to, closed or open, light or dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      // The page's own policy lets no script in: the checker's neither.
      const context = { colorScheme, bypassCSP: true }
      const { page, close } = await openReport(browser, html, { context })
      await page.evaluate(axeSource)
      for (const isOpen of [false, true]) {
        await page.evaluate((open) => {
          for (const one of document.querySelectorAll('details')) one.open = open
        }, isOpen)
        const violations = await page.evaluate(violationsByAxe)
        expect(violations, `${colorScheme}, ${isOpen ? 'open' : 'closed'}`).toEqual([])
      }
      await close()
    }
  })

  test('prints everything, also what is closed on the screen', async () => {
    const { page, close } = await openReport(browser, html)
    await page.emulateMedia({ media: 'print' })
    const closed = page.locator('details.row:not([open]) .body').first()
    expect(await closed.evaluate((body) => body.getBoundingClientRect().height)).toBeGreaterThan(20)
    expect((await page.pdf({ format: 'A4' })).byteLength).toBeGreaterThan(10_000)
    await close()
  })
})

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
)

/** Runs in the page, where axe is. */
async function violationsByAxe(): Promise<string[]> {
  const { axe } = globalThis as unknown as {
    axe: {
      run(
        context: Document,
        options: object,
      ): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>
    }
  }
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']
  const { violations } = await axe.run(document, {
    runOnly: { type: 'tag', values: tags },
    iframes: false,
  })
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`)
}

/** Runs in the page. WCAG 2's contrast of every text against the page's ground. */
function weakestContrast(): { ratio: number; text: string } {
  const light = (color: string) => {
    const [r, g, b] = color.match(/[\d.]+/g)!.map((one) => {
      const part = Number(one) / 255
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
  }
  const ground = light(getComputedStyle(document.body).backgroundColor)
  let weakest = { ratio: 99, text: '' }
  for (const element of document.querySelectorAll('span,p,h1,h2,h3,td,th,code,li')) {
    if (element.textContent?.trim() === '') continue
    const own = light(getComputedStyle(element).color)
    const ratio = (Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05)
    if (ratio < weakest.ratio) weakest = { ratio, text: element.textContent!.slice(0, 40) }
  }
  return weakest
}

describe('report.md', () => {
  const markdown = renderValidationMarkdown(validation)

  test('begins with the verdict and has both tables, the finding with its stack, and what was not measured', () => {
    expect(markdown.split('\n')[0]).toContain('❌')
    expect(markdown).toContain('## Memory safety')
    expect(markdown).toContain('## Performance')
    expect(markdown).toContain('draw (draw.ts:12)')
    expect(markdown).toContain('valgrind is not installed')
  })

  test('lets no name out of the subject become a table cell, an element or a mention', () => {
    const hostile = validationOf(
      listOf(allInstruments, [finding({ message: 'a | b <img src=x> @someone ``` [x](y)' })]),
    )
    const text = renderValidationMarkdown(hostile)
    expect(text).not.toContain('<img')
    const row = text.split('\n').find((line) => line.startsWith('| ❌'))!
    expect(row).toContain('a \\| b')
    expect(text).not.toContain('@someone')
    expect(renderValidationHtml({ validation: hostile, bodies })).not.toContain('<img')
  })
})

test('the table in the terminal has one line a row, says why a row was not run, and sums up', () => {
  const text = renderValidation(validation, { width: 140 })
  expect(text).toMatch(/✗ FAIL {10}grid {2}leaks/)
  expect(text).toContain('soak was skipped')
  expect(text).toContain('risk of grid: high (found: leaks)')
  expect(text).toContain('FAIL: 6 passed, 1 failed, 0 inconclusive, 1 not run')
})
