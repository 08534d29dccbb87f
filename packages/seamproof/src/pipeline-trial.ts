import { join } from 'node:path'
import { traceFilesIn } from './capture/capture-directory.js'
import { shellWord } from './capture/check-plan.js'
import type { TrialSubject } from './capture/inject/run-trial.js'
import { readTraceMeta, type TraceMeta } from './trace/trace-meta.js'

export type { TrialSubject }

/** What a check is given that runs its subject many times, each time with something made to happen to it. */
export interface TrialCheckOptions {
  subject: TrialSubject
  cwd: string
  env: NodeJS.ProcessEnv
  /** Everything is kept below it; made when it is not there. */
  folder: string
  /** Of one run; some times the run without trouble unless given. */
  timeoutMs?: number | undefined
  subjectModules?: readonly string[] | undefined
  signal?: AbortSignal | undefined
  onStep?: ((text: string) => void) | undefined
}

/** What every process of a trial said of itself. */
export const trialMetas = (folder: string): TraceMeta[] =>
  traceFilesIn(folder).map((name) => readTraceMeta(join(folder, name)))

/** The line that does it again: `options` go behind `seamproof check`. */
export function trialCommand(subject: TrialSubject, options: string): string {
  const head = `seamproof check ${options}`
  if (subject.kind === 'program') return `${head} -- ${subject.shown}`
  const only = subject.only === undefined ? '' : ` --only ${shellWord(subject.only)}`
  const node = subject.nodePath === undefined ? '' : ` --node ${shellWord(subject.nodePath)}`
  return `${head}${only}${node} ${shellWord(subject.shown)}`
}
