import { inspect } from 'node:util'
import { WorkloadComplaint } from './loaded-workload.js'
import type { WorkloadError } from './workload-plan.js'

export function describeThrown(thrown: unknown): WorkloadError {
  if (thrown instanceof WorkloadComplaint)
    return { message: thrown.message, stack: '', isComplaint: true }
  if (thrown instanceof Error)
    return { message: `${thrown.name}: ${thrown.message}`, stack: thrown.stack ?? '' }
  return { message: `${inspect(thrown)} (not an Error)`, stack: '' }
}
