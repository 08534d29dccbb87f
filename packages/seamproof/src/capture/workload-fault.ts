import { join } from 'node:path'
import { type ErrorCode, ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { mapErrorStack, userStack } from './error-stack.js'
import type { SubjectRun } from './run-subject.js'
import type { WorkloadError, WorkloadResult } from './subject/workload-plan.js'
import type { WorkloadFile } from './workload-file.js'

export interface WorkloadEnding {
  file: WorkloadFile
  captureDir: string
  run: SubjectRun
  /** Undefined when the runner did not even start. */
  result: WorkloadResult | undefined
  timeoutMs: number
}

/** What kept the workloads of a file from coming to their end; undefined when nothing did. */
export function workloadFault(ending: WorkloadEnding): SeamproofError | undefined {
  const { file, captureDir, run, result, timeoutMs } = ending
  if (result?.phase === 'done') return undefined
  const where = describePlace(file, result)
  const thrown = result?.error ?? result?.workloads.find((one) => one.error !== undefined)?.error
  if (thrown?.isComplaint)
    return fault(
      'WORKLOAD_NOT_DECLARED',
      `${file.path}: ${thrown.message}`,
      'see what a workload looks like: seamproof init',
    )
  if (thrown !== undefined) {
    return fault(
      'WORKLOAD_THREW',
      `${where} threw\n${thrownText(thrown, file, captureDir)}`,
      'fix the workload, or what it calls, and track it again',
    )
  }
  if (run.didTimeOut)
    return fault(
      'WORKLOAD_TIMED_OUT',
      `${where} was stopped after ${timeoutMs / 1000} s`,
      'look for an operation that never settles, or allow more with --timeout SECONDS',
    )
  if (run.exit.signal !== null)
    return fault(
      'WORKLOAD_CRASHED',
      `${where} was ended by ${run.exit.signal}`,
      'run it under a debugger to see where it crashes; what was recorded until then is kept',
    )
  const { code } = run.exit
  // Node's code for "nothing left to do, but a top-level await is not settled".
  if (code === 13)
    return fault(
      'WORKLOAD_NEVER_SETTLED',
      `${where} awaits something that never settles`,
      'every promise of an operation must settle',
    )
  return fault(
    'WORKLOAD_ENDED_PROCESS',
    `${where} ended the process with exit code ${code}`,
    'a workload must return: look for process.exit',
  )
}

/** The user's own error, with the positions in the user's own files and without our frames. */
export function thrownText(thrown: WorkloadError, file: WorkloadFile, captureDir: string): string {
  const bundleFile = file.mustBundle ? join(captureDir, 'workload', 'workload.mjs') : undefined
  const stack = mapErrorStack(userStack(thrown.stack), bundleFile)
  return stack.includes(thrown.message) ? stack : `${thrown.message}\n${stack}`.trimEnd()
}

function describePlace(file: WorkloadFile, result: WorkloadResult | undefined): string {
  if (result === undefined || result.phase === 'loading')
    return `${file.path}, while it was loaded,`
  const round = result.phase === 'round' ? ` ${result.round}` : ''
  return `workload "${result.workload}" (in its ${result.phase}${round})`
}

function fault(code: ErrorCode, message: string, hint: string): SeamproofError {
  return new SeamproofError(code, message, { exitCode: ExitCode.subjectNotDriven, hint })
}
