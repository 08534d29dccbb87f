import type { ToolFrame } from '../contract/tool-report.js'

/** A frame as `capture/sanitizer-frame-format.ts` asks for it. */
const framePattern = /^\s*#(\d+)\|(0x[0-9a-f]+)\|(.*?)\|([^|]*)\|(.*)\|([^|]*)\|(-?\d*)\|(-?\d*)$/i
/** How the runtimes print what they do not know. */
const unknownText = /^(?:<null>|\(null\)|<unknown module>|\?\?|)$/

/** A frame in our format; undefined when the line is none. */
export function parseSanitizerFrame(line: string): ToolFrame | undefined {
  const match = framePattern.exec(line)
  if (match === null) return undefined
  const [, , pc, module, offset, name, file, lineNumber, column] = match as unknown as string[]
  const frame: ToolFrame = { pc: Number(pc) }
  if (!unknownText.test(module!)) {
    frame.modulePath = module!
    const moduleOffset = Number(offset)
    if (Number.isFinite(moduleOffset) && offset !== '') frame.moduleOffset = moduleOffset
  }
  if (!unknownText.test(name!)) frame.functionName = name!
  if (!unknownText.test(file!)) {
    frame.file = file!
    if (Number(lineNumber) > 0) frame.line = Number(lineNumber)
    if (Number(column) > 0) frame.column = Number(column)
  }
  return frame
}

export interface LogLine {
  text: string
  /** In bytes from the start of the log. */
  offset: number
}

/** Logs are read as latin1, so that positions are bytes; the text of a line becomes UTF-8 only here. */
export function* logLines(latin1: string): Generator<LogLine> {
  let offset = 0
  while (offset < latin1.length) {
    const end = latin1.indexOf('\n', offset)
    const stop = end === -1 ? latin1.length : end
    yield { text: utf8(latin1.slice(offset, stop)), offset }
    offset = stop + 1
  }
}

export function utf8(latin1: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: pure ASCII is the common case, and needs no conversion
  return /^[\x00-\x7f]*$/.test(latin1) ? latin1 : Buffer.from(latin1, 'latin1').toString('utf8')
}
