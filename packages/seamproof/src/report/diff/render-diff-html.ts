import type {
  FlamegraphDocument,
  FlamegraphProcess,
  ResourceColumns,
} from '../flamegraph/flamegraph-document.js'
import { flamegraphDocumentVersion } from '../flamegraph/flamegraph-document.js'
import { frameColumns, metricColumns, treeColumns } from '../flamegraph/process-columns.js'
import { renderFlamegraphDocument } from '../flamegraph/render-flamegraph-html.js'
import { lossLines } from '../loss-lines.js'
import { type Metric, metricLabels, resources } from '../metric.js'
import { commonFigures } from './diff-figures.js'
import { type DiffLayout, type DiffSide, layoutDiff } from './diff-layout.js'
import { type DiffInput, diffGap, diffSide } from './diff-sides.js'

export interface DiffHtmlOptions {
  /** Default `live`. */
  metric?: Metric
}

/** The flame graph page with both captures in it: red for more, blue for less. */
export function renderDiffHtml(
  before: DiffInput,
  after: DiffInput,
  options: DiffHtmlOptions = {},
): string {
  return renderFlamegraphDocument(buildDiffDocument(before, after, options))
}

function buildDiffDocument(
  before: DiffInput,
  after: DiffInput,
  { metric = 'live' }: DiffHtmlOptions = {},
): FlamegraphDocument {
  const sides = [diffSide(before), diffSide(after)] as const
  const processes: FlamegraphProcess[] = []
  if (sides[0] && sides[1]) processes.push(diffProcess(sides[0], sides[1], metric))
  return {
    formatVersion: flamegraphDocumentVersion,
    kind: 'memory',
    isDiff: true,
    title: `Difference: ${metricLabels[metric].toLowerCase()}`,
    command: `${before.facts.command.join(' ')}  →  ${after.facts.command.join(' ')}`,
    generator: `seamproof ${after.facts.seamproofVersion}`,
    processes,
    initialProcess: 0,
    verdicts: [],
    leaks: [],
  }
}

function diffProcess(before: DiffSide, after: DiffSide, metric: Metric): FlamegraphProcess {
  const layout = layoutDiff(before, after, metric)
  const { strings, frames, frameOf } = frameColumns(layout.frames)
  const { tree, nodeOf } = treeColumns(
    layout.tree,
    frameOf,
    layout.rows.map((row) => row.treeIndex),
  )
  const gap = diffGap([before, after], metric)
  const losses = [
    ...lossLines(before.process).map((line) => `before: ${line}`),
    ...lossLines(after.process).map((line) => `after: ${line}`),
  ]
  return {
    label: 'both',
    figures: commonFigures(before.process, after.process),
    losses: gap === undefined ? losses : [`${metricLabels[metric]}: ${gap}`, ...losses],
    strings,
    frames,
    tree,
    resources: diffResources(layout, nodeOf),
  }
}

function diffResources(layout: DiffLayout, nodeOf: Int32Array): ResourceColumns[] {
  return resources.flatMap((resource) => {
    const rows = layout.rows.filter((row) => row.resource === resource)
    if (rows.length === 0) return []
    const column = (pick: (row: (typeof rows)[number]) => number) => rows.map(pick)
    return [
      {
        resource,
        node: rows.map((row) => nodeOf[row.treeIndex] ?? 0),
        metrics: [
          metricColumns(
            { metric: 'change', label: 'Change' },
            column((row) => row.after.bytes - row.before.bytes),
            column((row) => row.after.blocks - row.before.blocks),
          ),
          metricColumns(
            { metric: 'before', label: 'Before' },
            column((row) => row.before.bytes),
            column((row) => row.before.blocks),
          ),
          metricColumns(
            { metric: 'after', label: 'After' },
            column((row) => row.after.bytes),
            column((row) => row.after.blocks),
          ),
        ],
      },
    ]
  })
}
