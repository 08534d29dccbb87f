import type { SampleState } from './cpu-profile.js'
import type { Estimate } from './facts.js'
import type { Frame } from './frame.js'

export const opportunityKinds = [
  'hotspot',
  'gc',
  'lock',
  'blocking call',
  'run queue',
  'event loop',
  'crossing',
  'copy',
  'conversion',
  'allocation',
  'batching',
  'pooling',
] as const

export type OpportunityKind = (typeof opportunityKinds)[number]

/** What the share is a share of. `run`: elapsed time of one thread; `cpu`: all threads' time on a core; `operation`: of a workload. */
type OpportunityWhole = 'cpu' | 'run' | 'operation'

/** Time that could be saved, with what it is known from. Costs of different kinds do not overlap, so that gains of `cpu` add up. */
export interface Opportunity {
  kind: OpportunityKind
  /** `Encode copies memory`: what, in a few words, without a number. */
  title: string
  /** One sentence with the numbers behind it. */
  evidence: string
  whole: OpportunityWhole
  shareEstimate: Estimate
  /** Samples that hit, and all that they are a share of. For measurements: rounds or calls. */
  hitCount: number
  sampleCount: number
  /** Ratio of the whole that would be saved, under `assumption`. */
  predictedGain: Estimate
  assumption: string
  /** Innermost first. Empty where no stack is known. */
  stack: Frame[]
  nextCommand: string
}

/** Something that cannot be answered from this profile, and what it would take. */
export interface UnansweredQuestion {
  question: string
  reason: string
  /** How much longer to record, at the same load. Absent where longer would not help. */
  secondsNeeded?: number
  nextCommand?: string
}

/** How long the event loop was held, as far as samples can tell. */
export interface TurnFacts {
  /** Spans of back-to-back work of the main thread. */
  turnCount: number
  p50Ns: number
  p90Ns: number
  p99Ns: number
  maxNs: number
  /** Shorter spans are seen only by chance. */
  resolutionNs: number
}

/** Calls from JavaScript into one function of an addon. */
export interface CrossingTime {
  /** The addon's function as its symbol says, or as it is exported where only the seam layer saw it. */
  functionName: string
  moduleName: string
  location?: { file: string; line?: number }
  /** Of the seam layer. */
  callCount?: number
  /** Node-API calls made inside. */
  apiCallCount?: number
  maxNs?: number
  /** Of the layer: how long calls took, with the interval that so many calls allow. Absent below 100 calls. */
  latencyNs?: { p50: Estimate; p90: Estimate; p99: Estimate }
  bytesIn?: number
  bytesOut?: number
  /** In the addon, its libraries and what they call, Node-API left out. */
  insideNs: number
  /** In Node-API calls made inside, and on the way in and out. */
  crossingNs: number
  sampleCount: number
  /** Of all CPU time; absent where the time is the layer's and not sampled. */
  shareEstimate?: Estimate
}

/** opportunities.json: what `seamproof analyze` prints. */
export interface OpportunityList {
  formatVersion: 1
  seamproofVersion: string
  command: string[]
  source: 'agent' | 'perf' | 'cpuprofile'
  durationNs: number
  periodNs: number
  cpuSampleCount: number
  /** Of CPU time, by what the thread was doing. */
  states: { state: SampleState; shareEstimate: Estimate; sampleCount: number }[]
  /** Largest predicted gain first. */
  opportunities: Opportunity[]
  unanswered: UnansweredQuestion[]
  crossings: CrossingTime[]
  turns?: TurnFacts
  losses: string[]
}
