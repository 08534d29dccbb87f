import { foldNames } from '../../call-tree/frame-keys.js'
import { type FlamegraphDocument, frameCategories } from '../flamegraph-document.js'
import { settleState } from './view-model.js'
import type { ViewState } from './view-state.js'

const subjectCategory = frameCategories.indexOf('subject')

function openingMetric(report: FlamegraphDocument): string {
  if (report.kind === 'diff') return 'change'
  const hasLeak = report.leaks.some(
    (leak) => leak.status === 'fail' && leak.processIndex === report.initialProcess,
  )
  // At the end little is live; what a reader of memory wants to know is what filled it.
  return hasLeak ? 'leaked' : 'peak'
}

/** How the page shows itself before anyone touched it. */
export function openingState(report: FlamegraphDocument): ViewState {
  const process = report.processes[report.initialProcess]
  const hasSubject = process?.frames.category.includes(subjectCategory) ?? false
  return settleState(report, {
    processIndex: report.initialProcess,
    resource: 'heap',
    metric: openingMetric(report),
    unit: 'bytes',
    isInverted: false,
    grouping: 'function',
    // Without an addon, Node and V8 are all there is to look at.
    folds: new Set(hasSubject ? foldNames : ['system', 'unnamed']),
    search: '',
    leakIndex: -1,
    zoomNode: 0,
    tab: 'graph',
    theme: 'auto',
  })
}
