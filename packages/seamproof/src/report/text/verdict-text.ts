import type { CheckVerdict, VerdictStatus } from '../../contract/verdict.js'
import { statusWords } from '../status-words.js'
import { padEnd, type TextStyle, wrap } from './text-style.js'

const statusWidth = 14

export const statusPaints = (
  style: TextStyle,
): Record<VerdictStatus, (text: string) => string> => ({
  pass: style.pass,
  fail: style.fail,
  inconclusive: style.warn,
  'not-run': style.dim,
})

/** One line a check: `✗ FAIL  leaks: …  evidence`. */
export function verdictLines(checks: readonly CheckVerdict[], style: TextStyle): string[] {
  const paints = statusPaints(style)
  const checkWidth = Math.min(34, Math.max(0, ...checks.map(({ check }) => check.length)))
  return checks.map(({ status, check, evidence, reason }) => {
    const indent = ' '.repeat(statusWidth + 2 + checkWidth + 2)
    const text = [evidence, reason].filter(Boolean).join('; ')
    const told = wrap(text, Math.max(24, style.width - indent.length), indent)
    const word = paints[status](padEnd(statusWords[status], statusWidth))
    const name =
      check.length > checkWidth ? `${check}\n${indent.slice(2)}` : padEnd(check, checkWidth)
    return `${word}  ${style.bold(name)}  ${told}`
  })
}
