import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderDiffHtml } from '../../src/report/diff/render-diff-html.js'
import { renderTimelineHtml } from '../../src/report/timeline/render-timeline-html.js'
import { launchChromium, openReport } from './chromium.js'
import { leakyFacts } from './synthetic-facts.js'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

const grown = () => {
  const facts = leakyFacts(40)
  facts.processes[0]!.costs.forEach((cost, index) => {
    if (index % 2 === 0) cost.liveBytes *= 2
    else cost.liveBytes = 0
    if (index % 2 !== 0) cost.liveCount = 0
  })
  return facts
}

describe('the diff page', () => {
  test('shows what changed, with its sign in words and not in colour alone', async () => {
    const html = renderDiffHtml({ facts: leakyFacts(40) }, { facts: grown() })
    const { page, faults, requests, close } = await openReport(browser, html)
    expect(await page.getByRole('application').getAttribute('aria-label')).toMatch(
      /^Flame graph, Change: [+-][\d.]+ MiB net, [\d.]+ MiB moved/,
    )
    expect(await page.locator('.legend-items').textContent()).toMatch(/less \(−\).*more \(\+\)/s)
    await page.getByRole('radio', { name: 'Before' }).click()
    expect(await page.getByRole('application').getAttribute('aria-label')).toMatch(/Before: /)
    expect([...faults, ...requests]).toEqual([])
    await close()
  })
})

describe('the timeline page', () => {
  test('draws live bytes, RSS, descriptors and threads from one file, in its own policy', async () => {
    const { page, faults, requests, close } = await openReport(
      browser,
      renderTimelineHtml(leakyFacts(5)),
    )
    expect(await page.locator('h2').allTextContents()).toEqual([
      'Live native bytes',
      'RSS',
      'File descriptors',
      'Threads',
    ])
    expect(await page.locator('canvas').count()).toBe(4)
    expect(await page.locator('#page').textContent()).toContain('Not seen: 31 stacks cut')
    expect([...faults, ...requests]).toEqual([])
    await close()
  })

  test('keeps names of marks and commands as text', async () => {
    const facts = leakyFacts(5)
    const attack = '</script><img src=x onerror="globalThis.owned = 1">'
    facts.command = [attack]
    facts.processes[0]!.marks[0]!.name = attack
    facts.processes[0]!.losses.notes = [attack]
    const { page, faults, close } = await openReport(browser, renderTimelineHtml(facts))
    expect(await page.locator('.command').textContent()).toBe(attack)
    expect(await page.evaluate('globalThis.owned')).toBeUndefined()
    expect(await page.locator('img').count()).toBe(0)
    expect(faults).toEqual([])
    await close()
  })
})
