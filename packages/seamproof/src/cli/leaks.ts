import { Command } from 'commander'
import { leaksJson } from '../report/json/report-json.js'
import { renderLeaks } from '../report/text/render-leaks.js'
import { addCaptureOptions, type CaptureOptions, openCapture } from './capture-options.js'
import { leakExitCode } from './leak-exit-code.js'
import { wholeNumber } from './option-values.js'

interface LeaksOptions extends CaptureOptions {
  limit?: number
}

export function leaksCommand(): Command {
  return addCaptureOptions(
    new Command('leaks')
      .description('Say what grows, how much per operation, and from where. Exits 1 on a leak.')
      .argument('[capture]', 'a capture folder (default: the newest here)')
      .option(
        '--limit <count>',
        'how many leaks to show in full',
        wholeNumber({ min: 1, max: 100_000 }),
      ),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ seamproof leaks\n  $ seamproof leaks resize-20260102-030405.seamproof --json',
    )
    .action(async (given: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<LeaksOptions>()
      const { capture, terminal, shown } = await openCapture(given, options)
      const { facts, verdicts } = capture
      if (options.json) terminal.printJson(leaksJson(facts, verdicts))
      else
        terminal.print(
          renderLeaks(facts, verdicts, {
            ...terminal.textOptions,
            capture: shown,
            ...(options.limit === undefined ? {} : { limit: options.limit }),
          }),
        )
      process.exitCode = leakExitCode(verdicts)
    })
}
