/** Workflow commands that GitHub shows beside the line, and in the summary of the run. */
import type { Finding, FindingList, Severity } from '../../contract/finding.js'
import { kindTitles, rulesText } from '../finding-text.js'

const commands: Record<Severity, string> = { error: 'error', warning: 'warning', advice: 'notice' }

/** Only what is new: what was accepted would hide it. */
export function githubAnnotations({ findings, runs }: FindingList, root: string): string {
  const lines = findings
    .filter(({ status }) => status === 'new')
    .map((one) => annotation(one, root))
  const notRun = runs.filter(({ status }) => status === 'not-run')
  for (const { instrument, target, reason } of notRun)
    lines.push(
      `::notice title=${property(`${instrument} did not run`)}::${data(`${target}: ${reason ?? ''}`)}`,
    )
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function annotation(finding: Finding, root: string): string {
  const { severity, location, kind, message, reproduce } = finding
  const file = location?.file
  const properties = [
    ...(file === undefined
      ? []
      : [`file=${property(file.startsWith(root) ? file.slice(root.length) : file)}`]),
    ...(location?.line === undefined ? [] : [`line=${location.line}`]),
    `title=${property(`${kindTitles[kind]} (${rulesText(finding)})`)}`,
  ]
  const text = [
    message,
    location === undefined ? '' : `in ${location.functionName}`,
    `shown by: ${reproduce}`,
  ]
  return `::${commands[severity]} ${properties.join(',')}::${data(text.filter(Boolean).join('\n'))}`
}

const data = (text: string) =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
