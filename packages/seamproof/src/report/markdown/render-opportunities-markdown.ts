import type { Opportunity, OpportunityList } from '../../contract/opportunity.js'
import { formatBytes, formatPercent } from '../format-quantity.js'
import { frameLabel } from '../frame-text.js'
import {
  crossingHeads,
  crossingRow,
  gainWords,
  headWords,
  needWords,
  stackWords,
  stateLine,
  turnWords,
  withoutRecursion,
} from '../opportunities/opportunity-words.js'

const oneLine = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ')

/** Names come from programs: nothing in them may become markup or end a table's cell. */
const plain = (text: string): string =>
  oneLine(text).replace(/[\\`*_{}[\]<>|#!~$@]/g, (mark) =>
    mark === '<' ? '&lt;' : mark === '>' ? '&gt;' : `\\${mark}`,
  )

/** Code spans have no escapes: the fence is made longer than any run of backticks inside. */
function code(text: string): string {
  const line = oneLine(text)
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = longest > 0 ? ' ' : ''
  return `${fence}${pad}${line}${pad}${fence}`
}

const tableRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** For a pull request: the table says what, each row's stack is one click away. */
export function renderOpportunitiesMarkdown(
  list: OpportunityList,
  options: { limit?: number } = {},
): string {
  const { limit = 10 } = options
  const { command, turns, losses } = list
  const head = command.length > 0 ? `${code(command.join(' '))}: ` : ''
  return [
    '## Where time could be saved',
    '',
    `${head}${headWords(list)}. ${stateLine(list)}.`,
    '',
    ...ranked(list, limit),
    ...crossings(list),
    ...(turns === undefined ? [] : ['### Event loop', '', turnWords(turns), '']),
    ...unanswered(list),
    ...(losses.length === 0
      ? []
      : ['### Not seen', '', ...losses.map((line) => `- ${plain(line)}`), '']),
    `<sub>seamproof ${plain(list.seamproofVersion)}; intervals at 95 %.</sub>`,
    '',
  ].join('\n')
}

function ranked({ opportunities }: OpportunityList, limit: number): string[] {
  if (opportunities.length === 0)
    return ['Nothing stands out that is known well enough to rank.', '']
  const shown = opportunities.slice(0, limit)
  const more = opportunities.length - shown.length
  return [
    tableRow(['#', 'What', 'Kind', 'Predicted gain', 'Share (n)']),
    tableRow(['--:', '---', '---', '---', '---']),
    ...shown.map(opportunityRow),
    '',
    ...shown.flatMap(details),
    ...(more > 0 ? [`…and ${more} more.`, ''] : []),
  ]
}

function crossings({ crossings: rows }: OpportunityList): string[] {
  if (rows.length === 0) return []
  return [
    '### Calls into addons',
    '',
    tableRow(crossingHeads),
    tableRow(crossingHeads.map((_, at) => (at === 0 ? '---' : '--:'))),
    ...rows.slice(0, 15).map((one) => tableRow(crossingRow(one, formatBytes).map(plain))),
    '',
  ]
}

function unanswered({ unanswered: questions }: OpportunityList): string[] {
  if (questions.length === 0) return []
  const lines = questions.map(({ question, reason, secondsNeeded, nextCommand }) => {
    const next = nextCommand === undefined ? '' : ` Next: ${code(nextCommand)}`
    return `- ${plain(question)}: ${plain(reason)}.${needWords(secondsNeeded)}${next}`
  })
  return ['### Not answered', '', ...lines, '']
}

const opportunityRow = (one: Opportunity, index: number): string =>
  tableRow([
    String(index + 1),
    plain(one.title),
    one.kind,
    gainWords(one),
    `${formatPercent(one.shareEstimate.value)} (${formatPercent(one.shareEstimate.low)}–${formatPercent(one.shareEstimate.high)}), ${one.hitCount} of ${one.sampleCount}`,
  ])

function details(one: Opportunity, index: number): string[] {
  const stack = withoutRecursion(one.stack).map((frame) =>
    oneLine(frameLabel(frame)).replaceAll('`', "'"),
  )
  return [
    `<details><summary>${index + 1}. ${plain(one.title)}</summary>`,
    '',
    `${plain(one.evidence)} The gain is what would be saved ${plain(one.assumption)}.`,
    '',
    ...(stack.length > 0
      ? [plain(stackWords(withoutRecursion(one.stack))), '', '```', ...stack, '```', '']
      : []),
    `Next: ${code(one.nextCommand)}`,
    '',
    '</details>',
    '',
  ]
}
