import type { CaptureFacts, GrowthGroup, ProcessFacts } from '../../contract/facts.js'
import type { DefectKind, DefectReport, DefectStack, Severity } from '../../contract/finding.js'
import type { Frame } from '../../contract/frame.js'
import type { Attempt, Fault, FaultPoint, Suspicion } from '../../contract/injection.js'
import type { Verdicts } from '../../contract/verdict.js'
import { crashRules, type EndedTrial, ofTheFaultItself } from './judge-trial.js'

/** A run with names that was made to show a defect once more, and what is known about the fault in it. */
export interface NamedTrial {
  attempt: Attempt
  suspicion: Suspicion
  /** Other attempts that showed the same. */
  others: number
  point: FaultPoint | undefined
  trial: EndedTrial
  facts: CaptureFacts
  verdicts: Verdicts
  /** Reports of the seam layer on this run. */
  layer: readonly DefectReport[]
  /** What the layer reports without a fault. */
  known: readonly DefectReport[]
  /** Groups that grow without a fault. */
  knownLeaks: ReadonlySet<string>
  replay: string
}

/** A structure's fields lie this near to its start. */
const nearNullBytes = 64 * 1024

/** The defect that the fault shows, with the stack of the call that failed as its origin. */
export function injectReports(named: NamedTrial): DefectReport[] {
  const found = reportsOf(named)
  const origin = originOf(named)
  return (found.length > 0 ? found : [seenOnce(named)]).map((report) => ({
    ...report,
    instrument: 'inject',
    stacks: [...report.stacks, ...origin],
    notes: [...notesOf(named), ...report.notes],
  }))
}

function reportsOf(named: NamedTrial): DefectReport[] {
  switch (named.suspicion.kind) {
    case 'rule':
      return rulesBroken(named)
    case 'leak':
      return leaks(named)
    case 'hang':
      return named.trial.didTimeOut ? [hang(named)] : []
    default:
      return crash(named)
  }
}

function rulesBroken({ layer, known, attempt, suspicion }: NamedTrial): DefectReport[] {
  const isKnown = (report: DefectReport) =>
    known.some(({ rule, message }) => rule === report.rule && message === report.message)
  const broken = layer
    .filter(({ severity, rule }) => severity !== 'advice' && !ofTheFaultItself.has(rule))
    .filter(({ rule }) => suspicion.kind !== 'rule' || rule === suspicion.text)
    .filter((report) => !isKnown(report))
  return firstOfEach(broken).map((report) => ({
    ...report,
    message: `${report.message}, after ${faultPhrase(attempt.fault)}`,
  }))
}

/** One failure makes every call fail that is made in spite of it: the first of them says what there is to say. */
function firstOfEach(broken: readonly DefectReport[]): DefectReport[] {
  const inSpite = broken.filter(({ rule }) => rule === 'SEAM-ERROR-001')
  const [first, ...further] = inSpite
  if (first === undefined || further.length === 0) return [...broken]
  const note = { name: 'places that call in spite of it', value: String(inSpite.length) }
  return broken
    .filter((report) => !further.includes(report))
    .map((report) => (report === first ? { ...report, notes: [...report.notes, note] } : report))
}

function crash({ layer, trial, attempt, suspicion }: NamedTrial): DefectReport[] {
  const isGone = trial.exit.signal === null && !layer.some(({ rule }) => crashRules.has(rule))
  if (isGone) return []
  const seen = layer.find(({ rule }) => crashRules.has(rule))
  const note = (name: string) => seen?.notes.find((one) => one.name === name)?.value
  const signal = note('signal') ?? trial.exit.signal ?? suspicion.text
  const stacks = seen?.stacks.filter(({ role }) => role === 'now') ?? []
  const where = subjectFunction(stacks)
  const { kind, rule, severity, what } = crashKind(
    suspicion,
    attempt.fault,
    signal,
    note('address'),
    trial,
  )
  const place = where === undefined ? '' : ` in ${where}`
  return [
    {
      instrument: 'inject',
      kind,
      rule,
      severity,
      message: `${what}${place} after ${faultPhrase(attempt.fault)}`,
      stacks,
      ...(seen?.workload === undefined ? {} : { workload: seen.workload }),
      count: 1,
      notes: (seen?.notes ?? []).filter(({ name }) => name !== 'phase'),
    },
  ]
}

function crashKind(
  { kind }: Suspicion,
  { faultClass }: Fault,
  signal: string,
  address: string | undefined,
  { outputTail }: EndedTrial,
): { kind: DefectKind; rule: string; severity: Severity; what: string } {
  if (kind === 'abort')
    return {
      kind: 'crash',
      rule: faultClass === 'alloc' ? 'abort-without-memory' : 'abort-on-failure',
      // C++ and Rust end the process when memory is out, on purpose.
      severity: faultClass === 'alloc' ? 'advice' : 'warning',
      what: 'the process is aborted',
    }
  if (/double free/.test(outputTail))
    return { kind: 'double-free', rule: 'double-free', severity: 'error', what: 'freed twice' }
  if (signal === 'SIGABRT')
    return {
      kind: 'invalid-free',
      rule: 'broken-heap',
      severity: 'error',
      what: 'the heap is broken',
    }
  const isNull = address === '(nil)' || Number(address) < nearNullBytes
  return isNull
    ? {
        kind: 'null-pointer',
        rule: 'null-pointer',
        severity: 'error',
        what: `${signal} at ${address}`,
      }
    : { kind: 'crash', rule: signal, severity: 'error', what: signal }
}

function hang({ attempt }: NamedTrial): DefectReport {
  return {
    instrument: 'inject',
    kind: 'hang',
    rule: 'hang',
    severity: 'error',
    message: `the process does not end any more after ${faultPhrase(attempt.fault)}`,
    stacks: [],
    count: 1,
    notes: [],
  }
}

/** One fault has one report, however many kinds of blocks it leaves behind. */
function leaks(named: NamedTrial): DefectReport[] {
  const { verdicts, facts, attempt, knownLeaks } = named
  const parts = verdicts.leaks
    .filter(({ status, groupId }) => status === 'fail' && !knownLeaks.has(groupId))
    .flatMap(({ groupId, traceFile, reason }) => {
      const process = facts.processes.find((one) => one.traceFile === traceFile)
      const group = process?.groups.find((one) => one.groupId === groupId)
      return process !== undefined && group?.attribution === 'subject'
        ? [{ process, group, reason }]
        : []
    })
    .sort((a, b) => rank(b) - rank(a))
  if (parts.length > 0) return [leak(parts, attempt.fault)]
  return rulesBroken(named).filter(({ kind }) => kind === 'leak')
}

interface LeakPart {
  process: ProcessFacts
  group: GrowthGroup
  reason: string
}

/** What the subject allocated itself says more than what Node allocated for it; then the larger. */
function rank({ process, group }: LeakPart): number {
  const innermost = group.frameIndexes.map((index) => process.frames[index]!)
  const isOwn = innermost.find(({ origin }) => origin !== 'system')?.origin === 'subject'
  return (isOwn ? 1e12 : 0) + group.bytesPerOperation.value
}

function leak(parts: readonly LeakPart[], fault: Fault): DefectReport {
  const { process, group, reason } = parts[0]!
  const callSite = group.callSites[0]?.frameIndexes ?? []
  const frames = [...group.frameIndexes, ...callSite].map((index) => process.frames[index]!)
  const sum = (of: (group: GrowthGroup) => number) =>
    parts.reduce((total, part) => total + of(part.group), 0)
  const grown = (values: readonly number[]) => (values.at(-1) ?? 0) - (values[0] ?? 0)
  const others = parts.length === 1 ? '' : ` (and ${parts.length - 1} other kinds of blocks)`
  return {
    instrument: 'inject',
    kind: 'leak',
    rule: 'leak-on-failure',
    severity: 'error',
    message: `${group.functionName} does not give back what it has taken when ${faultCondition(fault)}${others}`,
    stacks: [{ role: 'allocated', frames: withoutAgent(frames) }],
    ...(group.workload === undefined ? {} : { workload: group.workload }),
    perOperation: {
      bytes: sum(({ bytesPerOperation }) => bytesPerOperation.value),
      blocks: sum(({ blocksPerOperation }) => blocksPerOperation.value),
    },
    bytes: sum(({ liveBytes }) => grown(liveBytes)),
    blocks: sum(({ liveCounts }) => grown(liveCounts)),
    count: 1,
    notes: [{ name: 'growth', value: reason }],
  }
}

/** Nothing of it was seen with names: said as it is, and not counted as certain. */
function seenOnce({ suspicion, attempt }: NamedTrial): DefectReport {
  const kinds: Record<Suspicion['kind'], DefectKind> = {
    crash: 'crash',
    abort: 'crash',
    hang: 'hang',
    rule: 'rule',
    leak: 'leak',
    result: 'rule',
  }
  const isMild = suspicion.kind === 'abort' && attempt.fault.faultClass === 'alloc'
  return {
    instrument: 'inject',
    kind: kinds[suspicion.kind],
    rule: suspicion.kind === 'rule' ? suspicion.text : `${suspicion.kind}-once`,
    severity: isMild ? 'advice' : 'warning',
    message: `${suspicion.text}, seen once after ${faultPhrase(attempt.fault)} and not again when it was repeated`,
    stacks: [],
    isInconclusive: true,
    count: 1,
    notes: [],
  }
}

/* ------------------------------------------------------------------------------------------------------- the fault */

/** `napi_create_reference had returned generic_failure` */
export function faultPhrase({ faultClass, functionName, status }: Fault): string {
  if (faultClass === 'call') return `${functionName} had returned ${status}`
  if (faultClass === 'alloc') return `${functionName} had given no memory`
  return 'the env had ended with a call in its queue'
}

function faultCondition({ faultClass, functionName, status }: Fault): string {
  if (faultClass === 'call') return `${functionName} returns ${status}`
  if (faultClass === 'alloc') return `${functionName} gives no memory`
  return 'the env ends'
}

function originOf({ facts, attempt }: NamedTrial): DefectStack[] {
  for (const process of facts.processes) {
    const made = process.layer?.madeFaults.find(({ key }) => key === attempt.fault.key)
    if (made === undefined) continue
    const frames = made.frameIndexes.map((index) => process.frames[index]!)
    return [{ role: 'made-to-fail', frames: withoutAgent(frames) }]
  }
  return []
}

function notesOf({ attempt, point, others, replay }: NamedTrial) {
  const { fault } = attempt
  const which =
    fault.occurrence === 'every'
      ? 'every time'
      : `time ${fault.occurrence}${point === undefined ? '' : ` of ${point.count}`}`
  const within = point?.exportName ? ` in ${point.exportName}()` : ''
  return [
    { name: 'made to fail', value: `${faultPhrase(fault)}${within}, ${which} at this place` },
    ...(others === 0 ? [] : [{ name: 'shown as well by', value: `${others} other faults` }]),
    { name: 'replay', value: replay },
  ]
}

function subjectFunction(stacks: readonly DefectStack[]): string | undefined {
  return stacks[0]?.frames.find(({ origin }) => origin === 'subject')?.functionName
}

function withoutAgent(frames: readonly Frame[]): Frame[] {
  return frames.filter(({ moduleName }) => moduleName !== 'seamproof-agent.so')
}
