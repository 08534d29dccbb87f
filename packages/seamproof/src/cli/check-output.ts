import type { CheckResult } from '../check-pipeline.js'
import { renderFindings } from '../report/text/render-findings.js'
import type { SuiteName } from './check-suites.js'
import { type FindingsFileOptions, writeFindingsFiles } from './findings-options.js'
import type { Terminal } from './terminal.js'

export interface FindingsOutputOptions extends FindingsFileOptions {
  json?: boolean
  limit?: number
  suite?: SuiteName
  /** The check's folder as the user would type it. */
  shown: string
}

/** The list of findings, to the terminal and into the files that were asked for. */
export function publishFindings(
  result: CheckResult,
  options: FindingsOutputOptions,
  terminal: Terminal,
): void {
  printFindings(result, options, terminal)
  writeFindingsFiles(result, options)
}

function printFindings(
  { list, verdicts }: CheckResult,
  options: FindingsOutputOptions,
  terminal: Terminal,
): void {
  const { status, exitCode, notes } = verdicts
  const { shown } = options
  if (options.json) {
    const { formatVersion, ...rest } = list
    const head = { formatVersion, report: 'findings', folder: shown, status, exitCode, notes }
    terminal.printJson({ ...head, ...rest })
    return
  }
  const limit = options.limit === undefined ? {} : { limit: options.limit }
  const isLeakSuite = options.suite === 'leaks'
  terminal.print(
    renderFindings({ list, status, notes }, { ...terminal.textOptions, ...limit, isLeakSuite }),
  )
  terminal.remark(`seamproof: kept in ${shown}; to see it again: seamproof findings ${shown}`)
}
