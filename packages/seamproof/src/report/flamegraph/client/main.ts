import { type FlamegraphDocument, flamegraphDocumentVersion } from '../flamegraph-document.js'
import { App } from './app.js'
import { element } from './element.js'
import { followEvents } from './live-updates.js'

const page = document.getElementById('page')
const data = document.getElementById('report-data')
if (page && data) {
  try {
    const report = JSON.parse(data.textContent ?? '') as FlamegraphDocument
    if (report.formatVersion !== flamegraphDocumentVersion)
      throw new Error(
        `the data has format ${report.formatVersion}, this page reads ${flamegraphDocumentVersion}`,
      )
    if (report.isLive) followEvents(report, page)
    else if (report.processes.length === 0) throw new Error('the capture holds no process')
    else expose(new App(report, page))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    page.append(
      element('p', { class: 'fault', role: 'alert' }, `The report cannot be drawn: ${message}`),
    )
  }
}

/** Read by our own tests in a browser. */
function expose(app: App): void {
  Object.assign(globalThis, { seamproofReport: app })
}
