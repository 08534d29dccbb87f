/** What the timeline page embeds as JSON. */
import type { MarkFact, Timeline } from '../../contract/facts.js'

export const timelineDocumentVersion = 1

export interface TimelineDocument {
  formatVersion: typeof timelineDocumentVersion
  command: string
  generator: string
  processes: {
    label: string
    figures: [label: string, value: string][]
    losses: string[]
    timeline: Timeline
    marks: MarkFact[]
  }[]
  initialProcess: number
}
