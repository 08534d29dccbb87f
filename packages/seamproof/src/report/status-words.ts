import type { VerdictStatus } from '../contract/verdict.js'

/** What a verdict is called wherever it is read: in a terminal and on a page. */
export const statusWords: Record<VerdictStatus, string> = {
  pass: '✓ pass',
  fail: '✗ FAIL',
  inconclusive: '? inconclusive',
  'not-run': '– not run',
}

/** In Markdown, where an icon can be coloured and text cannot. */
export const markdownStatusWords: Record<VerdictStatus, string> = {
  pass: '✅ pass',
  fail: '❌ **fail**',
  inconclusive: '❔ inconclusive',
  'not-run': '➖ not run',
}
