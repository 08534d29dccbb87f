import { Command } from 'commander'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { seamproofVersion } from '../base/seamproof-version.js'
import { analyzeProfile } from '../pipeline.js'
import { renderOpportunitiesMarkdown } from '../report/markdown/render-opportunities-markdown.js'
import { renderOpportunities } from '../report/text/render-opportunities.js'
import { addCaptureOptions, type CaptureOptions, shownPath } from './capture-options.js'
import { wholeNumber } from './option-values.js'
import { openProfile, type ProfileInput } from './profile-input.js'
import { writeReport } from './write-report.js'

interface AnalyzeOptions extends CaptureOptions {
  markdown?: string
  limit?: number
}

const examples = `
Examples:
  $ seamproof analyze                               the newest profile here
  $ seamproof analyze CAPTURE --markdown perf.md    for a pull request
  $ seamproof analyze profile.cpuprofile            of node --cpu-prof
  $ perf script > perf.txt && seamproof analyze perf.txt

Each line says what would be saved if that cost went away, and how sure that is. What cannot be told from the samples is
listed as not answered, with how much longer to record.`

export function analyzeCommand(): Command {
  return addCaptureOptions(
    new Command('analyze')
      .description(
        'What could be made faster, ranked by the time it would save, with the evidence.',
      )
      .argument(
        '[capture]',
        'a capture of seamproof profile (default: the newest here), a .cpuprofile, or the text of perf script',
      )
      .option('--markdown <file>', 'write it as Markdown; - is stdout')
      .option(
        '--limit <count>',
        'places shown (default: 10)',
        wholeNumber({ min: 1, max: 10_000 }),
      ),
  )
    .addHelpText('after', examples)
    .action(async (given: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<AnalyzeOptions>()
      const input = await openProfile(given, options)
      if (input === undefined) throw noProfile(given)
      const lists = listsOf(input)
      const limit = options.limit === undefined ? {} : { limit: options.limit }
      if (options.markdown !== undefined) {
        const text = lists.map((list) => renderOpportunitiesMarkdown(list, limit)).join('\n')
        if (options.markdown === '-') input.terminal.print(text)
        else input.terminal.print(shownPath(writeReport(options.markdown, text)))
      } else if (options.json)
        input.terminal.printJson({ formatVersion: 1, report: 'analyze', processes: lists })
      else
        for (const list of lists)
          input.terminal.print(
            renderOpportunities(list, { ...input.terminal.textOptions, ...limit }),
          )
    })
}

const listsOf = ({ profiles, shown }: ProfileInput) =>
  profiles.map((profile) =>
    analyzeProfile(profile, {
      input: shown,
      seamproofVersion,
    }),
  )

const noProfile = (given: string | undefined): SeamproofError =>
  new SeamproofError(
    'NO_PROFILE',
    given === undefined ? 'there is no profile here' : `${given} holds no CPU profile`,
    { exitCode: ExitCode.usage, hint: 'make one: seamproof profile -- node app.js' },
  )
