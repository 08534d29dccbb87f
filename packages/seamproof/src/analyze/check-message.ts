import type { Instrument } from '../contract/finding.js'
import type { ToolReport } from '../contract/tool-report.js'

/** One sentence out of what a tool says over several lines. */
export function defectMessage(instrument: Instrument, report: ToolReport): string {
  switch (instrument) {
    case 'asan':
      return asanMessage(report)
    case 'tsan':
      return tsanMessage(report)
    case 'memcheck':
      return memcheckMessage(report)
    case 'helgrind':
    case 'drd':
      return threadMessage(report)
    default:
      return withoutAddresses(report.text)
  }
}

function asanMessage({ rule, text }: ToolReport): string {
  const access = /(READ|WRITE) of size (\d+)/.exec(text)
  const place =
    /is located (\d+) bytes (to the right of|to the left of|after|before|inside of) (?:a )?(\d+)-byte region/.exec(
      text,
    )
  if (access !== null) {
    const what = `${access[1] === 'READ' ? 'read' : 'write'} of ${bytes(Number(access[2]))}`
    if (place !== null) return `${what}, ${placeText(place)} (${rule})`
    const variable = /'([^'\n]+)'[^\n]* <== Memory access at offset \d+ (\w+)s this variable/.exec(
      text,
    )
    if (variable !== null)
      return `${what}, which ${variable[2]}s the variable '${variable[1]}' (${rule})`
    const global =
      /is located (\d+) bytes (to the right of|to the left of|after|before|inside of) global variable '([^']+)'.* of size (\d+)/.exec(
        text,
      )
    if (global !== null)
      return `${what}, ${bytes(Number(global[1]))} ${sideOf(global[2]!)} the global '${global[3]}' of ${bytes(Number(global[4]))} (${rule})`
    return `${what} (${rule})`
  }
  if (rule === 'SEGV') {
    const kind = /caused by a (READ|WRITE) memory access/.exec(text)?.[1]?.toLowerCase()
    const where = /zero page|address 0x0{9,}[0-9a-f]{0,3}\b/.test(text) ? ' at a null pointer' : ''
    return `the process was ended by SIGSEGV${kind === undefined ? '' : `: ${kind}`}${where}`
  }
  if (rule === 'ABRT') return 'the process was aborted (SIGABRT)'
  return withoutAddresses(firstSentences(text, 1))
}

function placeText([, distance, side, size]: RegExpExecArray): string {
  const block = `a block of ${size}`
  return side === 'inside of'
    ? `${distance} bytes inside ${block} that was freed`
    : `${bytes(Number(distance))} ${sideOf(side!)} ${block}`
}

function sideOf(side: string): string {
  if (side === 'to the right of' || side === 'after') return 'after'
  return side === 'inside of' ? 'inside' : 'before'
}

function tsanMessage({ text }: ToolReport): string {
  const now = /^(Atomic )?(Write|Read) of size (\d+) at \S+ by (main thread|thread T\d+)/im.exec(
    text,
  )
  const other =
    /^Previous (atomic )?(write|read) of size (\d+) at \S+ by (main thread|thread T\d+)/im.exec(
      text,
    )
  const headline = text.split('\n', 1)[0]!.toLowerCase()
  if (now === null) return headline
  const place = /^Location is (global '[^']+'|heap block of size \d+|stack of [^:]*)/m.exec(
    text,
  )?.[1]
  const what = (match: RegExpExecArray) =>
    `${match[1] ? 'atomic ' : ''}${match[2]!.toLowerCase()} of ${bytes(Number(match[3]))} by ${match[4]}`
  const both = other === null ? what(now) : `${what(now)} and ${what(other)}`
  return `${headline}: ${both}${place === undefined ? '' : `, ${withoutAddresses(place)}`}`
}

function threadMessage({ rule, text }: ToolReport): string {
  if (rule === 'LockOrder')
    return 'two locks are taken in two orders: two threads may wait for each other'
  const now = /(read|write) of size (\d+) by (thread #\d+)/.exec(text)
  const other = /previous (read|write) of size (\d+) by (thread #\d+)/.exec(text)
  if (now === null) return withoutAddresses(firstSentences(text, 1))
  const what = ([, kind, size, thread]: RegExpExecArray) =>
    `${kind} of ${bytes(Number(size))} by ${thread}`
  return `possible data race: ${what(now)}${other === null ? '' : ` and ${what(other)}`}`
}

function memcheckMessage({ rule, text }: ToolReport): string {
  const access = /Invalid (read|write) of size (\d+)/.exec(text)
  const place =
    /is (\d+) bytes (before|after|inside) (?:an unallocated )?(?:a )?block of size ([\d,]+)(?: (free'd|alloc'd))?/.exec(
      text,
    )
  if (access !== null) {
    const what = `${access[1]} of ${bytes(Number(access[2]))}`
    if (place === null)
      return /not stack'd/.test(text) ? `${what} at an address that belongs to nothing` : what
    const freed = place[4] === "free'd" ? ' that was freed' : ''
    return `${what}, ${bytes(Number(place[1]))} ${place[2]} a block of ${place[3]}${freed}`
  }
  if (rule === 'InvalidFree')
    return /free'd/.test(text)
      ? 'a block is freed a second time'
      : 'what is freed is no block, or not its beginning'
  if (/^Uninit|^SyscallParam/.test(rule))
    return withoutAddresses(firstSentences(text, 1)).toLowerCase()
  return withoutAddresses(firstSentences(text, 1))
}

export function bytes(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`
}

function firstSentences(text: string, count: number): string {
  return text.split('\n').slice(0, count).join('; ')
}

/** Addresses differ from run to run, and say nothing to a reader. */
function withoutAddresses(text: string): string {
  return text
    .replace(/ (?:on|at|to) (?:unknown )?address 0x[0-9a-f]+/gi, '')
    .replace(/ (?:at|on) 0x[0-9a-f]+/gi, '')
    .replace(/ at pc 0x[0-9a-f]+.*$/i, '')
    .replace(/\bpc 0x[0-9a-f]+ bp 0x[0-9a-f]+ sp 0x[0-9a-f]+\s*/gi, '')
    .replace(/0x[0-9a-f]{5,}/gi, '…')
    .replace(/\s*\(T\d+\)|\s+in thread T\d+/g, '')
    .trim()
}
