import { pathToFileURL } from 'node:url'
import { type Command, Option } from 'commander'
import type { CheckResult } from '../check-pipeline.js'
import { findingsMarkdown } from '../report/ci/findings-markdown.js'
import { githubAnnotations } from '../report/ci/github-annotations.js'
import { findingsJunit } from '../report/ci/junit.js'
import { findingsSarif } from '../report/ci/sarif.js'
import { wholeNumber } from './option-values.js'
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

/** How a list that is there already is judged and shown. */
export interface JudgedAgainOptions extends FindingsFileOptions {
  baseline?: string
  strict?: boolean
  limit?: number
}

export function addJudgedAgainOptions(command: Command): Command {
  return addFindingsFileOptions(
    command
      .option('--baseline <file>', 'accepted findings (default: seamproof.baseline.json)')
      .option('--strict', 'new warnings fail, too')
      .option(
        '--limit <count>',
        'how many to show in full (default: 20)',
        wholeNumber({ min: 1, max: 100_000 }),
      ),
  )
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
    process.stderr.write(githubAnnotations(list, repositoryFolder(root)))
}

/** Annotations name files as the repository does, of which the package may be one folder. Ends with a slash. */
export function repositoryFolder(root: string): string {
  const workspace = process.env.GITHUB_WORKSPACE
  const isInside = workspace !== undefined && `${root}/`.startsWith(`${workspace}/`)
  return `${isInside ? workspace : root}/`
}
