import type { StackRole } from '../contract/finding.js'
import type { ToolLog, ToolReport, ToolStack } from '../contract/tool-report.js'
import { type LogLine, logLines, parseSanitizerFrame } from './sanitizer-frame.js'

const warningPattern =
  /^(?:==\d+==)?(?:WARNING|ERROR|FATAL): ThreadSanitizer: (.*?)(?: \(pid=(\d+)\))?$/
const fatalPattern = /^(?:==\d+==)?FATAL: ThreadSanitizer: (.*)$/

const titles: readonly [RegExp, StackRole][] = [
  [/^\s*Previous (?:atomic )?(?:read|write)/i, 'other-access'],
  [/^\s*(?:Atomic )?(?:read|write) of size/i, 'now'],
  [/^\s*Location is heap block .* allocated by/, 'allocated'],
  [/^\s*Location is .* created (?:at|by)/, 'created'],
  [/^\s*Mutex .* (?:acquired here while holding|previously acquired by)/, 'lock-taken'],
  [/^\s*(?:And )?Mutex .* created at/, 'created'],
  [/^\s*Thread .* created by/, 'thread-created'],
]

/** Reads a log of ThreadSanitizer, written with our frame format. Does not throw. */
export function parseTsanLog(latin1: string): ToolLog {
  const reader = new TsanReader()
  for (const line of logLines(latin1)) reader.line(line)
  return reader.end()
}

class TsanReader {
  readonly #log: ToolLog = { reports: [], faults: [] }
  #report: ToolReport | undefined
  #stack: ToolStack | undefined

  line({ text, offset }: LogLine): void {
    const frame = parseSanitizerFrame(text)
    if (frame !== undefined) {
      this.#openStack()?.frames.push(frame)
      return
    }
    if (text.trim() === '') {
      this.#stack = undefined
      return
    }
    const warning = warningPattern.exec(text)
    if (warning !== null) {
      this.#begin(warning[1]!, warning[2], offset)
      return
    }
    if (/^=+$/.test(text) || text.startsWith('SUMMARY: ')) {
      this.#report = undefined
      this.#stack = undefined
      return
    }
    this.#sentence(text)
  }

  #begin(headline: string, pid: string | undefined, offset: number): void {
    const fatal = fatalPattern.exec(headline)
    if (fatal !== null || /unexpected memory mapping/.test(headline))
      this.#log.faults.push(headline)
    if (pid !== undefined) this.#log.pid ??= Number(pid)
    this.#report = {
      rule:
        headline
          .replace(/\s*\(.*$/, '')
          .replace(/ on .*$/, '')
          .trim() || 'unknown',
      text: headline,
      ...(pid === undefined ? {} : { pid: Number(pid) }),
      offset,
      stacks: [],
      notes: [],
    }
    if (/^SEGV/.test(headline)) this.#log.fatalSignal = 'SIGSEGV'
    this.#stack = undefined
    this.#log.reports.push(this.#report)
  }

  #sentence(text: string): void {
    if (this.#report === undefined) return
    const role = titles.find(([pattern]) => pattern.test(text))?.[1]
    if (role !== undefined) {
      const thread = threadOf(text)
      this.#stack = { role, ...(thread === undefined ? {} : { thread }), frames: [] }
      this.#report.stacks.push(this.#stack)
    }
    this.#report.text += `\n${text.trim()}`
  }

  #openStack(): ToolStack | undefined {
    if (this.#report === undefined) return undefined
    if (this.#stack === undefined) {
      this.#stack = { role: this.#report.stacks.length === 0 ? 'now' : 'origin', frames: [] }
      this.#report.stacks.push(this.#stack)
    }
    return this.#stack
  }

  end(): ToolLog {
    for (const report of this.#log.reports)
      report.stacks = report.stacks.filter((stack) => stack.frames.length > 0)
    return this.#log
  }
}

function threadOf(text: string): string | undefined {
  const started = /^\s*Thread (T\d+).* created by/.exec(text)
  if (started !== null) return started[1]
  if (/by main thread/.test(text)) return 'main'
  return /\b(?:thread|Thread) (T\d+)/.exec(text)?.[1]
}
