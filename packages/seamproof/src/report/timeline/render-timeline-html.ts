import type { CaptureFacts } from '../../contract/facts.js'
import { processFigures } from '../flamegraph/build-document.js'
import { renderPage } from '../html-page.js'
import { lossLines } from '../loss-lines.js'
import { mainProcessIndex, processLabel } from '../process-choice.js'
import { clientBundle } from './client-bundle.generated.js'
import { type TimelineDocument, timelineDocumentVersion } from './timeline-document.js'

/** Live bytes, RSS, descriptors and threads over time as one self-contained page. */
export function renderTimelineHtml(
  facts: CaptureFacts,
  options: { processIndex?: number } = {},
): string {
  const data: TimelineDocument = {
    formatVersion: timelineDocumentVersion,
    command: facts.command.join(' '),
    generator: `seamproof ${facts.seamproofVersion}`,
    processes: facts.processes.map((process) => ({
      label: processLabel(process),
      figures: processFigures(process),
      losses: lossLines(process),
      timeline: process.timeline,
      marks: process.marks,
    })),
    initialProcess: options.processIndex ?? mainProcessIndex(facts),
  }
  return renderPage({ title: `Timeline – ${data.command}`, data, client: clientBundle })
}
