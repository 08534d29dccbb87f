import type { SeamproofError } from '../base/seamproof-error.js'
import type { ReadCapture } from '../pipeline.js'

/** What `track --json` prints: how the run went, and what was judged. The numbers behind it are in facts.json. */
export function captureJson(
  { captureDir, manifest, verdicts, notes }: ReadCapture,
  fault?: SeamproofError,
) {
  return {
    formatVersion: 1,
    captureDir,
    manifest,
    checks: verdicts.checks,
    leaks: verdicts.leaks,
    notes,
    ...(fault === undefined
      ? {}
      : { fault: { code: fault.code, message: fault.message, hint: fault.hint } }),
  }
}
