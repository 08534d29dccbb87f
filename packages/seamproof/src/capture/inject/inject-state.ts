import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ExitCode, SeamproofError } from '../../base/seamproof-error.js'
import { writeWholeFile } from '../../base/whole-file.js'
import type { AttemptResult, FaultPoint } from '../../contract/injection.js'
import type { TrialSubject } from './run-trial.js'

/** What is known so far: enough to go on after a break, however it came. */
export interface InjectState {
  formatVersion: 1
  seamproofVersion: string
  subject: TrialSubject
  cwd: string
  points: FaultPoint[]
  /** A run without faults. */
  dry: { wallMs: number; exitCode: number | null }
  baselineFindings: string[]
  /** Groups that grow without faults, as told without names and with them. */
  baselineLeaks: string[]
  baselineNamedLeaks: string[]
  /** By mode and fault text. */
  results: Record<string, AttemptResult>
}

const stateFile = 'inject.json'

/** @throws SeamproofError when there is nothing of this subject to go on with. */
export function readInjectState(folder: string, subject: TrialSubject): InjectState {
  const path = join(folder, stateFile)
  let reason = 'it is of another version'
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as InjectState
    if (state.formatVersion === 1 && state.subject.shown === subject.shown) return state
    if (state.formatVersion === 1) reason = `it is about ${state.subject.shown}`
  } catch (cause) {
    throw notResumable(path, (cause as Error).message)
  }
  throw notResumable(path, reason)
}

export function writeInjectState(folder: string, state: InjectState): void {
  writeWholeFile(join(folder, stateFile), `${JSON.stringify(state)}\n`)
}

function notResumable(path: string, reason: string): SeamproofError {
  return new SeamproofError('NOT_RESUMABLE', `${path} cannot be gone on with: ${reason}`, {
    exitCode: ExitCode.usage,
    hint: 'give the folder of an earlier check --inject, or start anew without --resume',
  })
}
