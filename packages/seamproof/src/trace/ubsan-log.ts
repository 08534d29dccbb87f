import type { ToolFrame, ToolLog, ToolReport } from '../contract/tool-report.js'
import { logLines, parseSanitizerFrame } from './sanitizer-frame.js'

const errorPattern = /^(.*?):(\d+):(\d+): runtime error: (.*)$/
const placelessPattern = /^(?:<unknown>|\(unknown\)|.*): runtime error: (.*)$/

/** Reads a log of UndefinedBehaviorSanitizer, written with our frame format. Does not throw. */
export function parseUbsanLog(latin1: string): ToolLog {
  const log: ToolLog = { reports: [], faults: [] }
  let report: ToolReport | undefined
  for (const { text, offset } of logLines(latin1)) {
    const frame = parseSanitizerFrame(text)
    if (frame !== undefined) {
      report?.stacks[0]?.frames.push(frame)
      continue
    }
    const error = errorPattern.exec(text)
    const message = error?.[4] ?? placelessPattern.exec(text)?.[1]
    if (message === undefined) {
      if (report !== undefined && /^\s*(?:note|SUMMARY)/.test(text)) report = undefined
      continue
    }
    report = {
      rule: ruleOf(message),
      text: message,
      offset,
      stacks: [{ role: 'now', frames: [] }],
      notes:
        error === null ? [] : [{ name: 'place', value: `${error[1]}:${error[2]}:${error[3]}` }],
    }
    log.reports.push(report)
  }
  for (const one of log.reports) if (one.stacks[0]!.frames.length === 0) placeWithoutStack(one)
  return log
}

/** Where the runtime could not walk the stack, the place that it printed is the only frame. */
function placeWithoutStack(report: ToolReport): void {
  const place = /^(.*):(\d+):(\d+)$/.exec(report.notes[0]?.value ?? '')
  if (place === null) {
    report.stacks = []
    return
  }
  const frame: ToolFrame = {
    pc: 0,
    file: place[1]!,
    line: Number(place[2]),
    column: Number(place[3]),
  }
  report.stacks[0]!.frames.push(frame)
}

/** UBSan has no names for its checks in the log, only sentences; these are clang's names for the checks. */
const rules: readonly [RegExp, string][] = [
  [/integer overflow/, 'signed-integer-overflow'],
  [/negation of .* cannot be represented/, 'signed-integer-overflow'],
  [/^shift exponent|^left shift of/, 'shift'],
  [/^index .* out of bounds/, 'bounds'],
  [/null pointer/, 'null'],
  [/misaligned address|assumption of .* alignment/, 'alignment'],
  [/insufficient space|object of type .* address .* with insufficient/, 'object-size'],
  [/division by zero/, 'integer-divide-by-zero'],
  [/is outside the range of representable values/, 'float-cast-overflow'],
  [/load of value .* not a valid value for type '(?:_Bool|bool)'/, 'bool'],
  [/load of value .* not a valid value/, 'enum'],
  [/reached an unreachable program point|__builtin_unreachable/, 'unreachable'],
  [/end of a value-returning function/, 'return'],
  [/variable length array bound/, 'vla-bound'],
  [/pointer index expression|addition of unsigned offset|applying .* offset/, 'pointer-overflow'],
  [/passing zero to/, 'builtin'],
  [/through pointer to incorrect function type/, 'function'],
]

function ruleOf(message: string): string {
  return rules.find(([pattern]) => pattern.test(message))?.[1] ?? 'undefined-behaviour'
}
