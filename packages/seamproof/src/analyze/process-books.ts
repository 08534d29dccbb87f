import type { AllocationTotals, MarkFact, Timeline } from '../contract/facts.js'
import type { ResourceReading } from './resource-series.js'

/** What reading a trace to its end leaves, beside the numbers of each site. */
export interface ProcessBooks {
  totals: AllocationTotals
  marks: MarkFact[]
  /** One per mark. */
  readings: ResourceReading[]
  timeline: Timeline
  lastUs: number
  /** Sentences about what the events themselves showed to be missing. */
  notes: string[]
}
