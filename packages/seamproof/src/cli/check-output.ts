import type { CheckResult } from '../check-pipeline.js'
import { renderFindings } from '../report/text/render-findings.js'
import type { SuiteName } from './check-suites.js'
import type { Terminal } from './terminal.js'

export interface FindingsOutputOptions {
  json?: boolean
  limit?: number
  suite?: SuiteName
  /** The check's folder as the user would type it. */
  shown: string
}

/** The list of findings, to the terminal and into the files that were asked for. */
export function printFindings(
  { list, verdicts }: CheckResult,
  options: FindingsOutputOptions,
  terminal: Terminal,
): void {
  const { status, exitCode, notes } = verdicts
  if (options.json) {
    const { formatVersion, ...rest } = list
    terminal.printJson({
      formatVersion,
      report: 'findings',
      folder: options.shown,
      status,
      exitCode,
      notes,
      ...rest,
    })
    return
  }
  terminal.print(
    renderFindings(
      { list, status, notes },
      {
        ...terminal.textOptions,
        ...(options.limit === undefined ? {} : { limit: options.limit }),
        isLeakSuite: options.suite === 'leaks',
      },
    ),
  )
  terminal.remark(`seamproof: all of it: ${options.shown}`)
}
