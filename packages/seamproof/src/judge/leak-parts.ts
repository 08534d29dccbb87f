import type { GrowthGroup, ProcessFacts } from '../contract/facts.js'
import type { LeakVerdict } from '../contract/verdict.js'

export interface JudgedLeak {
  group: GrowthGroup
  verdict: LeakVerdict
}

/**
 * One call to the runtime may allocate in several places: a reference is a block of its own, and a place in a block of
 * handles that is only made for every 256th. Of groups that one call of the subject led to, the one with the most blocks is
 * the leak, and the others are parts of it.
 */
export function markParts(process: ProcessFacts, judged: readonly JudgedLeak[]): void {
  const open = judged
    .filter(({ verdict }) => verdict.status !== 'suppressed')
    .sort(
      (a, b) =>
        Number(b.verdict.status === 'fail') - Number(a.verdict.status === 'fail') ||
        b.group.blocksPerOperation.value - a.group.blocksPerOperation.value,
    )
  const leaders = new Map<string, JudgedLeak>()
  for (const leak of open) {
    const call = callOf(process, leak.group)
    if (call === null) continue
    const leader = leaders.get(call)
    if (leader === undefined) leaders.set(call, leak)
    // The same way all through, but from another address: a call like it, and not the same one.
    else if (!hasSameFrames(leader.group, leak.group)) leak.verdict.partOf = leader.group.groupId
  }
}

/** Which call it was: the function of the runtime and the subject's frames around it. Null where the subject allocated itself. */
function callOf(process: ProcessFacts, group: GrowthGroup): string | null {
  if (group.attribution !== 'subject') return null
  const frames = group.frameIndexes.map((index) => process.frames[index]!)
  const innermost = frames.findIndex((frame) => frame.origin === 'subject')
  if (frames[innermost - 1]?.origin !== 'runtime') return null
  const names = frames
    .slice(innermost - 1)
    .map((frame) => `${frame.functionName}@${frame.file ?? ''}:${frame.line ?? ''}`)
  return [group.moduleName, group.workload ?? '', ...names].join('\n')
}

function hasSameFrames(a: GrowthGroup, b: GrowthGroup): boolean {
  return a.frameIndexes.join(' ') === b.frameIndexes.join(' ')
}
