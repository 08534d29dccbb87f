import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import type { Validation } from '../contract/validation.js'
import { githubAnnotations } from '../report/ci/github-annotations.js'
import { findingsSarif } from '../report/ci/sarif.js'
import { validationJunit } from '../report/ci/validation-junit.js'
import { renderValidation } from '../report/text/render-validation.js'
import { renderValidationHtml } from '../report/validation/render-validation-html.js'
import { renderValidationMarkdown } from '../report/validation/render-validation-markdown.js'
import { evidenceBodies } from '../validate-pipeline.js'
import { shownPath } from './capture-options.js'
import { repositoryFolder } from './findings-options.js'
import type { Terminal } from './terminal.js'

export const validationFile = 'report.json'

export interface ValidationOutputOptions {
  json?: boolean
  github?: boolean
}

/** Every form of the report into its folder, the table into the terminal; gives the exit code. */
export function publishValidation(
  folder: string,
  validation: Validation,
  options: ValidationOutputOptions,
  terminal: Terminal,
): number {
  writeReports(folder, validation)
  if (options.github ?? process.env.GITHUB_ACTIONS === 'true')
    process.stderr.write(githubAnnotations(validation.findings, repositoryFolder(process.cwd())))
  if (options.json) terminal.printJson(validation)
  else terminal.print(renderValidation(validation, terminal.textOptions))
  terminal.remark(`seamproof: report: ${shownPath(join(folder, 'report.html'))}`)
  return validation.status === 'pass' ? ExitCode.pass : ExitCode.failed
}

/** Undefined where the folder holds none. */
export function readValidation(folder: string): Validation | undefined {
  const path = join(folder, validationFile)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cause
  }
  try {
    const validation = JSON.parse(text) as Validation
    if (validation.formatVersion === 1 && Array.isArray(validation.stages)) return validation
  } catch {
    // Said below.
  }
  throw new SeamproofError('VALIDATION_UNKNOWN', `${path} is no report of seamproof validate`, {
    exitCode: ExitCode.usage,
    hint: 'name a folder that seamproof validate made, such as --out of it',
  })
}

function writeReports(folder: string, validation: Validation): void {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const { findings } = validation
  write(validationFile, `${JSON.stringify(validation, null, 1)}\n`)
  write('report.md', renderValidationMarkdown(validation))
  write(
    'report.html',
    renderValidationHtml({ validation, bodies: evidenceBodies(folder, validation) }),
  )
  const rootUri = `${pathToFileURL(process.cwd()).href}/`
  write('report.sarif', `${JSON.stringify(findingsSarif(findings, { rootUri }), null, 1)}\n`)
  write('report.junit.xml', validationJunit(validation))
}
