import type { WorkloadRun } from '../contract/capture.js'
import type {
  AllocationKind,
  CaptureFacts,
  GrowthGroup,
  ProcessFacts,
  QuietGroups,
  ResourceSeries,
} from '../contract/facts.js'
import type { CheckVerdict, LeakVerdict, VerdictStatus, Verdicts } from '../contract/verdict.js'
import { stepsOf, stepsPhrase, stepsText } from './growth-sentence.js'
import { growthOf } from './growth-shape.js'
import { judgeGroup } from './judge-group.js'
import { defaultLeakLimits, type LeakLimits } from './leak-limits.js'
import { type JudgedLeak, markParts } from './leak-parts.js'
import { type Suppression, SuppressionList } from './suppression-list.js'

export interface JudgeOptions {
  suppressions?: readonly Suppression[]
  limits?: Partial<LeakLimits>
  /** The manifest's list: a workload that threw, or whose rounds are not in any trace, is `not-run`. */
  workloads?: readonly WorkloadRun[]
}

/** A check speaks of some kinds of group, and of the series that counts the same from outside. */
interface Check {
  title: string
  kinds: readonly AllocationKind[]
  resource?: ResourceSeries['resource']
}

const checks: readonly Check[] = [
  { title: 'leaks', kinds: ['malloc', 'calloc', 'realloc', 'aligned'] },
  { title: 'file descriptors', kinds: ['fd'], resource: 'fd' },
  { title: 'threads', kinds: ['thread'], resource: 'thread' },
  { title: 'child processes', kinds: ['child'], resource: 'child' },
  { title: 'mappings', kinds: ['mmap'], resource: 'mapping' },
]

/** One workload of one process, or the life of a process without rounds. */
interface Scope {
  process: ProcessFacts
  workload: string | undefined
  suffix: string
}

export function judgeCapture(facts: CaptureFacts, options: JudgeOptions = {}): Verdicts {
  const limits = { ...defaultLeakLimits, ...options.limits }
  const suppressions = new SuppressionList(options.suppressions ?? [])
  const verdicts: Verdicts = { formatVersion: 1, checks: [], leaks: [] }
  const scopes = scopesOf(facts)
  for (const scope of scopes) {
    const leaks = judgeScope(scope, limits, suppressions)
    verdicts.leaks.push(...leaks.map(({ verdict }) => verdict))
    for (const check of checks) {
      const result = judgeCheck(check, scope, leaks, limits)
      if (result !== null) verdicts.checks.push(result)
    }
  }
  verdicts.checks.push(...notRun(options.workloads ?? [], scopes))
  if (verdicts.checks.length === 0) verdicts.checks.push(nothingToJudge(facts))
  const unused = suppressions.unused()
  if (unused.length > 0) verdicts.unusedSuppressions = unused
  verdicts.leaks.sort((a, b) => rank(a.status) - rank(b.status))
  return verdicts
}

const rank = (status: LeakVerdict['status']) =>
  ['fail', 'inconclusive', 'suppressed'].indexOf(status)

function scopesOf(facts: CaptureFacts): Scope[] {
  const place = ({ pid }: ProcessFacts) => (facts.processes.length > 1 ? ` (pid ${pid})` : '')
  const scopes = facts.processes.flatMap((process) => {
    const series = [...process.groups, ...(process.quietGroups ?? []), ...process.resources]
    const workloads = new Set(series.flatMap(({ workload }) => workload ?? []))
    return [...workloads].map((workload) => ({
      process,
      workload,
      suffix: `: ${workload}${place(process)}`,
    }))
  })
  if (scopes.length > 0) return scopes
  return livesOf(facts).map((process) => ({ process, workload: undefined, suffix: place(process) }))
}

/** Without rounds: the program itself, and those of its children in which the subject was at work. */
function livesOf({ processes }: CaptureFacts): ProcessFacts[] {
  const pids = new Set(processes.map((process) => process.pid))
  return processes.filter(
    (process) =>
      !pids.has(process.parentPid) ||
      process.quietGroups !== undefined ||
      process.groups.some((group) => group.attribution === 'subject'),
  )
}

function judgeScope(scope: Scope, limits: LeakLimits, suppressions: SuppressionList): JudgedLeak[] {
  const judged: JudgedLeak[] = []
  for (const group of groupsOf(scope)) {
    const judgement = judgeGroup(scope.process, group, limits)
    if (judgement === null) continue
    const suppressedBy = suppressions.match(scope.process, group)
    const place = { traceFile: scope.process.traceFile, groupId: group.groupId }
    const verdict: LeakVerdict =
      suppressedBy === undefined
        ? { ...place, ...judgement }
        : { ...place, status: 'suppressed', reason: judgement.reason, suppressedBy }
    judged.push({ group, verdict })
  }
  markParts(scope.process, judged)
  return withoutEchoes(judged, limits)
}

/**
 * One object of the runtime is made of several blocks: of runtime groups that grow at one rate, only the one with the most
 * bytes is spoken of.
 */
function withoutEchoes(judged: JudgedLeak[], limits: LeakLimits): JudgedLeak[] {
  const isEcho = ({ group }: JudgedLeak, of: JudgedLeak) =>
    group !== of.group &&
    group.attribution !== 'subject' &&
    of.group.attribution !== 'subject' &&
    isSameRate(group, of.group, limits) &&
    group.bytesPerOperation.value < of.group.bytesPerOperation.value
  return judged.filter((leak) => !judged.some((other) => isEcho(leak, other)))
}

function isSameRate(a: GrowthGroup, b: GrowthGroup, limits: LeakLimits): boolean {
  const rate = b.blocksPerOperation.value
  return Math.abs(a.blocksPerOperation.value - rate) <= rate * limits.runtimeDeviationMax
}

function groupsOf({ process, workload }: Scope): GrowthGroup[] {
  return process.groups.filter((group) => group.workload === workload)
}

function quietOf({ process, workload }: Scope): QuietGroups[] {
  return (process.quietGroups ?? []).filter((quiet) => quiet.workload === workload)
}

function judgeCheck(
  { title, kinds, resource }: Check,
  scope: Scope,
  leaks: JudgedLeak[],
  limits: LeakLimits,
): CheckVerdict | null {
  const isOurs = ({ kind }: { kind: AllocationKind }) => kinds.includes(kind)
  const groups = groupsOf(scope).filter(isOurs)
  const quiet = quietOf(scope).filter(isOurs)
  const ours = leaks.filter(({ group }) => isOurs(group))
  const series = scope.process.resources.find(
    (candidate) => candidate.resource === resource && candidate.workload === scope.workload,
  )
  // Without rounds nothing is counted from outside: only what the hooks saw is left to say.
  if (resource !== undefined && series === undefined && ours.length === 0) return null
  const check = `${title}${scope.suffix}`
  const failing = ours.filter(({ verdict }) => verdict.status === 'fail')
  const asking = ours.filter(({ verdict }) => verdict.status === 'inconclusive')
  const own = series === undefined ? null : judgeSeries(series, limits)
  const evidence = [groupEvidence(title, groups, quiet, ours), own?.evidence]
    .filter(Boolean)
    .join('; ')
  if (failing.length > 0 || own?.status === 'fail') return { check, status: 'fail', evidence }
  const reason =
    asking[0]?.verdict.reason ?? (own?.status === 'inconclusive' ? own.evidence : undefined)
  if (reason !== undefined) return { check, status: 'inconclusive', reason, evidence }
  const short = shortReason(scope, limits)
  if (short !== undefined) return { check, status: 'not-run', reason: short, evidence }
  return { check, status: 'pass', evidence }
}

/** `0 of 312 groups grow over 6 rounds of 2000 operations`. */
function groupEvidence(
  title: string,
  groups: GrowthGroup[],
  quiet: QuietGroups[],
  judged: JudgedLeak[],
): string {
  const first = groups.map(stepsOf)[0] ?? quiet[0]
  if (first === undefined) return title === 'leaks' ? 'no blocks of the subject were seen' : ''
  const changed = groups.filter((group) => group.attribution === 'subject').length
  const subject = quiet.reduce((sum, { groupCount }) => sum + groupCount, changed)
  if (subject === 0 && judged.length === 0)
    return title === 'leaks' ? `the subject allocated nothing over ${stepsPhrase(first)}` : ''
  const leaks = judged.filter(({ verdict }) => verdict.partOf === undefined)
  const partCount = judged.length - leaks.length
  const statusCount = (status: LeakVerdict['status']) =>
    leaks.filter(({ verdict }) => verdict.status === status).length
  const extra = [
    [statusCount('inconclusive'), 'may grow'],
    [statusCount('suppressed'), 'suppressed'],
  ]
    .filter(([count]) => count !== 0)
    .map(([count, text]) => `, ${count} ${text}`)
    .join('')
  return `${statusCount('fail')} of ${Math.max(subject - partCount, leaks.length)} groups grow${extra} over ${stepsPhrase(first)}`
}

/** Too little was measured for a pass to mean anything. */
function shortReason(scope: Scope, limits: LeakLimits): string | undefined {
  const { process } = scope
  if (scope.workload === undefined) {
    // Full mode always has slices of the life to look at; totals at the end are no history.
    if (process.mode === 'aggregate' && stepsSeen(scope) === 0)
      return 'aggregate mode takes its first snapshot after half a second, and the trace holds too few of them: let the program run for longer, track it in full mode, or write a workload (`seamproof init`)'
    if (process.durationMs >= limits.lifetimeMsMin) return undefined
    return `the program ran for ${Math.round(process.durationMs)} ms without rounds: too short to tell growth from start-up; write a workload (\`seamproof init\`)`
  }
  const series = process.resources.find((candidate) => candidate.workload === scope.workload)
  const known = Math.max(stepsSeen(scope), (series?.values.length ?? 0) - 1)
  if (known >= limits.stepsMin) return undefined
  return `only ${known} rounds were measured; it takes ${limits.stepsMin} to tell growth from noise`
}

function stepsSeen(scope: Scope): number {
  return (groupsOf(scope).map(stepsOf)[0] ?? quietOf(scope)[0])?.stepCount ?? 0
}

function judgeSeries(
  series: ResourceSeries,
  limits: LeakLimits,
): { status: VerdictStatus; evidence: string } {
  const growth = growthOf(series.values, limits.stepsMin, limits.steadyDeviationMax)
  const rate = series.perOperation.value
  const evidence = `${series.values.join(' ')} at the marks → ${rate.toFixed(4)}/op`
  // The runtime maps and unmaps its own heap all the time: only a mapping for every other operation is a sign.
  const rateMin = series.resource === 'mapping' ? limits.runtimeRateMin : 0
  const isStrong = growth.medianStep >= limits.stepBlocksMin && rate >= rateMin
  if (growth.shape === 'steady' && isStrong) return { status: 'fail', evidence }
  if (series.resource === 'mapping') return { status: 'pass', evidence }
  const isAsking = growth.shape === 'steady' || growth.shape === 'uneven'
  if (isAsking && growth.total >= growth.steps.length)
    return { status: 'inconclusive', evidence: `${evidence}: slow or uneven; more rounds can tell` }
  return { status: 'pass', evidence: `${stepsText(series.values)} at the marks` }
}

function notRun(workloads: readonly WorkloadRun[], scopes: readonly Scope[]): CheckVerdict[] {
  const result: CheckVerdict[] = []
  for (const { name, error } of workloads) {
    const isMeasured = scopes.some((scope) => scope.workload === name)
    if (isMeasured && error === undefined) continue
    const reason =
      error === undefined
        ? 'its rounds are in no trace of this capture'
        : `the workload threw: ${error}`
    const check = error !== undefined && isMeasured ? `all rounds: ${name}` : `leaks: ${name}`
    result.push({ check, status: 'not-run', reason, evidence: 'no measured rounds' })
  }
  return result
}

function nothingToJudge(facts: CaptureFacts): CheckVerdict {
  const reason =
    facts.processes.length === 0
      ? 'the capture holds no trace'
      : 'no trace holds anything that growth could be read from'
  return { check: 'leaks', status: 'not-run', reason, evidence: 'nothing was measured' }
}
