import { ExitCode } from '../base/seamproof-error.js'
import type { Verdicts } from '../contract/verdict.js'

/** A check that failed, or did not run, is never 0. Inconclusive growth is said, and does not fail. */
export function leakExitCode(verdicts: Verdicts): number {
  const isBad = verdicts.checks.some(({ status }) => status === 'fail' || status === 'not-run')
  return isBad ? ExitCode.failed : ExitCode.pass
}
