import { ExitCode } from '../base/seamproof-error.js'
import type {
  Acceptance,
  AcceptedFinding,
  CheckDemand,
  CheckRun,
  Finding,
  LeakSummary,
} from '../contract/finding.js'
import type { CheckVerdict, VerdictStatus } from '../contract/verdict.js'
import { acceptanceOf } from './accepted-findings.js'
import { judgeLeakSummary } from './judge-leak-summary.js'
import type { Suppression } from './suppression-list.js'

export interface JudgeFindingsOptions {
  baseline?: readonly AcceptedFinding[]
  suppressions?: readonly Suppression[]
  /** `2026-11-23`: what expired before is no longer accepted. */
  today: string
  demand: CheckDemand
}

export interface FindingVerdicts {
  /** As they were given, with their status. */
  findings: Finding[]
  checks: CheckVerdict[]
  /** Of baseline and suppressions: what is out of date, in sentences. */
  notes: string[]
  status: VerdictStatus
  exitCode: ExitCode
}

/** Findings against the limit that there may be no new one; runs against the demand that they were made. */
export function judgeFindings(
  {
    runs,
    findings,
    leaks,
  }: { runs: readonly CheckRun[]; findings: readonly Finding[]; leaks: readonly LeakSummary[] },
  options: JudgeFindingsOptions,
): FindingVerdicts {
  const acceptance = acceptanceOf(options)
  const judged = findings.map((finding) => withStatus(finding, acceptance.of(finding)))
  const isFailing = (finding: Finding) => fails(finding, options)
  const checks = [
    ...runs.map((run) => judgeRun(run, judged, isFailing)),
    ...leaks.map((summary) => judgeLeakSummary(summary, judged, isFailing)),
  ]
  const exitCode = exitCodeOf(runs, judged.some(isFailing), options)
  return {
    findings: judged,
    checks,
    notes: acceptance.notes(),
    status: statusOf(exitCode, checks),
    exitCode,
  }
}

/** A machine of a matrix that is larger than its check: nothing is wrong, and nothing was seen either. */
export function judgeIdleShard(
  shard: { index: number; count: number },
  plannedCount: number,
): FindingVerdicts {
  const runs = plannedCount === 1 ? 'its only run' : `all of its ${plannedCount} runs`
  const note = `shard ${shard.index} of ${shard.count} has nothing to do: other shards make ${runs}`
  return { findings: [], checks: [], notes: [note], status: 'not-run', exitCode: ExitCode.pass }
}

function withStatus(
  { acceptedBy: _, expired: __, ...finding }: Finding,
  found: { status: Finding['status']; acceptedBy?: Acceptance; expired?: Acceptance },
): Finding {
  return { ...finding, ...found }
}

function fails(
  { status, severity, reports }: Finding,
  { demand: { isStrict } }: JudgeFindingsOptions,
): boolean {
  if (status !== 'new' || severity === 'advice') return false
  if (severity === 'warning') return isStrict
  return !reports.every(({ isInconclusive }) => isInconclusive)
}

function judgeRun(
  run: CheckRun,
  findings: readonly Finding[],
  isFailing: (finding: Finding) => boolean,
): CheckVerdict {
  const { instrument, target } = run
  const own = findings.filter(({ seenBy }) =>
    seenBy.some((one) => one.instrument === instrument && one.target === target),
  )
  const base = {
    check: `${instrument}: ${target}`,
    instrument,
    target,
    evidence: evidenceOf(run, own),
  }
  // A run that broke off has not seen everything, but what it saw is true.
  if (own.some(isFailing)) return { ...base, status: 'fail' }
  if (run.status === 'not-run')
    return { ...base, status: 'not-run', reason: run.reason ?? 'no reason was given' }
  const asking = own.find(
    ({ status, reports }) =>
      status === 'new' &&
      reports.some((report) => report.instrument === instrument && report.isInconclusive),
  )
  if (asking !== undefined) return { ...base, status: 'inconclusive', reason: asking.message }
  if (run.incomplete !== undefined)
    return { ...base, status: 'inconclusive', reason: run.incomplete }
  return { ...base, status: 'pass', ...(run.isPartial ? { isPartial: true } : {}) }
}

/** `1 error, 2 warnings; 1 known; 3 reports about Node alone`. */
function evidenceOf({ foreignCount, isPartial }: CheckRun, own: readonly Finding[]): string {
  const fresh = own.filter(({ status }) => status === 'new')
  const of = (severity: Finding['severity']) =>
    fresh.filter((finding) => finding.severity === severity).length
  const parts = [
    counted(of('error'), 'error'),
    counted(of('warning'), 'warning'),
    of('advice') > 0 ? `${of('advice')} advice` : '',
  ].filter((part) => part !== '')
  const known = own.filter(({ status }) => status === 'known').length
  const suppressed = own.filter(({ status }) => status === 'suppressed').length
  return [
    parts.length > 0 ? parts.join(', ') : 'no new finding',
    known > 0 ? `${known} known` : '',
    suppressed > 0 ? `${suppressed} suppressed` : '',
    isPartial ? 'only in part: the addon was not built for it' : '',
    foreignCount > 0 ? `${counted(foreignCount, 'report')} about Node or the system alone` : '',
  ]
    .filter((part) => part !== '')
    .join('; ')
}

function counted(count: number, noun: string): string {
  return count === 0 ? '' : `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** The worst decides: a finding, a bug of ours, a tool that is missing, a subject that could not be driven. */
function exitCodeOf(
  runs: readonly CheckRun[],
  hasFailed: boolean,
  options: JudgeFindingsOptions,
): ExitCode {
  if (hasFailed) return ExitCode.failed
  const missing = runs.filter((run) => run.status === 'not-run' && isDemanded(run, options))
  const is = (cause: CheckRun['cause']) => missing.some((run) => run.cause === cause)
  if (is('own-bug')) return ExitCode.ownBug
  if (is('tool-missing')) return ExitCode.machineLacks
  if (missing.some(({ cause }) => cause === undefined || cause === 'subject-not-driven'))
    return ExitCode.subjectNotDriven
  if (missing.length > 0) return ExitCode.failed
  if (runs.some(({ status }) => status === 'ran')) return ExitCode.pass
  const lacksTools = runs.some(({ cause }) => cause === 'tool-missing')
  return lacksTools ? ExitCode.machineLacks : ExitCode.failed
}

function isDemanded(
  { cause, instrument }: CheckRun,
  { demand: { required, areToolsRequired } }: JudgeFindingsOptions,
): boolean {
  if (required.includes(instrument)) return true
  if (cause === 'tool-missing') return areToolsRequired
  return cause !== 'not-applicable'
}

function statusOf(exitCode: ExitCode, checks: readonly CheckVerdict[]): VerdictStatus {
  if (checks.some(({ status }) => status === 'fail')) return 'fail'
  if (exitCode !== ExitCode.pass) return 'not-run'
  return checks.some(({ status }) => status === 'inconclusive') ? 'inconclusive' : 'pass'
}
