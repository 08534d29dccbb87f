import type { CellColor, Cursor } from './grid-view.js'
import { type RowSpan, type Run, type RunStyle, runsOf, type SnapshotSource } from './snapshot.js'

const defaultForeground = '#d4d4d4'
const defaultBackground = '#1e1e1e'

/** The sixteen named colours; the rest of the 256 follow from their index. */
const namedColors = [
  '#000000',
  '#cd3131',
  '#0dbc79',
  '#e5e510',
  '#2472c8',
  '#bc3fbc',
  '#11a8cd',
  '#e5e5e5',
  '#666666',
  '#f14c4c',
  '#23d18b',
  '#f5f543',
  '#3b8eea',
  '#d670d6',
  '#29b8db',
  '#ffffff',
] as const

const cubeSteps = [0, 95, 135, 175, 215, 255] as const

const hex = (rgb: number) => `#${rgb.toString(16).padStart(6, '0')}`

function paletteColor(index: number): string {
  const named = namedColors[index]
  if (named !== undefined) return named
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10
    return hex((grey << 16) | (grey << 8) | grey)
  }
  const cube = index - 16
  const red = cubeSteps[Math.floor(cube / 36)]!
  const green = cubeSteps[Math.floor(cube / 6) % 6]!
  return hex((red << 16) | (green << 8) | cubeSteps[cube % 6]!)
}

function cssColor(color: CellColor, fallback: string): string {
  if (color.kind === 'rgb') return hex(color.rgb)
  if (color.kind === 'indexed') return paletteColor(color.index)
  return fallback
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => escapes[character]!)

const underlineCss = {
  none: '',
  single: 'underline',
  double: 'underline double',
  curly: 'underline wavy',
  dotted: 'underline dotted',
  dashed: 'underline dashed',
} as const

function decorationCss(style: RunStyle): string {
  const lines = [
    underlineCss[style.underline],
    style.isStrikethrough ? 'line-through' : '',
    style.isOverline ? 'overline' : '',
  ].filter((line) => line !== '')
  if (lines.length === 0) return ''
  const color =
    style.underlineColor.kind === 'default' ? '' : ` ${cssColor(style.underlineColor, '')}`
  return `text-decoration:${lines.join(' ')}${color};`
}

function runCss(run: Run, isCursor: boolean): string {
  const { style } = run
  let foreground = cssColor(style.foreground, defaultForeground)
  let background = cssColor(style.background, defaultBackground)
  if (style.isInverse !== isCursor) [foreground, background] = [background, foreground]
  // Dim text, not a dim background: the colour with an alpha of 60 %.
  if (style.isDim) foreground += '99'
  let css = ''
  if (foreground !== defaultForeground) css += `color:${foreground};`
  if (background !== defaultBackground) css += `background:${background};`
  if (style.isBold) css += 'font-weight:bold;'
  if (style.isItalic) css += 'font-style:italic;'
  if (style.isInvisible) css += 'color:transparent;'
  return css + decorationCss(style)
}

/** Every run has its width in columns, so that fonts without fitting glyphs cannot move the rest. */
function runHtml(run: Run, isCursor: boolean): string {
  const css = runCss(run, isCursor)
  const width = run.isWide || /[^\x20-\x7e]/.test(run.text) ? `width:${run.cols}ch;` : ''
  const classes = width === '' ? '' : ' class="w"'
  if (css === '' && width === '') return escapeHtml(run.text)
  return `<span${classes} style="${width}${css}">${escapeHtml(run.text)}</span>`
}

/** Cuts the run that the cursor stands on, so that the cell can be drawn in inverse. */
function splitAtCursor(runs: readonly Run[], col: number): { run: Run; isCursor: boolean }[] {
  return runs.flatMap((run) => {
    if (col < run.col || col >= run.col + run.cols) return [{ run, isCursor: false }]
    if (run.isWide) return [{ run, isCursor: true }]
    const segments = [...new Intl.Segmenter().segment(run.text)].map(({ segment }) => segment)
    // Combining sequences the segmenter sees otherwise than the grid: draw the run without a cursor.
    if (segments.length !== run.cols) return [{ run, isCursor: false }]
    const at = col - run.col
    const part = (first: number, end: number) => ({
      ...run,
      col: run.col + first,
      cols: end - first,
      text: segments.slice(first, end).join(''),
    })
    return [
      { run: part(0, at), isCursor: false },
      { run: part(at, at + 1), isCursor: true },
      { run: part(at + 1, run.cols), isCursor: false },
    ].filter(({ run: piece }) => piece.cols > 0)
  })
}

/** One self-contained page. Text from the program is escaped; it cannot add markup. */
export function renderHtml(
  source: SnapshotSource,
  [first, end]: RowSpan,
  options: { readonly title: string; readonly cursor?: Cursor },
): string {
  const lines: string[] = []
  for (let row = first; row < end; row++) {
    const isCursorRow = options.cursor !== undefined && options.cursor.row === row
    const pieces = splitAtCursor(
      runsOf(source, row),
      isCursorRow && !options.cursor.isHidden ? options.cursor.col : -1,
    )
    lines.push(pieces.map(({ run, isCursor }) => runHtml(run, isCursor)).join(''))
  }
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeHtml(options.title)}</title>
<style>
body { margin: 0; background: ${defaultBackground}; }
pre { margin: 8px; display: inline-block; color: ${defaultForeground}; background: ${defaultBackground};
  font: 14px/18px "DejaVu Sans Mono", Menlo, Consolas, monospace; font-variant-ligatures: none; }
.w { display: inline-block; height: 18px; vertical-align: top; overflow: hidden; }
</style>
</head>
<body><pre>${lines.join('\n')}</pre></body>
</html>
`
}
