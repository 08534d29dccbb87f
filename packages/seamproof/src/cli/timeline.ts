import { join } from 'node:path'
import { Command } from 'commander'
import { timelineJson } from '../report/json/report-json.js'
import { renderTimeline } from '../report/text/render-timeline.js'
import { renderTimelineHtml } from '../report/timeline/render-timeline-html.js'
import {
  addCaptureOptions,
  type CaptureOptions,
  openCapture,
  shownPath,
} from './capture-options.js'
import { processIndexOf, processOption } from './process-option.js'
import { writeReport } from './write-report.js'

interface TimelineOptions extends CaptureOptions {
  html?: string | true
  process?: number
}

export function timelineCommand(): Command {
  return addCaptureOptions(
    new Command('timeline')
      .description('Native memory over time, beside RSS, descriptors and threads.')
      .argument('[capture]', 'a capture folder (default: the newest here)')
      .option(
        '--html [file]',
        'write a page instead (default: timeline.html in the capture) and print its path',
      )
      .addOption(processOption()),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ seamproof timeline\n  $ seamproof timeline CAPTURE --html',
    )
    .action(async (given: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<TimelineOptions>()
      const { capture, terminal } = await openCapture(given, options)
      const { facts, captureDir } = capture
      const chosen = processIndexOf(facts, options.process)
      if (options.html === undefined) {
        if (options.json) terminal.printJson(timelineJson(facts))
        else terminal.print(renderTimeline(facts, { ...terminal.textOptions, ...chosen }))
        return
      }
      const file = options.html === true ? join(captureDir, 'timeline.html') : options.html
      const path = writeReport(file, renderTimelineHtml(facts, chosen))
      if (options.json) terminal.printJson({ formatVersion: 1, path })
      else terminal.print(shownPath(path))
    })
}
