import type { LayerPhase } from './layer.js'

/** `call`: a Node-API function fails. `alloc`: memory is out. `tsfn`: the env ends before a queued call is made. */
export const faultClasses = ['call', 'alloc', 'tsfn'] as const
export type FaultClass = (typeof faultClasses)[number]

/** `napi_status`, in the order of its numbers. */
export const napiStatuses = [
  'ok',
  'invalid_arg',
  'object_expected',
  'string_expected',
  'name_expected',
  'function_expected',
  'number_expected',
  'boolean_expected',
  'array_expected',
  'generic_failure',
  'pending_exception',
  'cancelled',
  'escape_called_twice',
  'handle_scope_mismatch',
  'callback_scope_mismatch',
  'queue_full',
  'closing',
  'bigint_expected',
  'date_expected',
  'arraybuffer_expected',
  'detachable_arraybuffer_expected',
  'would_deadlock',
  'no_external_buffers_allowed',
  'cannot_run_js',
] as const
export type NapiStatus = (typeof napiStatuses)[number]

/** A place in the subject's code where a fault can be made. The same key means the same place in every run. */
export interface FaultPoint {
  faultClass: FaultClass
  /** `napi_create_reference`, `malloc`, `operator new`, `call_js`. */
  functionName: string
  /** 16 hex digits of the class, the function and the subject's frames. */
  key: string
  addonPath: string
  exportName: string
  phase: LayerPhase
  /** What the call may fail with, the likeliest first; empty for what has no status. */
  statuses: NapiStatus[]
  /** How often a run without faults came by. */
  count: number
  /** The ways that led there; `first` is the number of the first time by this one. */
  paths: { first: number; count: number; caller: string }[]
}

/** One fault to make, or the same one every time. */
export interface Fault {
  faultClass: FaultClass
  functionName: string
  key: string
  /** From 1; `every` for all of them. */
  occurrence: number | 'every'
  /** Of `call` only. */
  status?: NapiStatus
}

/** A fault that was made, as the agent recorded it. */
export interface MadeFault extends Fault {
  occurrence: number
  timeMs: number
}

/** What one stressed run does: collections at crossings, late callbacks, small young generation; by its number. */
export interface StressSchedule {
  seed: number
  /** One of so many crossings collects the young generation, or everything; 0 for none. */
  minorEvery: number
  fullEvery: number
  delayUs: number
  /** Buffers that addons were given are fenced off when JavaScript lets go of them; V8's young generation is small. */
  isFenced: boolean
}

/** What a stressed run did to the subject. */
export interface StressCounts {
  minorCollections: number
  fullCollections: number
  delays: number
  delayedMs: number
  /** Buffers that addons were given, kept unreadable after JavaScript let go of them. */
  fencedBuffers: number
}

/**
 * `once`: one call fails, and what comes of it shows in the rest of the run. `rounds`: the same call fails in every operation,
 * so that what the way out of a failure forgets to free grows from round to round.
 */
export type AttemptMode = 'once' | 'rounds'

export interface Attempt {
  fault: Fault
  mode: AttemptMode
}

/** What the attempts of one step are for. */
export const attemptSteps = [
  'each place once',
  'each place in every operation',
  'other ways to each place',
  'other statuses',
  'every further time',
] as const
export type AttemptStep = (typeof attemptSteps)[number]

/** What a run gave reason to look at again, with names. */
export interface Suspicion {
  kind: 'crash' | 'abort' | 'hang' | 'rule' | 'leak' | 'result'
  /** The same defect has the same, whichever fault showed it. */
  identity: string
  /** In a few words, without names. */
  text: string
}

/** How one attempt ended. `missed`: the place was not come by that often this time. */
export interface AttemptResult {
  outcome: 'clean' | 'missed' | 'suspicious' | 'needless'
  suspicions: Suspicion[]
  wallMs: number
}
