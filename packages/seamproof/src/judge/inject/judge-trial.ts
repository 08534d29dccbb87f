import type { SubjectExit } from '../../contract/capture.js'
import type { Attempt, AttemptResult, MadeFault, Suspicion } from '../../contract/injection.js'

/** A run as it ended, without names. */
export interface EndedTrial {
  exit: SubjectExit
  didTimeOut: boolean
  wallMs: number
  outputTail: string
  madeFaults: readonly MadeFault[]
  findings: readonly {
    ruleId: string
    severity: 'error' | 'warning' | 'advice'
    identity: string
    notes: readonly { name: string; value: string }[]
  }[]
  /** Groups that grow in rounds. */
  leaks: readonly { identity: string; text: string }[]
}

/** What a run without faults shows as well. */
export interface TrialBaseline {
  findings: ReadonlySet<string>
  leaks: ReadonlySet<string>
}

/** Ends that no program chooses. */
const crashSignals = new Set(['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE'])
/** What the C library says before it ends a process whose heap is broken. */
const brokenHeap =
  /double free|free\(\): invalid|munmap_chunk\(\)|corrupted|malloc\(\): |realloc\(\): invalid|invalid next size|stack smashing/
/** What the layer's handler calls a crash. */
export const crashRules: ReadonlySet<string> = new Set(['SEAM-CRASH-001', 'SEAM-TSFN-007'])

/**
 * A JavaScript exception, an error code of the process and a workload that broke off are what a fault may lead to. What may
 * not: a crash, a hang, a broken rule that is not broken without the fault, memory that stays.
 */
export function judgeTrial(
  attempt: Attempt | undefined,
  trial: EndedTrial,
  baseline: TrialBaseline,
): AttemptResult {
  const all = [
    ...endOf(attempt, trial),
    ...trial.findings.filter((one) => isNew(one, baseline)).map(ruleBroken),
    ...leaksOf(attempt, trial, baseline),
  ]
  const suspicions = all.filter(
    ({ identity }, index) => all.findIndex((one) => one.identity === identity) === index,
  )
  const wasMade = attempt === undefined || trial.madeFaults.length > 0
  const outcome = suspicions.length > 0 ? 'suspicious' : wasMade ? 'clean' : 'missed'
  return {
    outcome: wasMade ? outcome : 'missed',
    suspicions: wasMade ? suspicions : [],
    wallMs: trial.wallMs,
  }
}

/** One fault may leave many kinds of blocks behind: it is one defect. */
function leaksOf(
  attempt: Attempt | undefined,
  trial: EndedTrial,
  baseline: TrialBaseline,
): Suspicion[] {
  const fresh = trial.leaks.filter(({ identity }) => !baseline.leaks.has(identity))
  if (fresh.length === 0) return []
  const place = attempt?.fault.key ?? fresh[0]!.identity
  return [{ kind: 'leak', identity: `leak|${place}`, text: fresh[0]!.text }]
}

/** An exception that was thrown to make a call fail is lost like any other when nobody asked for the result. */
export const ofTheFaultItself: ReadonlySet<string> = new Set([
  ...crashRules,
  'SEAM-ERROR-002',
  'SEAM-ERROR-003',
])

function isNew(
  { severity, ruleId, identity }: EndedTrial['findings'][number],
  baseline: TrialBaseline,
): boolean {
  return severity !== 'advice' && !ofTheFaultItself.has(ruleId) && !baseline.findings.has(identity)
}

function ruleBroken({ identity, ruleId }: EndedTrial['findings'][number]): Suspicion {
  return { kind: 'rule', identity, text: ruleId }
}

function endOf(attempt: Attempt | undefined, trial: EndedTrial): Suspicion[] {
  const crash = trial.findings.find(({ ruleId }) => crashRules.has(ruleId))
  const signal = crash?.notes.find(({ name }) => name === 'signal')?.value ?? trial.exit.signal
  const place = crash?.identity ?? (attempt === undefined ? '' : attempt.fault.key)
  if (trial.didTimeOut) {
    // In every operation the same failure may be tried again for ever, by JavaScript that means to.
    if (attempt?.mode === 'rounds' || attempt?.fault.faultClass === 'tsfn') return []
    return [{ kind: 'hang', identity: `hang|${attempt?.fault.key ?? ''}`, text: 'it did not end' }]
  }
  if (signal === null || signal === undefined) return []
  if (crashSignals.has(signal)) return [{ kind: 'crash', identity: `crash|${place}`, text: signal }]
  if (signal !== 'SIGABRT') return []
  if (brokenHeap.test(trial.outputTail))
    return [{ kind: 'crash', identity: `heap|${place}`, text: 'the heap is broken' }]
  // C++ and Rust abort by themselves when memory is out: one remark for all places.
  const isMemory = attempt?.fault.faultClass === 'alloc'
  return [{ kind: 'abort', identity: `abort|${isMemory ? 'memory' : place}`, text: 'SIGABRT' }]
}
