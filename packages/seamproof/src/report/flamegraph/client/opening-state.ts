import { type FoldName, foldNames } from '../../call-tree/frame-keys.js'
import { type FlamegraphDocument, frameCategories } from '../flamegraph-document.js'
import { settleState } from './view-model.js'
import type { ViewState } from './view-state.js'

const subjectCategory = frameCategories.indexOf('subject')

function openingMetric(report: FlamegraphDocument): string {
  if (report.isDiff) return 'change'
  if (report.kind === 'cpu') return 'on-cpu'
  const hasLeak = report.leaks.some(
    (leak) => leak.status === 'fail' && leak.processIndex === report.initialProcess,
  )
  // At the end little is live; what a reader of memory wants to know is what filled it.
  return hasLeak ? 'leaked' : 'peak'
}

/** Only of time it is known where the program itself begins. */
const memoryFolds = foldNames.filter((name) => name !== 'outer')

export const foldsOf = (report: FlamegraphDocument): readonly FoldName[] =>
  report.kind === 'cpu' ? foldNames : memoryFolds

/** How the page shows itself before anyone touched it. */
export function openingState(report: FlamegraphDocument): ViewState {
  const process = report.processes[report.initialProcess]
  const isCpu = report.kind === 'cpu'
  const hasSubject = process?.frames.category.includes(subjectCategory) ?? false
  return settleState(report, {
    processIndex: report.initialProcess,
    resource: isCpu ? 'cpu' : 'heap',
    metric: openingMetric(report),
    unit: isCpu ? 'time' : 'bytes',
    thread: -1,
    slices: undefined,
    isInverted: false,
    grouping: 'function',
    // Without an addon, Node and V8 are all there is to look at.
    // Where time goes, V8 and libc are part of the answer.
    folds: new Set(isCpu ? ['outer', 'unnamed'] : hasSubject ? memoryFolds : ['system', 'unnamed']),
    search: '',
    leakIndex: -1,
    zoomNode: 0,
    tab: 'graph',
    theme: 'auto',
  })
}
