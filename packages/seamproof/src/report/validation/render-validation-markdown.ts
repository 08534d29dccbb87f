/** report.md: the table first, then every finding, then what was measured. Reads well as a comment under a pull request. */
import { estimateText, ratioText } from '../../base/quantity-text.js'
import type { Finding } from '../../contract/finding.js'
import type { Validation, VerdictRow } from '../../contract/validation.js'
import { formatDate } from '../format-quantity.js'
import { frameLabel } from '../frame-text.js'
import { markdownStatusWords } from '../status-words.js'

const framesShown = 12

export function renderValidationMarkdown(validation: Validation): string {
  const { subject, machine, rows, findings, measurements, risks } = validation
  const parts = [
    `# ${md(subject.name)}${subject.version ? ` ${md(subject.version)}` : ''}: ${markdownStatusWords[validation.status]}`,
    `${validation.kind === 'full' ? 'Full' : 'Short'} validation, ${formatDate(validation.createdAt)}. ${md(machine.cpuModel)}, ${machine.cpuCount} CPUs, ${md(machine.os)}, Node ${md(machine.nodeVersion)}, Seamproof ${md(validation.seamproofVersion)}.`,
    ...tablePart(
      'Memory safety',
      rows.filter(({ part }) => part === 'memory safety'),
    ),
    ...(risks.length === 0
      ? []
      : [
          risks
            .map(
              ({ component, risk, why }) => `- Risk of **${md(component)}**: ${risk} (${md(why)})`,
            )
            .join('\n'),
        ]),
    ...tablePart(
      'Performance',
      rows.filter(({ part }) => part === 'performance'),
    ),
    ...findingPart(findings.findings.filter(({ status }) => status === 'new')),
    ...acceptedPart(findings.findings.filter(({ status }) => status !== 'new')),
    ...opportunityPart(validation),
    ...measuredPart(validation),
    ...notesPart([...machine.disturbances, ...measurements.flatMap(({ notes }) => notes)]),
  ]
  return `${parts.join('\n\n')}\n`
}

function tablePart(title: string, rows: readonly VerdictRow[]): string[] {
  if (rows.length === 0) return []
  const lines = rows.map((row) =>
    cells([
      markdownStatusWords[row.status],
      md(row.component),
      md(row.name),
      md(row.target) + (row.level === 'warn' ? ' (advice)' : ''),
      md([row.evidence, row.reason].filter(Boolean).join('; ')),
    ]),
  )
  return [
    `## ${title}`,
    ['| | part | what | asked | measured |', '|---|---|---|---|---|', ...lines].join('\n'),
  ]
}

function findingPart(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return []
  return [
    `## Findings (${findings.length})`,
    ...findings.map((finding) => {
      const where = finding.location
      const place =
        where === undefined
          ? ''
          : ` in \`${where.functionName}\`${where.line === undefined ? '' : ` (${md(where.file)}:${where.line})`}`
      const stacks = finding.stacks.map(({ role, frames }) =>
        [`${role}:`, ...frames.slice(0, framesShown).map((frame) => `  ${frameLabel(frame)}`)].join(
          '\n',
        ),
      )
      return [
        `<details><summary><b>${finding.severity}</b> ${quiet(finding.message)}${quiet(place.replaceAll('`', ''))} (${finding.instruments.join(', ')})</summary>`,
        `\`\`\`\n${stacks.join('\n\n').replaceAll('```', "'''")}\n\`\`\``,
        `Again: \`${finding.reproduce}\``,
        '</details>',
      ].join('\n\n')
    }),
  ]
}

function acceptedPart(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return []
  const lines = findings.map(
    (finding) =>
      `- ${md(finding.message)}: ${md(finding.acceptedBy?.reason ?? finding.status)}${finding.acceptedBy?.expires ? ` (until ${finding.acceptedBy.expires})` : ''}`,
  )
  return [`## Accepted (${findings.length})`, lines.join('\n')]
}

function opportunityPart({ opportunities }: Validation): string[] {
  if (opportunities.length === 0) return []
  const lines = opportunities.map((one) =>
    cells([
      md(one.title),
      `${ratioText(one.predictedGain.value)} (${ratioText(one.predictedGain.low)} to ${ratioText(one.predictedGain.high)}), ${md(one.assumption)}`,
      md(one.evidence),
      `\`${one.nextCommand}\``,
    ]),
  )
  return [
    '## Where time could be saved',
    ['| what | predicted gain | from | measure it |', '|---|---|---|---|', ...lines].join('\n'),
  ]
}

function measuredPart({ measurements }: Validation): string[] {
  const all = measurements.flatMap((list) => list.measurements)
  const missing = measurements.flatMap((list) => list.missing)
  if (all.length + missing.length === 0) return []
  const lines = [
    ...all.map((one) =>
      cells([
        md(one.component ?? ''),
        md(one.workload ?? ''),
        md(one.detail ? `${one.metric} (${one.detail})` : one.metric),
        md(estimateText(one.estimate, one.unit, one.sampleCount)),
        md(one.weakness ?? ''),
      ]),
    ),
    ...missing.map((one) =>
      cells([
        md(one.component ?? ''),
        md(one.workload ?? ''),
        md(one.metric),
        'not measured',
        md(one.reason),
      ]),
    ),
  ]
  return [
    '## Everything that was measured',
    [
      '| part | workload | metric | value [95 % interval] | |',
      '|---|---|---|--:|---|',
      ...lines,
    ].join('\n'),
  ]
}

function notesPart(notes: readonly string[]): string[] {
  const unique = [...new Set(notes)]
  return unique.length === 0 ? [] : ['## Notes', unique.map((note) => `- ${md(note)}`).join('\n')]
}

const cells = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`

const html = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Without waking the person who happens to be called like a decorator. */
const quiet = (text: string): string => html(text).replaceAll('@', '@\u200b')

/** Text out of other people's code must not become a table, a link or a mention. */
const md = (text: string): string =>
  quiet(text.replace(/[\r\n]+/g, ' ')).replace(/([\\|`*_[\]])/g, '\\$1')
