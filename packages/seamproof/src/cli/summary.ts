import { Command, Option } from 'commander'
import { summaryJson } from '../report/json/report-json.js'
import { type Metric, metrics } from '../report/metric.js'
import { renderSummary } from '../report/text/render-summary.js'
import { addCaptureOptions, type CaptureOptions, openCapture } from './capture-options.js'
import { oneOf, wholeNumber } from './option-values.js'
import { processIndexOf, processOption } from './process-option.js'
import { openProfile } from './profile-input.js'
import { printProfileSummary } from './summary-profile.js'

export interface SummaryOptions extends CaptureOptions {
  metric?: Metric
  limit?: number
  process?: number
}

export function summaryCommand(): Command {
  return addCaptureOptions(
    new Command('summary')
      .description('Totals of a capture, and where most of it came from.')
      .argument(
        '[capture]',
        'a capture folder (default: the newest here), a .cpuprofile, or the text of perf script',
      )
      .addOption(
        new Option('--metric <metric>', `what to rank by: ${metrics.join(', ')}`).argParser(
          oneOf(metrics),
        ),
      )
      .option('--limit <count>', 'rows in each list', wholeNumber({ min: 1, max: 100_000 }))
      .addOption(processOption()),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ seamproof summary\n  $ seamproof summary --metric peak --limit 30\n  $ seamproof summary profile.cpuprofile',
    )
    .action(async (given: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<SummaryOptions>()
      const input = await openProfile(given, options)
      if (input !== undefined) {
        printProfileSummary(input, options)
        return
      }
      const { capture, terminal } = await openCapture(given, options)
      const { facts, verdicts } = capture
      const chosen = processIndexOf(facts, options.process)
      const choice = {
        ...(options.metric === undefined ? {} : { metric: options.metric }),
        ...(options.limit === undefined ? {} : { limit: options.limit }),
      }
      if (options.json) terminal.printJson(summaryJson(facts, verdicts, choice))
      else
        terminal.print(
          renderSummary(facts, verdicts, {
            ...terminal.textOptions,
            ...chosen,
            ...choice,
          }),
        )
    })
}
