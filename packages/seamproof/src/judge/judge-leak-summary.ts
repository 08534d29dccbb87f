import type { Finding, LeakSummary } from '../contract/finding.js'
import type { CheckVerdict } from '../contract/verdict.js'

/** One line of the leak suite: what a workload leaks, whoever saw it. */
export function judgeLeakSummary(
  summary: LeakSummary,
  findings: readonly Finding[],
  isFailing: (finding: Finding) => boolean,
): CheckVerdict {
  const { workload, target } = summary
  const own = findings.filter(
    ({ kind, workloads, seenBy }) =>
      kind === 'leak' &&
      (workloads.length === 0 || workloads.includes(workload)) &&
      seenBy.some((one) => one.target === target),
  )
  const failing = own.filter(isFailing)
  const accepted = own.filter(({ status }) => status !== 'new').length
  const asking = own.find(
    ({ status, reports }) =>
      status === 'new' && reports.every(({ isInconclusive }) => isInconclusive),
  )
  const evidence = [
    `${failing.length} leak${failing.length === 1 ? '' : 's'}`,
    accepted > 0 ? `${accepted} accepted` : '',
    `by ${summary.instruments.join(', ')}`,
  ]
    .filter((part) => part !== '')
    .join(', ')
  const base = { check: `leaks: ${workload}`, target, evidence }
  if (failing.length > 0) return { ...base, status: 'fail' }
  if (asking !== undefined) return { ...base, status: 'inconclusive', reason: asking.message }
  return { ...base, status: 'pass' }
}
