import type { Opportunity, OpportunityList } from '../../contract/opportunity.js'
import { formatCounted } from '../format-quantity.js'
import {
  gainWords,
  headWords,
  needWords,
  stateLine,
  turnWords,
  withoutRecursion,
} from '../opportunities/opportunity-words.js'
import { crossingLines } from './render-crossings.js'
import { stackLines } from './stack-text.js'
import {
  fit,
  heading,
  joinLines,
  padStart,
  printable,
  type TextOptions,
  type TextStyle,
  textStyle,
  wrap,
} from './text-style.js'

export interface OpportunitiesTextOptions extends TextOptions {
  /** Opportunities shown; default 10. */
  limit?: number
}

/** What could be saved, ranked, with the evidence and the next command. */
export function renderOpportunities(
  list: OpportunityList,
  options: OpportunitiesTextOptions = {},
): string {
  const style = textStyle(options)
  const lines: string[] = []
  if (list.command.length > 0)
    lines.push(style.bold(fit(printable(list.command.join(' ')), style.width)))
  lines.push(style.dim(headWords(list)))
  if (list.states.length > 0) lines.push(style.dim(wrap(stateLine(list), style.width - 2, '  ')))
  lines.push('', ...rankedLines(list, options.limit ?? 10, style))
  if (list.crossings.length > 0) lines.push(...crossingLines(list.crossings, style), '')
  if (list.turns !== undefined)
    lines.push(
      heading(style, 'Event loop'),
      `  ${wrap(turnWords(list.turns), style.width - 2, '  ')}`,
      '',
    )
  lines.push(...unansweredLines(list, style))
  if (list.losses.length > 0)
    lines.push(
      style.warn(heading(style, 'Not seen')),
      ...list.losses.map((line) => `  ${wrap(printable(line), style.width - 2, '  ')}`),
    )
  return joinLines(lines)
}

function rankedLines(
  { opportunities }: OpportunityList,
  limit: number,
  style: TextStyle,
): string[] {
  if (opportunities.length === 0)
    return ['Nothing stands out that is known well enough to rank.', '']
  const more = opportunities.length - limit
  return [
    heading(style, `What could be saved: ${formatCounted(opportunities.length, 'place')}`),
    '',
    ...opportunities.slice(0, limit).flatMap((one, index) => opportunityLines(one, index, style)),
    ...(more > 0 ? [style.dim(`and ${more} more: --limit ${opportunities.length}`), ''] : []),
  ]
}

function unansweredLines({ unanswered }: OpportunityList, style: TextStyle): string[] {
  if (unanswered.length === 0) return []
  const lines = unanswered.flatMap(({ question, reason, secondsNeeded, nextCommand }) => {
    const text = `${printable(question)}: ${printable(reason)}.${needWords(secondsNeeded)}`
    const told = `  ${wrap(text, style.width - 4, '    ')}`
    return nextCommand === undefined ? [told] : [told, `    next: ${printable(nextCommand)}`]
  })
  return [heading(style, 'Not answered'), ...lines, '']
}

function opportunityLines(one: Opportunity, index: number, style: TextStyle): string[] {
  const number = padStart(`${index + 1}.`, 3)
  const indent = '     '
  const room = style.width - indent.length
  return [
    `${number} ${style.bold(fit(printable(one.title), style.width - 4 - one.kind.length - 3))} ${style.dim(`[${one.kind}]`)}`,
    `${indent}${style.pass(`saves ${gainWords(one)}`)}`,
    `${indent}${style.dim(wrap(one.assumption, room, indent))}`,
    `${indent}${wrap(printable(one.evidence), room, indent)}`,
    ...stackLines(
      withoutRecursion(one.stack).map((frame) => ({
        ...frame,
        functionName: printable(frame.functionName),
      })),
      style,
      `${indent}  `,
    ).slice(0, 12),
    `${indent}next: ${printable(one.nextCommand)}`,
    '',
  ]
}
