import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shareDifference } from '../../src/base/difference-interval.js'
import type { CpuProfile } from '../../src/contract/cpu-profile.js'
import { renderCpuDiffHtml } from '../../src/report/diff/render-cpu-diff-html.js'
import { renderCpuDiff } from '../../src/report/text/render-cpu-diff.js'
import { launchChromium, openReport } from './chromium.js'
import { ProfileScript, stacks } from './synthetic-profile.js'

const run = (parse: number, encode: number, copy: number): CpuProfile => {
  const script = new ProfileScript()
  const main = script.thread('node', 'main', 1)
  return script
    .add(main, stacks.parse, 'js', parse)
    .add(main, stacks.encode, 'native', encode)
    .add(main, stacks.copy, 'native', copy)
    .build()
}
const before = run(600, 300, 100)
const after = run(300, 310, 105)

describe('the difference of two runs', () => {
  test('names what takes more or less of the time, with the interval of the change', () => {
    const text = renderCpuDiff(before, after)
    expect(text).toMatch(
      /Takes less of the time: 1 function, by self time\n +-18\.0 % \[-22\.7 to -13\.3\] +600 ms → 300 ms {2}parseHeader thumb\.ts:12/,
    )
    expect(text).toMatch(/Takes more of the time: 2 functions.*\n +\+13\.4 %.*quantise/)
  })

  test('does not name what chance could have done', () => {
    const text = renderCpuDiff(before, run(590, 310, 100))
    expect(text).toContain('No function differs by more than chance would do.')
    expect(text).toContain('3 other functions differ by what chance could do')
  })

  test('of a profile and nothing is no error', () => {
    const { timeline: _, ...nothing } = { ...before, costs: [] }
    expect(renderCpuDiff(nothing, before)).toContain('ran for')
    expect(renderCpuDiff(before, nothing)).toContain('ran for')
  })

  test('has an interval that holds zero when both are the same', () => {
    const side = { ns: 10, allNs: 100, sampleCount: 100 }
    const { low, value, high } = shareDifference(side, side)
    expect(value).toBe(0)
    expect(low).toBeLessThan(0)
    expect(high).toBeGreaterThan(0)
  })
})

describe('the page of a difference', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  test('shows what moved, in time or in share, and both runs', async () => {
    const html = renderCpuDiffHtml(before, after, { generator: 'seamproof test' })
    const { page, faults, requests, close } = await openReport(browser, html)
    const label = () => page.getByRole('application').getAttribute('aria-label')
    expect(await label()).toMatch(/^Flame graph, Change: -285 ms net, 315 ms moved/)
    expect(await page.locator('.legend-items').textContent()).toMatch(/less.*more/)
    await page.getByRole('radio', { name: 'Change of share' }).click()
    // At equal totals nothing is gained or lost on the whole.
    expect(await label()).toMatch(/Change of share: (-?0(\.0+)? ns|[-+]?0) net/)
    await page.getByRole('radio', { name: 'Before' }).click()
    expect(await label()).toMatch(/Before: 1\.00 s/)
    expect(faults).toEqual([])
    expect(requests).toEqual([])
    await close()
  })
})
