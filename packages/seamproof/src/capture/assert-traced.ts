import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import type { SubjectExit } from '../contract/capture.js'
import { traceFilesIn } from './capture-directory.js'

/** A run that nothing was recorded of is a failure of the capture, whatever the subject's exit code says. */
export function assertTraced(captureDir: string, exit: SubjectExit, executable: string): void {
  if (traceFilesIn(captureDir).length > 0) return
  const ending = exit.signal === null ? `exited ${exit.code}` : `was ended by ${exit.signal}`
  throw new SeamproofError(
    'NOTHING_RECORDED',
    `no process wrote a trace into ${captureDir}; the subject ${ending}`,
    {
      exitCode: ExitCode.subjectNotDriven,
      hint: `${executable} may start a program that drops LD_PRELOAD (sudo, a container, a static binary): track that one directly`,
    },
  )
}
