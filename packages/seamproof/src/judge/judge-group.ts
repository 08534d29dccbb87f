import type { GrowthGroup, Losses, ProcessFacts } from '../contract/facts.js'
import { ratesText, stepsOf, stepsPhrase } from './growth-sentence.js'
import { type Growth, growthOf } from './growth-shape.js'
import type { LeakLimits } from './leak-limits.js'

/** Null for a group that gives no reason to speak of it. */
export interface GroupJudgement {
  status: 'fail' | 'inconclusive'
  reason: string
}

const moreRounds = 'more rounds can tell: try --rounds 20'
const weaker =
  'weaker evidence: the program has no rounds; a workload in rounds would tell for certain'

export function judgeGroup(
  process: ProcessFacts,
  group: GrowthGroup,
  limits: LeakLimits,
): GroupJudgement | null {
  const judgement =
    group.evidence === 'lifetime'
      ? judgeLifetime(process, group, limits)
      : group.attribution === 'subject'
        ? judgeSubject(group, limits)
        : judgeRuntime(process, group, limits)
  return judgement === null ? null : discounted(judgement, group, process.losses)
}

/** Growth that lost releases could explain is not proven. */
function discounted(judgement: GroupJudgement, group: GrowthGroup, losses: Losses): GroupJudgement {
  // A release takes a byte of the trace at least.
  const releasesLostMax = losses.eventsDropped + losses.damagedBytes
  const grown = group.liveCounts.at(-1)! - group.liveCounts[0]!
  if (judgement.status !== 'fail' || releasesLostMax === 0 || grown > releasesLostMax)
    return judgement
  return {
    status: 'inconclusive',
    reason: `${judgement.reason}; but up to ${releasesLostMax} events were lost, which could be the missing releases: record it again`,
  }
}

function judgeSubject(group: GrowthGroup, limits: LeakLimits): GroupJudgement | null {
  const blocks = growthOf(group.liveCounts, limits.stepsMin, limits.steadyDeviationMax)
  const bytes = growthOf(group.liveBytes, limits.stepsMin, limits.steadyDeviationMax)
  if (blocks.shape === 'steady') {
    const text = ratesText(group, blocks)
    const isMuch =
      blocks.medianStep >= limits.stepBlocksMin ||
      bytes.medianStep >= limits.unevenBytesMin ||
      group.blocksPerOperation.value >= limits.everyOperationRateMin
    if (isMuch) return { status: 'fail', reason: `${steadyPhrase(blocks)}: ${text}` }
    const isExact = blocks.steps.every((step) => step === blocks.medianStep)
    if (isExact || isWorthAsking(blocks, bytes, limits))
      return {
        status: 'inconclusive',
        reason: `every round grows, but by so few blocks that operations need not be the cause: ${text}; ${moreRounds}`,
      }
  }
  if (blocks.shape === 'uneven' && isWorthAsking(blocks, bytes, limits))
    return {
      status: 'inconclusive',
      reason: `it keeps growing, but unevenly: ${ratesText(group, blocks)}; ${moreRounds}`,
    }
  return judgeBytes(group, bytes, limits)
}

function steadyPhrase(growth: Growth): string {
  return growth.isFirstStepSettling
    ? 'every round after the first grows at a steady rate'
    : 'every round grows at a steady rate'
}

function isWorthAsking(blocks: Growth, bytes: Growth, limits: LeakLimits): boolean {
  return blocks.total >= limits.unevenBlocksMin || bytes.total >= limits.unevenBytesMin
}

/** The blocks do not become more; they may become larger. */
function judgeBytes(group: GrowthGroup, bytes: Growth, limits: LeakLimits): GroupJudgement | null {
  const text = `${ratesText(group, bytes)} (steps in bytes)`
  if (bytes.shape === 'steady' && bytes.medianStep >= limits.stepBytesMin)
    return { status: 'fail', reason: `blocks that stay grow by as much in every round: ${text}` }
  if (bytes.shape === 'uneven' && bytes.total >= limits.unevenBytesMin)
    return {
      status: 'inconclusive',
      reason: `blocks that stay become larger, unevenly: ${text}; ${moreRounds}`,
    }
  return null
}

/**
 * No frame of the subject: V8, Node or the program itself. V8's own groups wander, so only growth that is steady to a few
 * per cent and fast is spoken of; and only with the user's JavaScript in the stack is it called a leak, of the program.
 */
function judgeRuntime(
  process: ProcessFacts,
  group: GrowthGroup,
  limits: LeakLimits,
): GroupJudgement | null {
  const blocks = growthOf(group.liveCounts, limits.stepsMin, limits.runtimeDeviationMax, 0)
  const rate = group.blocksPerOperation.value
  if (blocks.shape !== 'steady' || blocks.medianStep < limits.stepBlocksMin) return null
  if (rate < limits.runtimeRateMin) return null
  const text = ratesText(group, blocks)
  const frames = group.callSites.flatMap((callSite) => callSite.frameIndexes)
  const isUsers = frames.some((index) => process.frames[index]!.origin === 'user')
  if (!isUsers)
    return {
      status: 'inconclusive',
      reason: `blocks of the runtime that no frame of the subject and no JavaScript of the program explains: ${text}`,
    }
  const twin = subjectTwin(process, group, limits)
  if (twin !== undefined)
    return {
      status: 'inconclusive',
      reason: `blocks of the runtime, made for the program's JavaScript: ${text}; ${twin.functionName} (${twin.moduleName}) leaks at the same rate and may be what keeps them`,
    }
  if (rate < limits.runtimeLeakRateMin)
    return {
      status: 'inconclusive',
      reason: `blocks of the runtime, made for the program's JavaScript, stay: ${text}; ${moreRounds}`,
    }
  return {
    status: 'fail',
    reason: `blocks of the runtime, made for the program's JavaScript, stay in every round, and nothing of the subject explains it: ${text}`,
  }
}

/** A leak of the subject in the same workload that grows as fast. */
function subjectTwin(
  process: ProcessFacts,
  group: GrowthGroup,
  limits: LeakLimits,
): GrowthGroup | undefined {
  const rate = group.blocksPerOperation.value
  return process.groups.find(
    (other) =>
      other.attribution === 'subject' &&
      other.workload === group.workload &&
      judgeSubject(other, limits)?.status === 'fail' &&
      Math.abs(other.blocksPerOperation.value - rate) <= rate * limits.runtimeDeviationMax,
  )
}

/** Start-up fills caches: only what still grows after the first third of the life counts. */
function judgeLifetime(
  process: ProcessFacts,
  group: GrowthGroup,
  limits: LeakLimits,
): GroupJudgement | null {
  if (process.durationMs < limits.lifetimeMsMin || group.attribution !== 'subject') return null
  const from = Math.floor(group.liveCounts.length / 3)
  const shape = (values: readonly number[]) =>
    growthOf(overEqualSteps(values, group).slice(from), limits.stepsMin, limits.steadyDeviationMax)
  const blocks = shape(group.liveCounts)
  const bytes = shape(group.liveBytes)
  const isMuch = blocks.total >= limits.lifetimeBlocksMin || bytes.total >= limits.lifetimeBytesMin
  if (!isMuch) return null
  const age =
    process.mode === 'aggregate'
      ? 'young blocks counted too, for aggregate mode does not know their age'
      : 'blocks younger than a tenth of it not counted'
  const text = `${ratesText(group, blocks)} over ${stepsPhrase(stepsOf(group))}, ${age}; ${weaker}`
  if (blocks.shape === 'steady')
    return { status: 'fail', reason: `it grows at a steady rate for the whole life: ${text}` }
  if (blocks.shape === 'uneven' || bytes.shape === 'uneven' || bytes.shape === 'steady')
    return { status: 'inconclusive', reason: `it keeps growing, but unevenly: ${text}` }
  return null
}

/** The same growth per second, as if every step had been as long as the mean one. */
function overEqualSteps(values: readonly number[], group: GrowthGroup): readonly number[] {
  const { positions, operationsPerStep } = group
  if (positions === undefined) return values
  const evened = [values[0] ?? 0]
  for (let step = 1; step < values.length; step++) {
    const scale = operationsPerStep / (positions[step]! - positions[step - 1]!)
    evened.push(evened[step - 1]! + (values[step]! - values[step - 1]!) * scale)
  }
  return evened
}
