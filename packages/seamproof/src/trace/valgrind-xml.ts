import { SaxesParser } from 'saxes'
import type { StackRole } from '../contract/finding.js'
import type { ToolFrame, ToolLog, ToolReport, ToolStack } from '../contract/tool-report.js'
import { utf8 } from './sanitizer-frame.js'

/** Bytes fed at a time: the parser keeps only what is open. */
const pieceLength = 1 << 16

/**
 * Reads the XML of memcheck, helgrind and drd. A file that ends in the middle, because its process was killed, gives all that
 * it holds. Does not throw.
 */
export function parseValgrindXml(latin1: string): ToolLog {
  const reader = new ValgrindReader()
  const parser = new SaxesParser({ position: true })
  let isBroken = false
  parser.on('error', (error) => {
    if (!isBroken) reader.log.faults.push(`the XML ends early: ${error.message}`)
    isBroken = true
  })
  parser.on('opentag', ({ name }) => reader.open(name, parser.position))
  parser.on('closetag', ({ name }) => reader.close(name))
  parser.on('text', (text) => reader.text(text))
  // Not write() of the whole: after the first fault the rest is not worth reading.
  for (let start = 0; start < latin1.length && !isBroken; start += pieceLength)
    parser.write(latin1.slice(start, start + pieceLength))
  if (!isBroken) parser.close()
  return reader.log
}

type NamedFrame = ToolFrame & { dir?: string }

class ValgrindReader {
  readonly log: ToolLog = { reports: [], faults: [] }
  readonly #path: string[] = []
  #text = ''
  #report: ToolReport | undefined
  #stack: ToolStack | undefined
  #frame: NamedFrame | undefined
  /** What the last <auxwhat> said about the stack that follows it. */
  #role: StackRole = 'now'
  #sentence: string | undefined

  open(name: string, position: number): void {
    this.#path.push(name)
    this.#text = ''
    if (name === 'error' && this.#path.length === 2) {
      this.#report = {
        rule: 'unknown',
        text: '',
        offset: Math.max(0, position - '<error>'.length),
        stacks: [],
        notes: [],
        ...(this.log.pid === undefined ? {} : { pid: this.log.pid }),
      }
      this.#role = 'now'
    } else if (name === 'stack' && this.#report !== undefined) {
      this.#stack = { role: this.#role, frames: [] }
    } else if (name === 'frame' && this.#stack !== undefined) this.#frame = { pc: 0 }
  }

  text(text: string): void {
    this.#text += text
  }

  close(name: string): void {
    const text = utf8(this.#text.trim())
    this.#text = ''
    const depth = this.#path.length
    this.#path.pop()
    if (this.#frame !== undefined) this.#closeInFrame(this.#frame, name, text)
    else if (name === 'pid' && depth === 2) this.log.pid = Number(text)
    else if (name === 'signame') this.log.fatalSignal = text
    else if (this.#report !== undefined) this.#closeInError(name, text, depth)
  }

  #closeInFrame(frame: NamedFrame, name: string, text: string): void {
    if (name === 'ip') frame.pc = Number(text) || 0
    else if (name === 'obj') frame.modulePath = text
    else if (name === 'fn') frame.functionName = text
    else if (name === 'dir') frame.dir = text
    else if (name === 'file') frame.file = text
    else if (name === 'line' && Number(text) > 0) frame.line = Number(text)
    else if (name === 'frame') {
      const { dir, ...rest } = frame
      if (dir !== undefined && rest.file !== undefined && !rest.file.startsWith('/'))
        rest.file = `${dir}/${rest.file}`
      this.#stack?.frames.push(rest)
      this.#frame = undefined
    }
  }

  #closeInError(name: string, text: string, depth: number): void {
    const report = this.#report!
    if (name === 'kind' && depth === 3) report.rule = text || 'unknown'
    else if (name === 'what' || (name === 'text' && this.#path.at(-1) === 'xwhat'))
      this.#say(report, text)
    else if (name === 'auxwhat' || (name === 'text' && this.#path.at(-1) === 'xauxwhat')) {
      if (text !== '') {
        this.#say(report, text)
        this.#role = roleOf(text)
      }
    } else if (name === 'leakedbytes') report.bytes = Number(text) || 0
    else if (name === 'leakedblocks') report.blocks = Number(text) || 0
    else if (name === 'tid' && depth === 3) report.notes.push({ name: 'thread', value: text })
    else if (name === 'stack' && this.#stack !== undefined) {
      const sentence = this.#sentence
      const thread = sentence === undefined ? undefined : /thread #(\d+)/.exec(sentence)?.[1]
      if (thread !== undefined) this.#stack.thread = `#${thread}`
      if (this.#stack.frames.length > 0) report.stacks.push(this.#stack)
      this.#stack = undefined
    } else if (name === 'error' && depth === 2) {
      this.log.reports.push(report)
      this.#report = undefined
      this.#sentence = undefined
    }
  }

  #say(report: ToolReport, text: string): void {
    this.#sentence = text
    report.text = report.text === '' ? text : `${report.text}\n${text}`
  }
}

const roles: readonly [RegExp, StackRole][] = [
  [/conflicts with a previous|This conflicts/i, 'other-access'],
  [/free'd|freed/i, 'freed'],
  [
    /Block was alloc'd|alloc'd at|was allocated|is .* (?:inside|before|after) a block of size .* alloc'd/i,
    'allocated',
  ],
  [/Uninitialised value was created/i, 'origin'],
  [/thread #?\d+ was created/i, 'thread-created'],
  [/lock .*first observed|Lock at|was created|allocated by thread/i, 'created'],
  [/acqui(?:red|sition)|locked|lock order/i, 'lock-taken'],
]

function roleOf(sentence: string): StackRole {
  return roles.find(([pattern]) => pattern.test(sentence))?.[1] ?? 'origin'
}
