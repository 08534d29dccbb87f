import { type ErrorCode, ExitCode, SeamproofError } from '../../base/seamproof-error.js'
import type { Instrument } from '../../contract/finding.js'
import type { CompilerFamily } from '../build/variant.js'
import type { CheckEffort } from '../subject/check-schedule.js'

export const checkerNames = ['asan', 'ubsan', 'tsan', 'memcheck', 'helgrind', 'drd'] as const
export type CheckerName = (typeof checkerNames)[number] & Instrument

/** What a checker is started with. */
export interface LaunchQuestion {
  /** Its logs go here, and their names begin with `log.`. */
  folder: string
  compiler: { family: CompilerFamily; cc: string }
  /** The subject was built for this checker. */
  isInstrumented: boolean
  /** In rounds, with leaks looked for after each. */
  isWorkload: boolean
  canTraceProcesses: boolean
}

export interface Launch {
  /** Before the command: valgrind and its options. */
  wrapper: string[]
  preloads: string[]
  env: Record<string, string>
  /** In NODE_OPTIONS, for every Node process. */
  nodeOptions: string[]
  /** Only on Node's own command line. */
  nodeFlags: string[]
}

/** One instrument that runs the subject unchanged, or built for it, and leaves a log. */
export interface Checker {
  name: CheckerName
  effort: CheckEffort
  /** Looks for leaks. */
  seesLeaks: boolean
  /** What an addon that was not built for it still gives: `nothing`, or less than all. */
  withoutBuild: 'nothing' | 'some' | 'all'
  launch(question: LaunchQuestion): Launch
  /** What it cannot see by design, in sentences. */
  blindSpots: string[]
  blindSpotsWithoutBuild: string[]
}

export function toolMissing(code: ErrorCode, message: string, remedy: string): SeamproofError {
  return new SeamproofError(code, message, { exitCode: ExitCode.machineLacks, hint: remedy })
}

/** `NAME=value:…` as the sanitizers read it; quoted where a value has what separates. */
export function sanitizerOptions(options: Record<string, string | number>): string {
  return Object.entries(options)
    .map(([name, value]) => {
      const text = String(value)
      return /[\s:,]/.test(text) ? `${name}='${text}'` : `${name}=${text}`
    })
    .join(':')
}
