import { join } from 'node:path'
import { Command, Option } from 'commander'
import { renderDiffHtml } from '../report/diff/render-diff-html.js'
import { diffJson } from '../report/json/diff-json.js'
import { type Metric, metrics } from '../report/metric.js'
import { renderDiff } from '../report/text/render-diff.js'
import {
  addCaptureOptions,
  type CaptureOptions,
  openCapture,
  shownPath,
} from './capture-options.js'
import { oneOf, wholeNumber } from './option-values.js'
import { writeReport } from './write-report.js'

interface DiffOptions extends CaptureOptions {
  metric?: Metric
  limit?: number
  html?: string | true
}

export function diffCommand(): Command {
  return addCaptureOptions(
    new Command('diff')
      .description('What changed between two captures: stacks that are new, grew, shrank or went.')
      .argument('<before>', 'a capture folder')
      .argument('<after>', 'another')
      .addOption(
        new Option('--metric <metric>', `what to compare: ${metrics.join(', ')}`).argParser(
          oneOf(metrics),
        ),
      )
      .option('--limit <count>', 'stacks in each list', wholeNumber({ min: 1, max: 100_000 }))
      .option(
        '--html [file]',
        'write a flame graph of the difference (default: diff.html in AFTER)',
      ),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ seamproof diff BEFORE AFTER\n  $ seamproof diff BEFORE AFTER --metric peak --html',
    )
    .action(async (before: string, after: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<DiffOptions>()
      const { capture: left } = await openCapture(before, options)
      const { capture: right, terminal } = await openCapture(after, options)
      const choice = {
        ...(options.metric === undefined ? {} : { metric: options.metric }),
        ...(options.limit === undefined ? {} : { limit: options.limit }),
      }
      if (options.html !== undefined) {
        const file = options.html === true ? join(right.captureDir, 'diff.html') : options.html
        const path = writeReport(file, renderDiffHtml(left, right))
        if (options.json) terminal.printJson({ formatVersion: 1, path })
        else terminal.print(shownPath(path))
      } else if (options.json) terminal.printJson(diffJson(left, right, choice))
      else terminal.print(renderDiff(left, right, { ...terminal.textOptions, ...choice }))
    })
}
