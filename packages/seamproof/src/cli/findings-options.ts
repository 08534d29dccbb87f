import { pathToFileURL } from 'node:url'
import { type Command, Option } from 'commander'
import type { CheckResult } from '../check-pipeline.js'
import { findingsMarkdown } from '../report/ci/findings-markdown.js'
import { githubAnnotations } from '../report/ci/github-annotations.js'
import { findingsJunit } from '../report/ci/junit.js'
import { findingsSarif } from '../report/ci/sarif.js'
import { writeReport } from './write-report.js'

/** Files and annotations, besides what is printed. */
export interface FindingsFileOptions {
  sarif?: string
  junit?: string
  markdown?: string
  github?: boolean
}

export function addFindingsFileOptions(command: Command): Command {
  return command
    .optionsGroup('For CI:')
    .option('--sarif <file>', 'write SARIF 2.1.0, for code scanning')
    .option('--junit <file>', 'write JUnit XML')
    .option('--markdown <file>', 'write Markdown, for a comment or a summary')
    .addOption(
      new Option(
        '--github',
        'print workflow annotations (default: where GITHUB_ACTIONS is set)',
      ).default(undefined),
    )
    .option('--no-github', 'print none')
}

export function writeFindingsFiles(
  { list, verdicts }: CheckResult,
  options: FindingsFileOptions,
): void {
  const { sarif, junit, markdown } = options
  const root = process.cwd()
  if (sarif !== undefined) {
    const log = findingsSarif(list, { rootUri: `${pathToFileURL(root).href}/` })
    writeReport(sarif, `${JSON.stringify(log, null, 2)}\n`)
  }
  if (junit !== undefined) writeReport(junit, findingsJunit(list))
  const { status, notes } = verdicts
  if (markdown !== undefined) writeReport(markdown, findingsMarkdown({ list, status, notes }))
  // The runner reads workflow commands from either stream; stdout may be somebody's JSON.
  if (options.github ?? process.env.GITHUB_ACTIONS === 'true')
    process.stderr.write(githubAnnotations(list, `${root}/`))
}
