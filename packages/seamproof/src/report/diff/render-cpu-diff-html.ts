import type { CpuProfile } from '../../contract/cpu-profile.js'
import { stackColumns } from '../flamegraph/cpu-columns.js'
import {
  type FlamegraphDocument,
  type FlamegraphProcess,
  flamegraphDocumentVersion,
  type MetricColumns,
} from '../flamegraph/flamegraph-document.js'
import { metricColumnsOf } from '../flamegraph/process-columns.js'
import { renderFlamegraphDocument } from '../flamegraph/render-flamegraph-html.js'
import { formatCounted, formatSigned, formatTimeNs } from '../format-quantity.js'
import { profileLossLines, profileTitle, profileTotals } from '../profile/profile-text.js'
import { type CpuDiffRow, cpuDiff } from './cpu-diff.js'

/** The flame graph page with both runs in it: red for more time, blue for less. */
export function renderCpuDiffHtml(
  before: CpuProfile,
  after: CpuProfile,
  options: { generator: string },
): string {
  const document: FlamegraphDocument = {
    formatVersion: flamegraphDocumentVersion,
    kind: 'cpu',
    isDiff: true,
    title: 'Difference: CPU time',
    command: `${profileTitle(before)}  →  ${profileTitle(after)}`,
    generator: options.generator,
    processes: [diffProcess(before, after)],
    initialProcess: 0,
    verdicts: [],
    leaks: [],
  }
  return renderFlamegraphDocument(document)
}

function diffProcess(before: CpuProfile, after: CpuProfile): FlamegraphProcess {
  const diff = cpuDiff(before, after)
  const { strings, frames, tree, nodeOf } = stackColumns(diff.shown)
  const { rows, scale } = diff
  const metric = (
    head: Pick<MetricColumns, 'metric' | 'label'>,
    time: (row: CpuDiffRow) => number,
    samples: (row: CpuDiffRow) => number,
  ) => metricColumnsOf(head, { time: rows.map(time), samples: rows.map(samples) })
  return {
    label: 'both',
    figures: figures(before, after),
    losses: [
      ...profileLossLines(before).map((line) => `before: ${line}`),
      ...profileLossLines(after).map((line) => `after: ${line}`),
    ],
    strings,
    frames,
    tree,
    resources: [
      {
        resource: 'cpu',
        node: rows.map((row) => nodeOf[row.treeIndex] ?? 0),
        metrics: [
          metric(
            { metric: 'change', label: 'Change' },
            (row) => row.after.ns - row.before.ns,
            (row) => row.after.sampleCount - row.before.sampleCount,
          ),
          metric(
            // Runs of different length: what changed if both had used as much time as the later one.
            { metric: 'share-change', label: 'Change of share' },
            (row) => row.after.ns - row.before.ns * scale,
            (row) => row.after.sampleCount - row.before.sampleCount * scale,
          ),
          metric(
            { metric: 'before', label: 'Before' },
            (row) => row.before.ns,
            (row) => row.before.sampleCount,
          ),
          metric(
            { metric: 'after', label: 'After' },
            (row) => row.after.ns,
            (row) => row.after.sampleCount,
          ),
        ],
      },
    ],
  }
}

function figures(before: CpuProfile, after: CpuProfile): FlamegraphProcess['figures'] {
  const [from, to] = [profileTotals(before), profileTotals(after)]
  const change = (label: string, left: number, right: number): [string, string] => [
    label,
    `${formatSigned(right - left, formatTimeNs)} (${formatTimeNs(left)} → ${formatTimeNs(right)})`,
  ]
  return [
    change('On CPU', from.cpuNs, to.cpuNs),
    change('Garbage collection', from.gcNs, to.gcNs),
    change('Ran for', before.durationNs, after.durationNs),
    [
      'Samples',
      `${formatCounted(from.cpuSampleCount, 'sample')} → ${formatCounted(to.cpuSampleCount, 'sample')}`,
    ],
  ]
}
