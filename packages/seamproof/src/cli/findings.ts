import { resolve } from 'node:path'
import { Command } from 'commander'
import { type CheckResult, judgeAgain, readFindings } from '../check-pipeline.js'
import { loadConfig } from '../config/load-config.js'
import { defectKinds, type Finding, instruments, type Severity } from '../contract/finding.js'
import { addCaptureOptions, type CaptureOptions } from './capture-options.js'
import { publishFindings } from './check-output.js'
import { readingOptions } from './check-subjects.js'
import { addJudgedAgainOptions, type JudgedAgainOptions } from './findings-options.js'
import { newestCheckFolder } from './newest-check-folder.js'
import { listOf, oneOf } from './option-values.js'
import { createTerminal } from './terminal.js'

interface FindingsOptions extends CaptureOptions, JudgedAgainOptions {
  kind?: string[]
  severity?: Severity
  instrument?: string[]
  workload?: string
  new?: boolean
}

const examples = `
Examples:
  $ seamproof findings                                        the newest check here
  $ seamproof findings resize-20260102-030405.seamproof --kind leak
  $ seamproof findings --instrument asan,memcheck --severity error --new
  $ seamproof findings FOLDER --sarif findings.sarif

Baseline and suppressions are those of today. The exit code is that of the whole check, whatever is shown.`

export function findingsCommand(): Command {
  return addJudgedAgainOptions(
    addCaptureOptions(new Command('findings'))
      .description('Show what a check found, again.')
      .argument('[folder]', 'what seamproof check made (default: the newest here)')
      .option('--kind <kinds>', `of ${defectKinds.join(', ')}`, listOf(defectKinds))
      .option(
        '--severity <level>',
        'nothing below: error, warning or advice',
        oneOf(['error', 'warning', 'advice'] as const),
      )
      .option('--instrument <names>', 'seen by one of these', listOf(instruments))
      .option('--workload <name>', 'shown by this workload')
      .option('--new', 'only what is not accepted'),
  )
    .addHelpText('after', examples)
    .action(async (given: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<FindingsOptions>()
      const cwd = process.cwd()
      const terminal = createTerminal(options)
      const loaded = await loadConfig({ cwd, configFile: options.config })
      const folder = given ?? newestCheckFolder(cwd)
      const result = judgeAgain(readFindings(resolve(folder)), readingOptions(options, loaded))
      publishFindings(chosen(result, options), { ...options, shown: folder }, terminal)
      process.exitCode = result.verdicts.exitCode
    })
}

const severities: readonly Severity[] = ['error', 'warning', 'advice']

/** What is shown; how it was judged stays. */
function chosen({ list, verdicts }: CheckResult, options: FindingsOptions): CheckResult {
  const findings = list.findings.filter((finding) => isChosen(finding, options))
  return { verdicts, list: { ...list, findings } }
}

function isChosen(finding: Finding, options: FindingsOptions): boolean {
  const { kind, severity = 'advice', instrument, workload } = options
  return (
    (kind === undefined || kind.includes(finding.kind)) &&
    severities.indexOf(finding.severity) <= severities.indexOf(severity) &&
    (instrument === undefined || finding.instruments.some((one) => instrument.includes(one))) &&
    (workload === undefined || finding.workloads.includes(workload)) &&
    (options.new !== true || finding.status === 'new')
  )
}
