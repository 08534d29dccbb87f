import { type Fault, faultClasses, type NapiStatus, napiStatuses } from '../contract/injection.js'
import { ExitCode, SeamproofError } from './seamproof-error.js'

/** `call:napi_create_reference:00c0ffee00c0ffee:1:generic_failure`: one fault in one word, to type and to keep. */
export function faultText({ faultClass, functionName, key, occurrence, status }: Fault): string {
  const parts = [faultClass, functionName, key, String(occurrence)]
  return (status === undefined ? parts : [...parts, status]).join(':')
}

/** @throws SeamproofError for what is no fault. */
export function parseFault(text: string): Fault {
  const [className, functionName = '', key = '', nth = '', statusName] = text.split(':')
  const faultClass = faultClasses.find((name) => name === className)
  const status = napiStatuses.find((name) => name === statusName)
  const occurrence = nth === 'every' ? ('every' as const) : Number(nth)
  const isTime = occurrence === 'every' || (Number.isInteger(occurrence) && occurrence > 0)
  const hasStatus = faultClass === 'call' ? status !== undefined && status !== 'ok' : true
  if (faultClass === undefined || functionName === '' || !/^[0-9a-f]{16}$/.test(key) || !isTime)
    throw notAFault(text)
  if (!hasStatus) throw notAFault(text)
  return {
    faultClass,
    functionName,
    key,
    occurrence,
    ...(faultClass === 'call' ? { status: status as NapiStatus } : {}),
  }
}

/** What the agent reads from SEAMPROOF_INJECT. */
export function faultVariable(fault: Fault): string {
  const nth = fault.occurrence === 'every' ? 0 : fault.occurrence
  const status = fault.status === undefined ? '' : `:${napiStatuses.indexOf(fault.status)}`
  return `${fault.faultClass}:${fault.functionName}:${fault.key}:${nth}${status}`
}

function notAFault(text: string): SeamproofError {
  return new SeamproofError('NOT_A_FAULT', `"${text}" is no fault`, {
    exitCode: ExitCode.usage,
    hint: 'take one out of a report: call:napi_create_reference:00c0ffee00c0ffee:1:generic_failure',
  })
}
