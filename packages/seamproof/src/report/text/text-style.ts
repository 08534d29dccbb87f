import picocolors from 'picocolors'

export interface TextOptions {
  /** ANSI colours; off unless asked for. */
  color?: boolean
  /** Columns; default 100. */
  width?: number
}

type Paint = (text: string) => string

export interface TextStyle {
  width: number
  bold: Paint
  dim: Paint
  fail: Paint
  pass: Paint
  warn: Paint
  /** Native code of the subject. */
  subject: Paint
  /** JavaScript of the program. */
  user: Paint
  underline: Paint
}

const widthMin = 60

export function textStyle({ color = false, width = 100 }: TextOptions): TextStyle {
  const paint = picocolors.createColors(color)
  return {
    width: Math.max(widthMin, Math.floor(width)),
    bold: paint.bold,
    dim: paint.dim,
    fail: (text) => paint.bold(paint.red(text)),
    pass: paint.green,
    warn: paint.yellow,
    subject: paint.yellow,
    user: paint.cyan,
    underline: paint.underline,
  }
}

/** Symbols come from files that others made: control and direction characters must not reach a terminal. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')

/** Columns of plain text (no colours in it): wide East Asian characters take two. */
export function columns(text: string): number {
  let width = 0
  for (const char of text)
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
        char,
      ) || char > '\u{1f300}'
        ? 2
        : 1
  return width
}

/** Cuts at the end; what is cut off is shown as `…`. */
export function fit(text: string, width: number): string {
  if (columns(text) <= width) return text
  let kept = ''
  let used = 1
  for (const char of text) {
    used += columns(char)
    if (used > width) break
    kept += char
  }
  return `${kept}…`
}

export const padEnd = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - columns(text)))

export const padStart = (text: string, width: number): string =>
  ' '.repeat(Math.max(0, width - columns(text))) + text

/** Words onto lines of at most `width`, those after the first indented. */
export function wrap(text: string, width: number, indent: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && columns(line) + 1 + columns(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines.join(`\n${indent}`)
}

export const heading = (style: TextStyle, text: string): string => style.bold(style.underline(text))

/** The file ends in exactly one line break, without blanks at the ends of lines. */
export const joinLines = (lines: readonly string[]): string =>
  `${lines
    .join('\n')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`
