/** Findings for a pull request or a wiki page. */
import type { DefectStack, Finding } from '../../contract/finding.js'
import { acceptanceText, kindTitles, locationText, roleTitles, rulesText } from '../finding-text.js'
import { formatByteRate, formatCounted, formatRate } from '../format-quantity.js'
import { frameLabel, isPlumbing } from '../frame-text.js'
import { markdownStatusWords } from '../status-words.js'
import type { FindingsReport } from '../text/render-findings.js'

export function findingsMarkdown({ list, status, notes }: FindingsReport): string {
  const fresh = list.findings.filter((finding) => finding.status === 'new')
  const accepted = list.findings.filter((finding) => finding.status !== 'new')
  const lines = [
    `# Seamproof: ${markdownStatusWords[status]}`,
    '',
    `${formatCounted(fresh.length, 'new finding')}, ${accepted.length} accepted; ${list.runs.filter((run) => run.status === 'ran').length} of ${formatCounted(list.runs.length, 'run')} made.`,
    '',
    ...matrix(list.checks),
    ...leakTable(list.leaks),
    ...fresh.flatMap(findingSection),
  ]
  if (accepted.length > 0) lines.push('## Accepted', '', ...accepted.map(acceptedLine), '')
  const notRun = list.runs.filter((run) => run.status === 'not-run')
  if (notRun.length > 0)
    lines.push(
      '## Not run',
      '',
      ...notRun.map(
        ({ instrument, target, reason }) =>
          `- **${instrument}** on ${code(target)}: ${text((reason ?? '').split('\n')[0]!)}`,
      ),
      '',
    )
  if (notes.length > 0) lines.push(...notes.map((note) => `> ${text(note)}`), '')
  return `${lines.join('\n').trimEnd()}\n`
}

function matrix(checks: FindingsReport['list']['checks']): string[] {
  const ofRuns = checks.filter(({ instrument }) => instrument !== undefined)
  const across = [...new Set(ofRuns.map(({ instrument }) => instrument!))]
  const down = [...new Set(ofRuns.map(({ target }) => target ?? ''))]
  if (across.length === 0) return []
  const cell = (target: string, instrument: string) => {
    const found = ofRuns.find((one) => one.target === target && one.instrument === instrument)
    if (found === undefined) return ''
    return found.isPartial ? '☑️ partly' : markdownStatusWords[found.status]
  }
  return [
    `| | ${across.join(' | ')} |`,
    `|---|${across.map(() => '---|').join('')}`,
    ...down.map(
      (target) => `| ${code(target)} | ${across.map((one) => cell(target, one)).join(' | ')} |`,
    ),
    '',
  ]
}

function leakTable(leaks: FindingsReport['list']['leaks']): string[] {
  if (leaks.length === 0) return []
  const rate = (value: { bytes: number; blocks: number } | undefined) =>
    value === undefined
      ? 'not run'
      : `${formatByteRate(value.bytes)}/op, ${formatRate(value.blocks)} blocks/op`
  return [
    '| workload | grows | lost for good |',
    '|---|---|---|',
    ...leaks.map(
      ({ workload, growth, lost }) => `| ${text(workload)} | ${rate(growth)} | ${rate(lost)} |`,
    ),
    '',
  ]
}

function findingSection(finding: Finding): string[] {
  const place = locationText(finding)
  const lines = [
    `## ${finding.severity}: ${kindTitles[finding.kind]}${place === '' ? '' : ` in ${code(place)}`}`,
    '',
    text(finding.message),
    '',
    `- seen by ${text(rulesText(finding))}`,
    ...(finding.workloads.length === 0 ? [] : [`- workload ${text(finding.workloads.join(', '))}`]),
    `- shown by ${code(finding.reproduce)}`,
    `- fingerprint ${code(finding.fingerprint)}`,
    '',
    '<details><summary>stacks</summary>',
    '',
    '```',
    ...finding.stacks.flatMap(stackLines),
    '```',
    '',
    '</details>',
    '',
  ]
  return lines
}

/** Frames that nobody can change are left out, but for those that lead to the subject. */
function stackLines({ role, frames }: DefectStack): string[] {
  const first = frames.findIndex((frame) => !isPlumbing(frame))
  const shown = frames.filter((frame, index) => index < first || !isPlumbing(frame))
  return [
    `${roleTitles[role]}:`,
    ...shown.map((frame) => `  ${frameLabel(frame).replaceAll('`', "'")}`),
  ]
}

function acceptedLine({ fingerprint, kind, message, acceptedBy }: Finding): string {
  const by = acceptedBy === undefined ? '' : `: ${text(acceptanceText(acceptedBy))}`
  return `- ${code(fingerprint)} ${kindTitles[kind]}, ${text(message)}${by}`
}

/** Names come from files that others made: nothing in them may be markup. */
const text = (given: string): string => given.replace(/[\\`*_[\]<>|#]/g, '\\$&').replace(/\n/g, ' ')

const code = (given: string): string => `\`${given.replaceAll('`', "'").replaceAll('|', '\\|')}\``
