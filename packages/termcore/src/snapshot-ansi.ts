import type { CellColor } from './grid-view.js'
import { type RowSpan, type Run, type RunStyle, runsOf, type SnapshotSource } from './snapshot.js'

const underlineParams = {
  none: [],
  single: ['4'],
  double: ['4:2'],
  curly: ['4:3'],
  dotted: ['4:4'],
  dashed: ['4:5'],
} as const

function colorParams(color: CellColor, base: 38 | 48 | 58): string[] {
  if (color.kind === 'default') return []
  if (color.kind === 'rgb')
    return [`${base};2;${color.rgb >> 16};${(color.rgb >> 8) & 255};${color.rgb & 255}`]
  if (base === 58 || color.index >= 16) return [`${base};5;${color.index}`]
  // 30..37 and 90..97; 40..47 and 100..107.
  return [`${base - 8 + (color.index < 8 ? color.index : 60 + color.index - 8)}`]
}

function sgrOf(style: RunStyle): string {
  const params: string[] = []
  const flags: readonly [boolean, string][] = [
    [style.isBold, '1'],
    [style.isDim, '2'],
    [style.isItalic, '3'],
    [style.isBlink, '5'],
    [style.isInverse, '7'],
    [style.isInvisible, '8'],
    [style.isStrikethrough, '9'],
    [style.isOverline, '53'],
  ]
  for (const [isOn, param] of flags) if (isOn) params.push(param)
  params.push(...underlineParams[style.underline])
  params.push(...colorParams(style.foreground, 38))
  params.push(...colorParams(style.background, 48))
  params.push(...colorParams(style.underlineColor, 58))
  return params.join(';')
}

/** Spaces that look like nothing at all, at the end of a row, are left out. */
function withoutBlankEnd(runs: readonly Run[]): Run[] {
  const kept = [...runs]
  const last = kept.at(-1)
  if (last && !last.isWide && sgrOf(last.style) === '') {
    kept.pop()
    const text = last.text.replace(/ +$/, '')
    if (text !== '') kept.push({ ...last, text })
  }
  return kept
}

/** Text with SGR sequences: printed in a terminal of the same width it looks the same. */
export function renderAnsi(source: SnapshotSource, [first, end]: RowSpan): string {
  const lines: string[] = []
  for (let row = first; row < end; row++) {
    let line = ''
    for (const run of withoutBlankEnd(runsOf(source, row))) {
      const sgr = sgrOf(run.style)
      line += sgr === '' ? run.text : `\x1b[${sgr}m${run.text}\x1b[0m`
    }
    lines.push(line)
  }
  return lines.join('\n')
}
