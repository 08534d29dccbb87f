import type { RankedFrame } from '../call-tree/call-tree-layout.js'
import { formatCount, formatPercent } from '../format-quantity.js'
import { fit, padEnd, padStart, type TextStyle } from './text-style.js'

/** `22.1 %  77.0 MiB  readPixels  pixels.ts:9` */
export function rankLines(
  ranked: readonly RankedFrame[],
  limit: number,
  show: (value: number) => string,
  style: TextStyle,
): string[] {
  const rows = ranked.slice(0, limit)
  const longest = Math.max(0, ...rows.map(({ name }) => name.length))
  const nameWidth = Math.min(longest, style.width - 22 - 32)
  const lines = rows.map(({ name, location, value, share, origin }) => {
    const paint = origin === 'other' ? (text: string) => text : style[origin]
    const number = `${padStart(formatPercent(share), 8)} ${padStart(show(value), 10)}`
    return `${number}  ${paint(padEnd(fit(name, nameWidth), nameWidth))}  ${style.dim(fit(location, 32))}`
  })
  const more = ranked.length - rows.length
  return more > 0 ? [...lines, style.dim(`${' '.repeat(21)}and ${formatCount(more)} more`)] : lines
}
