import { renameSync, writeFileSync } from 'node:fs'
import { describeThrown } from './workload-error.js'
import type { WorkloadResult } from './workload-plan.js'

/** Replaces the result file as a whole, so that a crash at any moment leaves the last step readable. */
export function writeResult(path: string, result: WorkloadResult): void {
  writeFileSync(`${path}.tmp`, JSON.stringify(result))
  renameSync(`${path}.tmp`, path)
}

/** Ends a runner whose workloads go one after another: what was thrown is the current one's, or the file's before any began. */
export function failStep(path: string, result: WorkloadResult, thrown: unknown): never {
  const error = describeThrown(thrown)
  const current = result.phase === 'loading' ? undefined : result.workloads.at(-1)
  if (current === undefined) result.error = error
  else current.error ??= error
  writeResult(path, result)
  process.exit(1)
}
