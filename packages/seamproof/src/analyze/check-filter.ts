import type { DefectStack, Instrument } from '../contract/finding.js'
import type { Frame } from '../contract/frame.js'
import type { ToolReport } from '../contract/tool-report.js'
import { kindOf } from './check-kinds.js'

/** The languages' run-times and the checkers' own frames: who called them is the question. */
const isPassedOver = (frame: Frame) => frame.origin === 'system'

const isSubject = (frame: Frame) => frame.origin === 'subject'

/**
 * Whether a report is about the subject. The rule differs with the instrument, since each has noise of another kind; these made
 * clean addons silent and kept every seeded bug.
 */
export function isAboutSubject(
  instrument: Instrument,
  report: Pick<ToolReport, 'rule' | 'text'>,
  stacks: readonly DefectStack[],
): boolean {
  // It ended the process. Out of abort() the unwinder often does not come as far as the code that called it.
  if (kindOf(instrument, report).kind === 'crash') return true
  switch (instrument) {
    case 'tsan':
    case 'helgrind':
    case 'drd':
      // V8, called by the addon, races with itself in their eyes: only the code that made the access counts.
      return accesses(stacks).some((stack) => isOwnAccess(stack.frames))
    default:
      return stacks.some((stack) => stack.frames.some(isSubject))
  }
}

/**
 * Code that switches stacks by itself (coroutines, FFI libraries with stacks of their own) has valgrind take parts of a stack for
 * gone that are in use: the address is then mapped, writable, and nothing that was ever freed.
 */
export function isStackSwitch(instrument: Instrument, { rule, text }: ToolReport): boolean {
  return (
    instrument === 'memcheck' &&
    /^Invalid(?:Read|Write)$/.test(rule) &&
    /is in a rw- anonymous segment|is on thread \d+'s stack$/m.test(text)
  )
}

export function accesses(stacks: readonly DefectStack[]): DefectStack[] {
  const found = stacks.filter(
    ({ role }) => role === 'now' || role === 'other-access' || role === 'lock-taken',
  )
  return found.length > 0 ? found : stacks.slice(0, 2)
}

/** The code that made an access, however it did. */
export function accessFrame(frames: readonly Frame[]): Frame | undefined {
  return frames.find((frame) => !isPassedOver(frame))
}

function isOwnAccess(frames: readonly Frame[]): boolean {
  const first = accessFrame(frames)
  return first !== undefined && isSubject(first)
}
