import type { DefectReport, DefectStack, Instrument } from '../contract/finding.js'
import type { Frame } from '../contract/frame.js'
import type { Checkpoint, ToolFrame, ToolLog, ToolReport } from '../contract/tool-report.js'
import { accesses, accessFrame, isAboutSubject, isStackSwitch } from './check-filter.js'
import { kindOf } from './check-kinds.js'
import {
  checkpointAfter,
  type LeakOverRounds,
  type LeakRecord,
  leaksOverRounds,
} from './check-leaks.js'
import { bytes, defectMessage } from './check-message.js'

export interface CheckReportsQuestion {
  instrument: Instrument
  logs: readonly { name: string; log: ToolLog }[]
  checkpoints: readonly Checkpoint[]
  /** Driven in rounds: what something still points to counts only when it grows. */
  isWorkload: boolean
  frameOf: (frame: ToolFrame, pid: number | undefined) => Frame
  /** The module waits and wakes by system calls of its own, not by pthread's locks. */
  makesOwnLocks?: ((modulePath: string) => boolean) | undefined
}

export interface CheckReports {
  reports: DefectReport[]
  foreignCount: number
  notes: string[]
  /** Why the tool cannot tell about a part of what it looked at. */
  incomplete?: string
}

/** What a checker wrote, as reports about the subject; equal ones counted once. */
export function checkReports(question: CheckReportsQuestion): CheckReports {
  const { instrument, checkpoints } = question
  const kept = new Map<string, DefectReport>()
  const leaks: LeakRecord[] = []
  const untold = new Map<string, number>()
  let foreignCount = 0
  for (const { name, log } of question.logs)
    for (const report of log.reports) {
      const stacks = stacksOf(report, log, question)
      if (isStackSwitch(instrument, report) || !isAboutSubject(instrument, report, stacks)) {
        if (!stillReachable.test(report.rule)) foreignCount++
        continue
      }
      const locking = ownLocksOf(report, stacks, question)
      if (locking !== undefined) {
        untold.set(locking, (untold.get(locking) ?? 0) + 1)
        continue
      }
      const leak = leakOf(report, stacks, name)
      if (leak !== undefined) leaks.push(leak)
      else if (report.blocks === undefined) add(kept, defectOf(report, stacks, name, question))
    }
  const all = leaksOverRounds(leaks, checkpoints)
  const reported = all.filter((leak) => isReported(leak, question))
  const once = all.filter((leak) => leak.isLost && leak.blocks > 0 && !reported.includes(leak))
  return {
    reports: [...kept.values(), ...reported.map((leak) => leakReport(leak, question))],
    foreignCount,
    notes: once.length === 0 ? [] : [onceText(once)],
    ...incompleteOf(untold, question),
  }
}

/** Valgrind follows pthread's locks. Where a module makes its own (GLib, Rust), right code looks like a race to it, all over. */
function ownLocksOf(
  { rule }: ToolReport,
  stacks: readonly DefectStack[],
  { instrument, makesOwnLocks }: CheckReportsQuestion,
): string | undefined {
  const isValgrinds = instrument === 'helgrind' || instrument === 'drd'
  if (!isValgrinds || makesOwnLocks === undefined || !raceRules.test(rule)) return undefined
  const modules = accesses(stacks).map(({ frames }) => accessFrame(frames))
  return modules.find((frame) => frame?.modulePath !== undefined && makesOwnLocks(frame.modulePath))
    ?.moduleName
}

const raceRules = /^(?:Race|ConflictingAccess)$/

function incompleteOf(
  untold: ReadonlyMap<string, number>,
  { instrument }: CheckReportsQuestion,
): { incomplete?: string } {
  const reasons = [...untold].map(
    ([name, count]) =>
      `${name} makes locks of its own by system calls, whose order ${instrument} cannot know: ${count} ${count === 1 ? 'report of a race in it is' : 'reports of races in it are'} left out; with its sources tsan can tell`,
  )
  return reasons.length === 0 ? {} : { incomplete: reasons.join('; ') }
}

function stacksOf(
  { stacks, pid }: ToolReport,
  log: ToolLog,
  { frameOf }: CheckReportsQuestion,
): DefectStack[] {
  return stacks.map(({ role, thread, frames }) => ({
    role,
    ...(thread === undefined ? {} : { thread }),
    frames: frames.map((frame) => frameOf(frame, pid ?? log.pid)),
  }))
}

/** What is lost only because its owner is lost is counted with the owner. */
const indirect = /^Indirect leak$|^Leak_IndirectlyLost$/
const stillReachable = /^Leak_StillReachable$/
const lost = /^Direct leak$|^Leak_DefinitelyLost$/

function leakOf(report: ToolReport, stacks: DefectStack[], log: string): LeakRecord | undefined {
  const { rule, offset, blocks } = report
  if (blocks === undefined || stacks[0] === undefined || indirect.test(rule)) return undefined
  return {
    stack: { ...stacks[0], role: 'allocated' },
    bytes: report.bytes ?? 0,
    blocks,
    isLost: lost.test(rule),
    offset,
    log,
    addresses: report.stacks[0]!.frames.map(({ pc }) => pc.toString(16)).join(' '),
  }
}

/**
 * In rounds growth tells: what an addon allocates as it starts and never frees is lost to every tool when the process ends, and
 * is no leak. Without rounds there is nothing but the end.
 */
function isReported(
  leak: LeakOverRounds,
  { isWorkload, checkpoints }: CheckReportsQuestion,
): boolean {
  if (leak.blocks === 0) return false
  if (leak.perOperation !== undefined || !isWorkload) return true
  return leak.isLost && !checkpoints.some(({ kind }) => kind === 'round')
}

function onceText(once: readonly LeakOverRounds[]): string {
  const sum = (pick: (leak: LeakOverRounds) => number) =>
    once.reduce((total, leak) => total + pick(leak), 0)
  const makers = once.map(({ stack }) => stack.frames.find(({ origin }) => origin === 'subject'))
  const names = [...new Set(makers.flatMap((frame) => frame?.functionName ?? []))].sort()
  const shown = `${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}`
  return `not freed at the end, and not growing with the operations: ${bytes(sum((leak) => leak.bytes))} in ${sum(({ blocks }) => blocks)} blocks, by ${shown}`
}

function leakReport(leak: LeakOverRounds, { instrument }: CheckReportsQuestion): DefectReport {
  const { stack, isLost, perOperation, workload, rounds } = leak
  // Of one look at the end nobody knows whether it grows: an addon's start loses blocks too.
  const isCertain = isLost && perOperation !== undefined
  return {
    instrument,
    kind: 'leak',
    rule: isLost
      ? 'definitely lost'
      : perOperation === undefined
        ? 'possibly lost'
        : 'still reachable, grows',
    severity: isCertain ? 'error' : mayBeFilling(leak) ? 'advice' : 'warning',
    message: mayBeFilling(leak)
      ? `${leakMessage(leak)}; a cache that is filling up looks the same in so few operations, and track makes more`
      : leakMessage(leak),
    stacks: [stack],
    ...(workload === undefined ? {} : { workload }),
    ...(perOperation === undefined ? {} : { perOperation }),
    bytes: leak.bytes,
    blocks: leak.blocks,
    count: 1,
    notes:
      rounds === undefined
        ? []
        : [
            {
              name: `blocks per round of ${rounds.operationsPerRound}`,
              value: rounds.blocks.join(' '),
            },
          ],
  }
}

/** Libraries keep the last hundred operations or so: before that many were driven, and steadily, what is held may have a limit. */
const filledOperations = 100
const steadyShare = 0.1

function mayBeFilling({ isLost, rounds }: LeakOverRounds): boolean {
  if (isLost || rounds === undefined) return false
  const { blocks, operationsPerRound } = rounds
  const least = Math.min(...blocks)
  const isSteady = Math.max(...blocks) - least <= Math.max(1, least * steadyShare)
  return !isSteady || blocks.length * operationsPerRound < filledOperations
}

function leakMessage({
  isLost,
  perOperation,
  rounds,
  bytes: total,
  blocks,
}: LeakOverRounds): string {
  const state = isLost ? 'nothing points to it any more' : 'something still points to it'
  if (perOperation === undefined)
    return `${bytes(total)} in ${blocks} ${blocks === 1 ? 'block' : 'blocks'} not freed: ${state}`
  const perBlock = rounded(perOperation.blocks)
  const rate = `${rounded(perOperation.bytes)} B in ${perBlock} ${perBlock === '1' ? 'block' : 'blocks'} per operation not freed`
  return rounds === undefined
    ? `${rate}, seen at the end: ${state}`
    : `${rate}, in every round: ${state}`
}

const rounded = (value: number) => String(Math.round(value * 100) / 100)

function defectOf(
  report: ToolReport,
  stacks: DefectStack[],
  log: string,
  { instrument, checkpoints }: CheckReportsQuestion,
): DefectReport {
  const { kind, severity } = kindOf(instrument, report)
  const workload = workloadAt({ log, offset: report.offset }, checkpoints)
  return {
    instrument,
    kind,
    rule: report.rule,
    severity,
    message: defectMessage(instrument, report),
    stacks,
    ...(workload === undefined ? {} : { workload }),
    count: 1,
    notes: report.notes,
  }
}

/** Which workload was at work when the log had this length: the checkpoint behind it is of the same workload. */
function workloadAt(
  place: { log: string; offset: number },
  checkpoints: readonly Checkpoint[],
): string | undefined {
  const next = checkpointAfter(place, checkpoints)
  // The process ended before the next checkpoint: it was the workload that began last.
  if (next === -1) {
    const own = checkpoints.filter(({ pid }) => place.log.split('.').includes(String(pid)))
    return (own.length > 0 ? own : checkpoints).findLast(({ kind }) => kind !== 'end')?.workload
  }
  const { kind, workload } = checkpoints[next]!
  // In front of a `begin` lies what came after the end of the one before.
  return kind === 'begin' ? (checkpoints[next - 1]?.workload ?? workload) : workload
}

function add(kept: Map<string, DefectReport>, report: DefectReport): void {
  const { kind, rule, workload, stacks } = report
  const places = stacks.map(({ role, frames }) => `${role} ${shortKey(frames)}`).join(' | ')
  const key = `${kind} ${rule} ${workload} ${places}`
  const known = kept.get(key)
  if (known === undefined) kept.set(key, report)
  else known.count += report.count
}

/** JavaScript changes tiers, and V8 its paths: native frames out to the subject's outermost tell reports apart. */
function shortKey(frames: readonly Frame[]): string {
  const last = frames.findLastIndex(({ origin }) => origin === 'subject')
  return frames
    .slice(0, last === -1 ? 4 : last + 1)
    .map(({ functionName, moduleName, line }) => `${moduleName}!${functionName}:${line}`)
    .join('<')
}
