/** The verdict table: safety rows from findings, performance rows from targets, risks and one status from both. */
import type { CheckRun, DefectKind, Finding, FindingList, Instrument } from '../contract/finding.js'
import type { Evidence } from '../contract/measurement.js'
import { metrics } from '../contract/metrics.js'
import type {
  ComponentRisk,
  TargetLevel,
  ValidationStage,
  VerdictRow,
} from '../contract/validation.js'
import type { VerdictStatus } from '../contract/verdict.js'

/** A part of the subject, and the workloads that exercise it. */
export interface ComponentWorkloads {
  component: string
  workloads: readonly string[]
}

interface SafetyQuestion {
  name: string
  kinds: readonly DefectKind[]
  /** Any of these answers it; the more, the better. */
  instruments: readonly Instrument[]
  isRequired: boolean
}

/** What a person wants to know of native memory, and which instruments can tell. */
const safetyQuestions: readonly SafetyQuestion[] = [
  {
    name: 'leaks',
    kinds: ['leak'],
    instruments: ['track', 'asan', 'memcheck'],
    isRequired: true,
  },
  {
    name: 'memory errors',
    kinds: [
      'overflow',
      'use-after-free',
      'double-free',
      'invalid-free',
      'mismatched-free',
      'uninitialised',
      'null-pointer',
      'crash',
    ],
    instruments: ['asan', 'memcheck'],
    isRequired: true,
  },
  {
    name: 'undefined behaviour',
    kinds: ['undefined-behaviour'],
    instruments: ['ubsan'],
    isRequired: false,
  },
  {
    name: 'races',
    kinds: ['race', 'lock-order', 'hang'],
    instruments: ['tsan', 'helgrind'],
    isRequired: true,
  },
  { name: 'Node-API rules', kinds: ['rule'], instruments: ['layer'], isRequired: true },
  {
    name: 'failing calls',
    kinds: [],
    instruments: ['inject', 'stress'],
    isRequired: false,
  },
]

export interface SafetyOptions {
  components: readonly ComponentWorkloads[]
  /** Where findings can be looked at, relative to the run's folder. */
  findingsPath: string
}

export function safetyRows(list: FindingList, options: SafetyOptions): VerdictRow[] {
  return options.components.flatMap((component) =>
    safetyQuestions.map((question) => safetyRow(list, component, question, options.findingsPath)),
  )
}

function safetyRow(
  list: FindingList,
  { component, workloads }: ComponentWorkloads,
  question: SafetyQuestion,
  findingsPath: string,
): VerdictRow {
  const runs = list.runs.filter(
    (run) => question.instruments.includes(run.instrument) && covers(run, workloads),
  )
  const ran = runs.filter(({ status }) => status === 'ran')
  const found = list.findings.filter(
    (finding) => belongs(finding, workloads, list.runs) && answers(finding, question),
  )
  const failing = found.filter(({ status, severity }) => status === 'new' && severity === 'error')
  // What the config leaves out on purpose does not decide; a check that was not made at all does.
  const isAsked = runs.length > 0 || list.runs.length === 0
  const level: TargetLevel = question.isRequired && isAsked ? 'error' : 'warn'
  const base = {
    component,
    part: 'memory safety' as const,
    name: question.name,
    target: 'no finding',
    level,
    links: linksOf(runs, findingsPath),
  }
  if (failing.length > 0)
    return {
      ...base,
      status: 'fail',
      evidence: failedText(failing),
      findings: failing.map(({ fingerprint }) => fingerprint),
    }
  // What a shard that is missing would have looked at is not known, not even the names of its workloads.
  const lost = runs.find(({ cause }) => cause === 'shard-missing')
  if (lost !== undefined)
    return {
      ...base,
      status: 'not-run',
      reason: lost.reason ?? 'a shard is missing',
      evidence: ran.length === 0 ? 'nothing looked' : lookedText(ran, found),
    }
  if (ran.length === 0)
    return {
      ...base,
      status: 'not-run',
      reason: runs.find(({ reason }) => reason !== undefined)?.reason ?? notAsked(question),
      evidence: 'nothing looked',
    }
  const missing = workloads.filter((name) => !ran.some((run) => coversOne(run, name)))
  if (missing.length > 0)
    return {
      ...base,
      status: 'not-run',
      reason: `no instrument ran ${quoted(missing)} to its end${because(runs)}`,
      evidence: lookedText(ran, found),
    }
  return { ...base, status: 'pass', evidence: lookedText(ran, found) }
}

function answers({ kind, instruments }: Finding, question: SafetyQuestion): boolean {
  if (question.kinds.includes(kind)) return true
  // A defect that shows only when calls fail is told there, whatever it is.
  return (
    question.kinds.length === 0 && instruments.some((one) => question.instruments.includes(one))
  )
}

/** A finding that names no workload is that of all workloads in the files it was seen in. */
function belongs(
  { workloads: own, seenBy }: Finding,
  workloads: readonly string[],
  runs: readonly CheckRun[],
): boolean {
  if (own.length > 0) return own.some((name) => workloads.includes(name))
  const seen = runs.filter(({ instrument, target }) =>
    seenBy.some((one) => one.instrument === instrument && one.target === target),
  )
  return seen.length === 0 || seen.some((run) => covers(run, workloads))
}

const covers = (run: CheckRun, workloads: readonly string[]): boolean =>
  run.workloads === undefined || run.workloads.some((name) => workloads.includes(name))

const coversOne = (run: CheckRun, workload: string): boolean =>
  run.workloads === undefined || run.workloads.includes(workload)

function linksOf(runs: readonly CheckRun[], findingsPath: string): Evidence[] {
  return runs.map((run) => ({ kind: 'findings', path: findingsPath, reproduce: run.reproduce }))
}

function failedText(failing: readonly Finding[]): string {
  const worst = failing[0]!
  const where = worst.location
  const place =
    where === undefined
      ? ''
      : ` in ${where.functionName}${where.line === undefined ? '' : ` (${where.file.slice(where.file.lastIndexOf('/') + 1)}:${where.line})`}`
  return `${counted(failing.length, 'finding')}; first: ${worst.message}${place}, seen by ${worst.instruments.join(', ')}`
}

function lookedText(ran: readonly CheckRun[], found: readonly Finding[]): string {
  const instruments = [...new Set(ran.map(({ instrument }) => instrument))].join(', ')
  const workloads = new Set(ran.flatMap((run) => run.workloads ?? [run.target])).size
  const accepted = found.filter(({ status }) => status !== 'new').length
  const minor = found.filter(({ status }) => status === 'new').length
  const more = [
    ...(minor > 0 ? [`${counted(minor, 'warning or advice', 'warnings and advice')}`] : []),
    ...(accepted > 0 ? [`${accepted} accepted with a reason`] : []),
  ]
  return `0 errors by ${instruments} on ${counted(workloads, 'workload')}${more.length > 0 ? `; ${more.join('; ')}` : ''}`
}

const notAsked = ({ instruments }: SafetyQuestion): string =>
  `none of ${instruments.join(', ')} was asked for: seamproof validate --full, or seamproof check --with ${instruments[0]}`

const because = (runs: readonly CheckRun[]): string => {
  const reason = runs.find(({ status }) => status === 'not-run')?.reason
  return reason === undefined ? '' : `: ${reason}`
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ')

const counted = (count: number, singular: string, plural = `${singular}s`): string =>
  `${count} ${count === 1 ? singular : plural}`

/** Two instruments that agree leave less to doubt than one; what nobody looked at is not safe but unknown. */
export function componentRisks(rows: readonly VerdictRow[]): ComponentRisk[] {
  const components = [...new Set(rows.map(({ component }) => component))]
  return components.flatMap((component): ComponentRisk[] => {
    // Targets for bytes per operation say again what the questions found.
    const safety = rows.filter(
      (row) =>
        row.component === component &&
        row.part === 'memory safety' &&
        row.metric === undefined &&
        safetyQuestions.some(({ name }) => name === row.name),
    )
    return safety.length === 0 ? [] : [{ component, ...riskOf(safety) }]
  })
}

function riskOf(safety: readonly VerdictRow[]): Pick<ComponentRisk, 'risk' | 'why'> {
  const named = (status: VerdictStatus) =>
    safety.filter((row) => row.status === status).map(({ name }) => name)
  const failed = named('fail')
  if (failed.length > 0) return { risk: 'high', why: `found: ${failed.join(', ')}` }
  const passed = named('pass')
  if (passed.length === 0) return { risk: 'unknown', why: 'no instrument looked' }
  const open = [...named('not-run'), ...named('inconclusive')]
  if (open.length === 0) return { risk: 'low', why: 'every question was looked at; nothing found' }
  // Also what the config left out: that nobody asked makes it no safer.
  const needed = safety.filter(
    ({ name, status }) =>
      status !== 'pass' && safetyQuestions.some((one) => one.name === name && one.isRequired),
  )
  return needed.length === 0
    ? { risk: 'low', why: `nothing found; not looked at: ${open.join(', ')}` }
    : { risk: 'medium', why: `nothing found, but not looked at: ${open.join(', ')}` }
}

const stageOfSource = {
  bench: 'bench',
  soak: 'soak',
  experiment: 'experiments',
  check: 'check',
  track: 'check',
} as const

/**
 * A target without a number fails: a workload that was renamed must not pass for ever. Where the whole stage was left out or
 * broke, that is the reason, and the row is one that was not run.
 */
export function excuseUnmeasured(
  rows: readonly VerdictRow[],
  stages: readonly ValidationStage[],
): VerdictRow[] {
  return rows.map((row) => {
    if (row.measurement !== undefined || row.status !== 'fail' || !row.metric) return row
    const stage = stages.find(({ name }) => name === stageOfSource[metrics[row.metric!].source])
    if (stage === undefined || stage.status === 'done') return row
    return {
      ...row,
      status: 'not-run',
      reason: `${stage.name} ${stage.status === 'skipped' ? 'was left out' : 'failed'}: ${stage.reason ?? ''}`,
    }
  })
}

/** A shard sees a part of the runs: what the others look at does not decide here, it does in the merged report. */
export function withoutOtherShards(rows: readonly VerdictRow[]): VerdictRow[] {
  return rows.map((row) => {
    const isUnmeasured = row.metric !== undefined && row.measurement === undefined
    if (row.status !== 'not-run' && !isUnmeasured) return row
    return {
      ...row,
      status: 'not-run',
      level: 'warn',
      reason: `another shard may; seamproof merge knows${row.reason === undefined ? '' : ` (${row.reason})`}`,
    }
  })
}

/** Rows of a component stand together, in the order of the config; within it safety first, then as they were judged. */
export function orderedRows(
  rows: readonly VerdictRow[],
  components: readonly string[],
): VerdictRow[] {
  const place = ({ component }: VerdictRow) => {
    const index = components.indexOf(component)
    return index === -1 ? components.length : index
  }
  return [...rows].sort((a, b) => place(a) - place(b))
}

/** What the exit code follows: warnings never decide. A row that was not run is no pass. */
export function overallStatus(rows: readonly VerdictRow[], isShard = false): VerdictStatus {
  const deciding = rows.filter(({ level }) => level === 'error')
  for (const status of ['fail', 'not-run', 'inconclusive'] as const)
    if (deciding.some((row) => row.status === status)) return status
  return deciding.length === 0 && !isShard ? 'not-run' : 'pass'
}
