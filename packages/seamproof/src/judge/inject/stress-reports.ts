import type { DefectReport } from '../../contract/finding.js'
import type { StressSchedule, Suspicion } from '../../contract/injection.js'
import { crashRules, type EndedTrial } from './judge-trial.js'

/** A stressed run with names that showed a defect. */
export interface StressedTrial {
  schedule: StressSchedule
  suspicion: Suspicion
  /** Other schedules that showed the same. */
  others: number
  trial: EndedTrial
  /** What the workload threw, or how the program ended. */
  fault: string | undefined
  layer: readonly DefectReport[]
  /** What the layer reports without stress. */
  known: readonly DefectReport[]
  replay: string
}

export function stressReports(stressed: StressedTrial): DefectReport[] {
  const found = reportsOf(stressed)
  return (found.length > 0 ? found : [seenOnce(stressed)]).map((report) => ({
    ...report,
    instrument: 'stress',
    notes: [...notesOf(stressed), ...report.notes],
  }))
}

function reportsOf(stressed: StressedTrial): DefectReport[] {
  const { suspicion, layer, known, trial } = stressed
  if (suspicion.kind === 'rule')
    return layer
      .filter(({ severity, rule }) => severity !== 'advice' && !crashRules.has(rule))
      .filter(
        (one) => !known.some(({ rule, message }) => rule === one.rule && message === one.message),
      )
  if (suspicion.kind === 'result')
    return stressed.fault === undefined ? [] : [otherResult(stressed)]
  if (suspicion.kind === 'hang')
    return trial.didTimeOut
      ? [plain('hang', 'hang', `the process does not end under ${stressPhrase(stressed.schedule)}`)]
      : []
  const seen = layer.find(({ rule }) => crashRules.has(rule))
  if (seen === undefined && trial.exit.signal === null) return []
  const note = (name: string) => seen?.notes.find((one) => one.name === name)?.value
  const memory = note('memory')
  const signal = note('signal') ?? trial.exit.signal ?? suspicion.text
  const frames = seen?.stacks.find(({ role }) => role === 'now')?.frames ?? []
  const where = frames.find(({ origin }) => origin === 'subject')?.functionName
  const what = memory === undefined ? signal : `memory ${memory} is used (${signal})`
  return [
    {
      instrument: 'stress',
      kind: memory === undefined ? 'crash' : 'use-after-free',
      rule: memory === undefined ? signal : 'buffer-let-go-of',
      severity: 'error',
      message: `${what}${where === undefined ? '' : ` in ${where}`}, under ${stressPhrase(stressed.schedule)}`,
      stacks: seen?.stacks ?? [],
      count: 1,
      notes: (seen?.notes ?? []).filter(({ name }) => name !== 'phase'),
    },
  ]
}

/** The same work, another outcome: something depends on when garbage is collected, or on who is faster. */
function otherResult(stressed: StressedTrial): DefectReport {
  const isByTime = stressed.schedule.delayUs > 0
  return {
    ...plain(
      isByTime ? 'race' : 'rule',
      'other-result',
      `the outcome is another one under ${stressPhrase(stressed.schedule)}: ${stressed.fault?.split('\n')[0]}`,
    ),
    // JavaScript itself may count on the order of two callbacks.
    severity: isByTime ? 'warning' : 'error',
  }
}

function plain(kind: DefectReport['kind'], rule: string, message: string): DefectReport {
  return {
    instrument: 'stress',
    kind,
    rule,
    severity: 'error',
    message,
    stacks: [],
    count: 1,
    notes: [],
  }
}

function seenOnce({ suspicion, schedule }: StressedTrial): DefectReport {
  return {
    instrument: 'stress',
    kind:
      suspicion.kind === 'hang'
        ? 'hang'
        : suspicion.kind === 'rule' || suspicion.kind === 'result'
          ? 'rule'
          : 'crash',
    rule: suspicion.kind === 'rule' ? suspicion.text : `${suspicion.kind}-once`,
    severity: 'warning',
    message: `${suspicion.text}, seen once under ${stressPhrase(schedule)} and not again when it was repeated`,
    stacks: [],
    isInconclusive: true,
    count: 1,
    notes: [],
  }
}

export function stressPhrase({ minorEvery, fullEvery, delayUs, seed }: StressSchedule): string {
  const parts = [
    minorEvery > 0 || fullEvery > 0 ? 'collections at crossings' : '',
    delayUs > 0 ? 'random delays' : '',
  ].filter((part) => part !== '')
  return `${parts.join(' and ')} (seed ${seed})`
}

function notesOf({ others, replay }: StressedTrial) {
  return [
    ...(others === 0 ? [] : [{ name: 'shown as well by', value: `${others} other seeds` }]),
    { name: 'replay', value: replay },
  ]
}
