import type { AllocationKind, CaptureFacts, GrowthGroup, ProcessFacts } from '../contract/facts.js'
import type { DefectReport } from '../contract/finding.js'
import type { CheckVerdict, LeakVerdict, Verdicts } from '../contract/verdict.js'

/** What the tracker judged to leak, as the defects that every instrument reports. */
export function leakReports(facts: CaptureFacts, verdicts: Verdicts): DefectReport[] {
  const reports: DefectReport[] = []
  for (const verdict of verdicts.leaks) {
    // What the same call leaks elsewhere is told with the leak that it is part of.
    if (verdict.partOf !== undefined || verdict.status === 'suppressed') continue
    const process = facts.processes.find(({ traceFile }) => traceFile === verdict.traceFile)
    const group = process?.groups.find(({ groupId }) => groupId === verdict.groupId)
    if (process !== undefined && group !== undefined)
      reports.push(reportOf(process, group, verdict))
  }
  const told = new Set(reports.map(({ rule, workload }) => `${rule}\n${workload ?? ''}`))
  const untold = verdicts.checks.flatMap((check) => seriesReport(check) ?? [])
  return [
    ...reports,
    ...untold.filter(({ rule, workload }) => !told.has(`${rule}\n${workload ?? ''}`)),
  ]
}

/** The checks of the tracker that count something else than blocks, by the words of their titles. */
const resources: Partial<Record<AllocationKind, { title: string; one: string }>> = {
  fd: { title: 'file descriptors', one: 'file descriptor' },
  thread: { title: 'threads', one: 'thread' },
  child: { title: 'child processes', one: 'child process' },
  mmap: { title: 'mappings', one: 'mapping' },
}

const ruleOf = (kind: AllocationKind): string =>
  resources[kind] === undefined ? 'growth' : `growth of ${resources[kind].title}`

function reportOf(process: ProcessFacts, group: GrowthGroup, verdict: LeakVerdict): DefectReport {
  const { evidence, workload, kind, liveCounts, liveBytes } = group
  const isInconclusive = verdict.status === 'inconclusive'
  const rate = { bytes: group.bytesPerOperation.value, blocks: group.blocksPerOperation.value }
  return {
    instrument: 'track',
    kind: 'leak',
    rule: ruleOf(kind),
    severity: isInconclusive ? 'warning' : 'error',
    message: messageOf(group, isInconclusive),
    stacks: [{ role: 'allocated', frames: stackOf(process, group) }],
    ...(workload === undefined ? {} : { workload }),
    ...(evidence === 'rounds' ? { perOperation: rate } : {}),
    bytes: liveBytes.at(-1)! - liveBytes[0]!,
    blocks: liveCounts.at(-1)! - liveCounts[0]!,
    ...(isInconclusive ? { isInconclusive } : {}),
    count: 1,
    notes: [{ name: 'because', value: verdict.reason }],
  }
}

/** From the allocation out through the subject, and on through the JavaScript that led there most. */
function stackOf({ frames }: ProcessFacts, { frameIndexes, callSites }: GrowthGroup) {
  const site = [...callSites].sort((a, b) => b.share - a.share)[0]
  const known = new Set(frameIndexes)
  const outer = (site?.frameIndexes ?? []).filter((index) => !known.has(index))
  return [...frameIndexes, ...outer].map((index) => frames[index]!)
}

/** `64 B in 1 block per operation are never freed`. */
function messageOf(group: GrowthGroup, isInconclusive: boolean): string {
  const per = group.evidence === 'rounds' ? 'operation' : 'second'
  const blocks = rounded(group.blocksPerOperation.value)
  const what = resources[group.kind]
  const amount =
    what === undefined
      ? `${rounded(group.bytesPerOperation.value)} B in ${blocks} ${blocks === '1' ? 'block' : 'blocks'} per ${per}`
      : `${blocks} ${blocks === '1' ? what.one : what.title} per ${per}`
  return `${amount} ${isInconclusive ? 'may stay; more rounds can tell' : 'are never given back'}`
}

const rounded = (value: number): string =>
  String(
    Math.abs(value - Math.round(value)) < 0.01 ? Math.round(value) : Number(value.toPrecision(3)),
  )

/** Counted from outside at the marks, with no stack that explains it: `file descriptors: resize`. */
function seriesReport({ check, status, evidence }: CheckVerdict): DefectReport | undefined {
  if (status !== 'fail') return undefined
  const found = Object.values(resources).find(
    ({ title }) => check === title || check.startsWith(`${title}:`),
  )
  if (found === undefined) return undefined
  const workload = check
    .slice(found.title.length)
    .replace(/^: /, '')
    .replace(/ \(pid \d+\)$/, '')
  return {
    instrument: 'track',
    kind: 'leak',
    rule: `growth of ${found.title}`,
    severity: 'error',
    message: `${found.title} are opened and not given back: ${evidence}`,
    stacks: [],
    ...(workload === '' ? {} : { workload }),
    count: 1,
    notes: [],
  }
}
