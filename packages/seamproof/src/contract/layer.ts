import type { MadeFault, StressCounts } from './injection.js'

/** What the seam layer saw of one process. Frame indexes are into `ProcessFacts.frames`, innermost first. */
export type LayerSeverity = 'error' | 'warning' | 'advice'

/** What a thread was doing when it broke a rule; `native`: code that Node did not call through Node-API. */
export type LayerPhase =
  | 'native'
  | 'init'
  | 'callback'
  | 'execute'
  | 'complete'
  | 'finalizer'
  | 'hook'
  | 'call-js'
  | 'teardown'

export type LayerObjectKind =
  | 'reference'
  | 'deferred'
  | 'async work'
  | 'thread-safe function'
  | 'async context'
  | 'callback scope'
  | 'cleanup hook'
  | 'async cleanup hook'
  | 'wrap'
  | 'external'
  | 'buffer'
  | 'handle scope'
  | 'block'

/** `now`: the call that broke the rule. The others are the life of the object it was done to. */
export type LayerStackRole = 'now' | 'created' | 'handed-over' | 'freed'

export interface LayerFinding {
  ruleId: string
  severity: LayerSeverity
  addonPath: string
  /** What JavaScript called, or what registered the callback that ran; empty when it is not known. */
  exportName: string
  /** The Node-API function that was called; empty when the rule was broken by something else. */
  functionName: string
  phase: LayerPhase
  timeMs: number
  /** During which it was seen first; absent in a program, and where no mark followed. */
  workload?: string
  thread: number
  objectKind?: LayerObjectKind
  stacks: { role: LayerStackRole; frameIndexes: number[] }[]
  notes: { name: string; value: string }[]
  /** How often the same was done from the same stack. */
  count: number
}

/** Calls from JavaScript into one function of an addon. */
export interface LayerCrossing {
  addonPath: string
  exportName: string
  callCount: number
  /** Of many calls an estimate: the first 1,024 are timed, then one in 16. */
  totalNs: number
  maxNs: number
  /** Node-API calls made inside, with those of callbacks further in. */
  apiCallCount: number
  /** Text and bytes that Node-API copied from JavaScript into native memory, and back. */
  bytesIn: number
  bytesOut: number
  /** Native allocations made while it was the innermost callback. */
  allocationCount: number
  allocatedBytes: number
  /** How many calls took so long, the shortest first; a length is right within 6 %. Only with the sampler. */
  latencies?: { ns: number; count: number }[]
}

/** Objects of one kind made at one place, counted after each round of a workload. */
export interface LayerObjectSeries {
  kind: LayerObjectKind
  addonPath: string
  exportName: string
  frameIndexes: number[]
  workload: string
  operationsPerRound: number
  liveCounts: number[]
}

/**
 * Why nothing is known of an addon: its initialisation made no call that the layer saw, or it has its functions from a table
 * in its env that the layer could not replace, or it uses V8's own interface.
 */
export type UnseenReason = 'no-call' | 'table' | 'v8'

export interface LayerFacts {
  /** Of the Node that ran; absent when no addon with Node-API was loaded. */
  nodeVersion?: string
  wrappedFunctionCount: number
  /** Functions that this Node exports and the layer does not know: calls to them were not seen. */
  unknownFunctionCount: number
  apiCallCount: number
  /** Faults that were made on purpose, in sentences. */
  injected: string[]
  /** Those that were asked for by place; see `injection.ts`. */
  madeFaults: (MadeFault & { frameIndexes: number[] })[]
  stress?: StressCounts
  findings: LayerFinding[]
  crossings: LayerCrossing[]
  objects: LayerObjectSeries[]
  unseenAddons: { addonPath: string; reason: UnseenReason }[]
}

export interface LayerRule {
  id: string
  family: LayerFamily
  severity: LayerSeverity
  title: string
  /** The rule in one sentence. */
  rule: string
  /** Anchor in Node's n-api documentation. */
  anchor: string
  /** What Node does about it by itself. */
  otherwise: string
  /** How the layer sees it, and what it cannot see of it. */
  detection: string
  fix: string
  /** Why it is off unless it is asked for. */
  optIn?: string
}

export type LayerFamily =
  | 'handoff'
  | 'callback lifecycle'
  | 'rules of the API'
  | 'event loop'
  | 'crash'
