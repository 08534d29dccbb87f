import type { CheckRun, DefectReport } from '../../contract/finding.js'
import type { AttemptResult, AttemptStep, FaultPoint } from '../../contract/injection.js'

/** One step of the walk, as far as it came. */
export interface WalkedStep {
  step: AttemptStep
  plannedCount: number
  results: readonly AttemptResult[]
  end: 'done' | 'out of time' | 'stopped'
}

export interface InjectOutcome {
  base: Pick<CheckRun, 'instrument' | 'target' | 'reproduce' | 'folder' | 'wallMs'>
  points: readonly FaultPoint[]
  steps: readonly WalkedStep[]
  reports: DefectReport[]
  /** Defects that nobody looked at again: there were too many, or no time was left. */
  unnamedCount: number
  isStopped: boolean
  isProgram: boolean
}

const blindSpots = [
  'calls made while a module loads, in finalizers and in cleanup hooks were not made to fail: they do not come at the same point of every run',
  'allocations inside libraries that an addon brought along: only those of the addon’s own code were made to fail',
  'what only a failure reaches (calls on the way out of one) was not made to fail in its turn',
  'addons that use V8’s own API instead of Node-API: nothing that JavaScript called in those was made to fail',
]
const programBlindSpot =
  'memory that a failure leaves behind shows in rounds only: check a workload (FILE.seam.ts) for leaks on error paths'

/** The walk as a run: what share of it was done is part of the result, whatever was found. */
export function injectRun(outcome: InjectOutcome): CheckRun {
  const { base, steps, reports, isStopped, isProgram } = outcome
  const hasTried = steps.some(({ results }) => results.length > 0)
  const common = {
    ...base,
    reports,
    foreignCount: 0,
    blindSpots: isProgram ? [...blindSpots, programBlindSpot] : blindSpots,
    notes: notesOf(outcome),
  }
  if (isStopped)
    return {
      ...common,
      status: 'not-run',
      cause: 'interrupted',
      reason: 'it was interrupted; --resume goes on',
    }
  if (!hasTried)
    return {
      ...common,
      status: 'not-run',
      cause: 'subject-not-driven',
      reason: 'there was no time for a single fault: allow more with --budget',
    }
  const incomplete = incompleteReason(steps) ?? unnamedReason(outcome)
  return { ...common, status: 'ran', ...(incomplete === undefined ? {} : { incomplete }) }
}

/** Every place once is the least that a walk must have done before it may be called a pass. */
function incompleteReason(steps: readonly WalkedStep[]): string | undefined {
  const [first] = steps
  if (first === undefined || first.results.length >= first.plannedCount) return undefined
  return `there was time for ${first.results.length} of ${first.plannedCount} places: more with --budget, the rest with --resume`
}

function unnamedReason({ unnamedCount }: InjectOutcome): string | undefined {
  if (unnamedCount === 0) return undefined
  return `${counted(unnamedCount, 'further defect')} showed and ${unnamedCount === 1 ? 'is' : 'are'} not in the list: mend those that are, or allow more with --budget`
}

function notesOf(outcome: InjectOutcome): string[] {
  const { points, steps } = outcome
  const unnamed = unnamedReason(outcome)
  const of = (faultClass: FaultPoint['faultClass']) =>
    points.filter((point) => point.faultClass === faultClass).length
  const places = `${counted(points.length, 'place')} where something can fail: ${counted(of('call'), 'Node-API call')}, ${counted(of('alloc'), 'allocation')}, ${counted(of('tsfn'), 'thread-safe function')}`
  return [places, ...steps.map(stepNote), ...(unnamed === undefined ? [] : [unnamed])]
}

function stepNote({ step, plannedCount, results, end }: WalkedStep): string {
  const of = (outcome: AttemptResult['outcome']) =>
    results.filter((result) => result.outcome === outcome).length
  const rest = plannedCount - results.length
  const parts = [
    of('suspicious') > 0 ? `${of('suspicious')} showed a defect` : '',
    of('missed') > 0 ? `${of('missed')} not repeatable: the place was not come by that often` : '',
    of('needless') > 0 ? `${of('needless')} needless, the place is known to be broken` : '',
    rest > 0
      ? `${rest} NOT TRIED (${end === 'stopped' ? 'interrupted' : 'the time was up'}: more with --budget, the rest with --resume)`
      : '',
  ].filter((part) => part !== '')
  const share = plannedCount === 0 ? 100 : (100 * results.length) / plannedCount
  const head = `${step}: ${results.length} of ${plannedCount} tried (${share.toFixed(0)} %)`
  return parts.length === 0 ? head : `${head}; ${parts.join('; ')}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
