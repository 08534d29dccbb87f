import type { CaptureFacts, GrowthGroup, ProcessFacts } from '../contract/facts.js'
import type { Frame } from '../contract/frame.js'
import type { LeakVerdict, Verdicts } from '../contract/verdict.js'

/** A verdict beside the facts it speaks of. */
export interface JudgedGroup {
  verdict: LeakVerdict
  group: GrowthGroup
  process: ProcessFacts
  processIndex: number
  /** What the same call leaks elsewhere. */
  parts: JudgedGroup[]
}

/**
 * Every judged group, in the order of the verdicts, parts with the leak they are part of. A verdict whose group is gone from
 * the facts is left out.
 */
export function judgedGroups(facts: CaptureFacts, verdicts: Verdicts): JudgedGroup[] {
  const all = everyGroup(facts, verdicts)
  return all.filter((part) => {
    const whole = all.find(
      ({ verdict, process }) => verdict.groupId === part.verdict.partOf && process === part.process,
    )
    whole?.parts.push(part)
    return whole === undefined
  })
}

function everyGroup(facts: CaptureFacts, verdicts: Verdicts): JudgedGroup[] {
  const found: JudgedGroup[] = []
  for (const verdict of verdicts.leaks) {
    const processIndex = facts.processes.findIndex(
      (process) => process.traceFile === verdict.traceFile,
    )
    const process = facts.processes[processIndex]
    for (const group of process?.groups ?? [])
      if (process && group.groupId === verdict.groupId)
        found.push({ verdict, group, process, processIndex, parts: [] })
  }
  return found
}

export const framesOf = (process: ProcessFacts, frameIndexes: readonly number[]): Frame[] =>
  frameIndexes.flatMap((index) => process.frames[index] ?? [])

/** Wrappers and templates that stand between the author's function and malloc; naming one would help nobody. */
const libraryName =
  /^(operator new|std::|__gnu_cxx::|Napi::|Nan::|napi::|node::|__?rust_|__rdl_|(<?)(alloc|core|std)::)/

/** The frame to blame: the innermost one of the subject that its author wrote, else what the group is named for. */
export function blamedFrame({ group, process }: JudgedGroup): Frame | undefined {
  const frames = framesOf(process, group.frameIndexes)
  const subject = frames.filter((frame) => frame.origin === 'subject')
  const written = subject.find((frame) => !libraryName.test(frame.functionName))
  return written ?? subject[0] ?? frames.at(-1)
}

const isInPackage = (frame: Frame): boolean => frame.file?.includes('/node_modules/') ?? false

/**
 * The line of JavaScript that led there most: the program's own rather than that of a package, which is often no more than
 * the addon's wrapper.
 */
export function callingFrame({ group, process }: JudgedGroup): Frame | undefined {
  const ranked = [...group.callSites].sort((a, b) => b.share - a.share)
  const users = ranked.flatMap((site) =>
    framesOf(process, site.frameIndexes).filter((frame) => frame.origin === 'user'),
  )
  return users.find((frame) => !isInPackage(frame)) ?? users[0]
}
