import type { AllocationTotals, ProcessFacts } from '../../contract/facts.js'
import { formatBytes, formatCount, formatDuration, formatSigned } from '../format-quantity.js'

type Show = (value: number) => string

const rows: [label: string, field: keyof AllocationTotals, show: Show][] = [
  ['Live at end', 'liveBytes', formatBytes],
  ['Live blocks', 'liveCount', formatCount],
  ['Peak', 'peakBytes', formatBytes],
  ['Allocated', 'allocatedBytes', formatBytes],
  ['Allocations', 'allocatedCount', formatCount],
]

/** Label, before, after and change of the totals, ready to print. */
export function diffFigures(
  before: ProcessFacts,
  after: ProcessFacts,
): { label: string; before: string; after: string; change: string; sign: number }[] {
  const totals = rows.map(([label, field, show]) => {
    const from = Number(before.totals[field])
    const to = Number(after.totals[field])
    return {
      label,
      before: show(from),
      after: show(to),
      change: formatSigned(to - from, show),
      sign: Math.sign(to - from),
    }
  })
  return [
    ...totals,
    {
      label: 'Ran for',
      before: formatDuration(before.durationMs),
      after: formatDuration(after.durationMs),
      change: '',
      sign: 0,
    },
  ]
}

export const commonFigures = (before: ProcessFacts, after: ProcessFacts): [string, string][] =>
  diffFigures(before, after).map(({ label, before: from, after: to, change }) => [
    label,
    change === '' ? `${from} → ${to}` : `${change} (${from} → ${to})`,
  ])
