import type { StackRole } from '../contract/finding.js'
import type { ToolLog, ToolReport, ToolStack } from '../contract/tool-report.js'
import { type LogLine, logLines, parseSanitizerFrame } from './sanitizer-frame.js'

const errorPattern = /^==(\d+)==\s*ERROR: AddressSanitizer: (.*)$/
const leaksPattern = /^==(\d+)==\s*ERROR: LeakSanitizer: detected memory leaks/
const fatalPattern = /^==(\d+)==\s*(LeakSanitizer has encountered a fatal error.*)$/
const leakPattern =
  /^(Direct|Indirect) leak of (\d+) byte\(s\) in (\d+) object\(s\) allocated from:/
const threadPattern = /\bthread (T\d+)/
const noticePattern = /^==(\d+)==\s*(?:WARNING|ERROR|AddressSanitizer|LeakSanitizer|Sanitizer).*$/

/** What opens a stack, and the stack's part in the story. */
const titles: readonly [RegExp, StackRole][] = [
  [/^(?:READ|WRITE) of size/, 'now'],
  [/^The signal is caused by/, 'now'],
  [/^freed by thread/, 'freed'],
  [/^previously allocated by thread/, 'allocated'],
  [/allocated by thread .* here:$|^allocated by/, 'allocated'],
  [/^Thread T\d+.* created by/, 'thread-created'],
  [/is located in stack of thread/, 'allocated'],
]

/** Reads a log of AddressSanitizer or LeakSanitizer, written with our frame format. Whatever the bytes are, it does not throw. */
export function parseAsanLog(latin1: string): ToolLog {
  const reader = new AsanReader()
  for (const line of logLines(latin1)) reader.line(line)
  return reader.end()
}

class AsanReader {
  readonly #log: ToolLog = { reports: [], faults: [] }
  #report: ToolReport | undefined
  #stack: ToolStack | undefined
  /** Only sentences before the shadow bytes and the summary belong to a report. */
  #isTail = false

  line(line: LogLine): void {
    const { text } = line
    const frame = parseSanitizerFrame(text)
    if (frame !== undefined) {
      this.#openStack().frames.push(frame)
      return
    }
    if (text.trim() === '') {
      this.#stack = undefined
      return
    }
    this.#title(line)
  }

  #title({ text, offset }: LogLine): void {
    const error = errorPattern.exec(text)
    if (error !== null) {
      this.#begin(Number(error[1]), error[2]!, offset)
      return
    }
    const leaks = leaksPattern.exec(text)
    if (leaks !== null) {
      this.#leave(Number(leaks[1]))
      return
    }
    const leak = leakPattern.exec(text)
    if (leak !== null) {
      this.#start({
        rule: `${leak[1]} leak`,
        text: text.replace(/ allocated from:$/, ''),
        bytes: Number(leak[2]),
        blocks: Number(leak[3]),
        offset,
      })
      this.#stack = { role: 'allocated', frames: [] }
      this.#report!.stacks.push(this.#stack)
      return
    }
    const fatal = fatalPattern.exec(text)
    if (fatal !== null) this.#log.faults.push(fatal[2]!)
    if (/^SUMMARY: |^Shadow bytes |^=+$/.test(text) || noticePattern.test(text)) {
      if (/^=+$/.test(text)) this.#leave(undefined)
      this.#isTail = true
      this.#stack = undefined
      return
    }
    this.#sentence(text)
  }

  #begin(pid: number, headline: string, offset: number): void {
    this.#log.pid ??= pid
    this.#start({ rule: ruleOf(headline), text: headline, offset, pid })
    const signal = /^(SEGV|BUS|ILL|FPE|ABRT|TRAP)\b/.exec(headline)
    if (signal !== null) this.#log.fatalSignal = `SIG${signal[1]}`
  }

  #start(report: Omit<ToolReport, 'stacks' | 'notes'>): void {
    const pid = report.pid ?? this.#log.pid
    this.#report = { ...report, ...(pid === undefined ? {} : { pid }), stacks: [], notes: [] }
    this.#log.reports.push(this.#report)
    this.#stack = undefined
    this.#isTail = false
  }

  #leave(pid: number | undefined): void {
    if (pid !== undefined) this.#log.pid ??= pid
    this.#report = undefined
    this.#stack = undefined
  }

  /** A line of prose: it may open the next stack, and it is part of what the tool says. */
  #sentence(text: string): void {
    if (this.#report === undefined || this.#isTail) return
    const found = titles.find(([pattern]) => pattern.test(text))
    const thread = threadPattern.exec(text)?.[1]
    if (found !== undefined) {
      this.#stack = { role: found[1], ...(thread === undefined ? {} : { thread }), frames: [] }
      this.#report.stacks.push(this.#stack)
    }
    this.#report.text += `\n${text.trim()}`
  }

  /** Frames without a title before them are those of the error itself (double free, bad size). */
  #openStack(): ToolStack {
    if (this.#stack !== undefined) return this.#stack
    this.#stack = { role: this.#report?.stacks.length ? 'origin' : 'now', frames: [] }
    this.#report?.stacks.push(this.#stack)
    return this.#stack
  }

  end(): ToolLog {
    for (const report of this.#log.reports)
      report.stacks = report.stacks.filter((stack) => stack.frames.length > 0)
    return this.#log
  }
}

/** `attempting double-free on 0x… in thread T0` → `double-free`; `heap-use-after-free on address …` → its first word. */
function ruleOf(headline: string): string {
  const attempting = /^attempting (double-free|free on address which was not malloc)/.exec(headline)
  if (attempting !== null) return attempting[1]!.startsWith('free') ? 'bad-free' : attempting[1]!
  const named = /^([\w-]+)(?=:| on | \(|$)/.exec(headline)
  if (named !== null) return named[1]!
  return headline.split(/[\s:(]/, 1)[0] || 'unknown'
}
