import { timeShare } from '../base/wilson-interval.js'
import type { CpuProfile, SampleState } from '../contract/cpu-profile.js'
import type { LayerCrossing } from '../contract/layer.js'
import type {
  CrossingTime,
  Opportunity,
  OpportunityList,
  UnansweredQuestion,
} from '../contract/opportunity.js'
import { crossingTimes } from './crossing-time.js'
import { eventLoopTurns } from './event-loop-turns.js'
import {
  type NextCommands,
  opportunitiesFromSamples,
  shellWord,
} from './opportunities-from-samples.js'
import { opportunitiesFromWaiting } from './opportunities-from-waiting.js'

export interface ProfileQuestions extends Omit<NextCommands, 'command'> {
  seamproofVersion: string
  crossings?: readonly LayerCrossing[] | undefined
}

/** With fewer CPU samples than this most of what there is cannot be ranked. */
const sampleMin = 100

/** Everything that a profile says about what could be saved, the largest gain first. */
export function analyzeProfile(
  profile: CpuProfile,
  { input, seamproofVersion, crossings = profile.crossings }: ProfileQuestions,
): OpportunityList {
  const next = { input, command: profile.command }
  const fromSamples = opportunitiesFromSamples(profile, next)
  const fromWaiting = opportunitiesFromWaiting(profile, next)
  const loop = eventLoopTurns(profile, next)
  const calls = crossingTimes(profile, crossings)
  const opportunities = [
    ...fromSamples.opportunities.map((one) => withWorkCarried(one, calls)),
    ...fromWaiting.opportunities,
    ...(loop?.opportunities ?? []),
  ].sort((a, b) => b.predictedGain.value - a.predictedGain.value)
  const cpuSampleCount = profile.costs
    .filter(({ state }) => state !== 'idle' && state !== 'runnable')
    .reduce((sum, cost) => sum + cost.sampleCount, 0)
  return {
    formatVersion: 1,
    seamproofVersion,
    command: profile.command,
    source: profile.source,
    durationNs: profile.durationNs,
    periodNs: profile.periodNs,
    cpuSampleCount,
    states: stateShares(profile, cpuSampleCount),
    opportunities,
    unanswered: [
      ...tooShort(profile, cpuSampleCount),
      ...fromSamples.unanswered,
      ...fromWaiting.unanswered,
      ...blindSpots(profile, crossings, next),
    ],
    crossings: calls,
    ...(loop && { turns: loop.turns }),
    losses: [...lossSentences(profile), ...fromWaiting.disturbances],
  }
}

/** A crossing that costs more than the work it carries is said to, with both. */
function withWorkCarried(one: Opportunity, calls: readonly CrossingTime[]): Opportunity {
  if (one.kind !== 'crossing' && one.kind !== 'conversion') return one
  const call = calls.find(
    ({ functionName, moduleName, crossingNs, insideNs }) =>
      crossingNs > insideNs &&
      one.stack.some(
        (frame) => frame.functionName === functionName && frame.moduleName === moduleName,
      ),
  )
  if (call === undefined) return one
  const ms = (ns: number) => `${(ns / 1e6).toFixed(1)} ms`
  return {
    ...one,
    evidence: `${one.evidence} Getting into ${call.functionName} and back costs more than the work that it carries: ${ms(call.crossingNs)} against ${ms(call.insideNs)}, by ${call.sampleCount} samples.`,
  }
}

function stateShares({ costs }: CpuProfile, cpuSampleCount: number): OpportunityList['states'] {
  const sums = new Map<SampleState, { ns: number; sampleCount: number }>()
  let allNs = 0
  for (const { state, sampleCount, ns } of costs) {
    if (state === 'idle' || state === 'runnable') continue
    const sum = sums.get(state) ?? { ns: 0, sampleCount: 0 }
    sum.ns += ns
    sum.sampleCount += sampleCount
    sums.set(state, sum)
    allNs += ns
  }
  return [...sums]
    .sort(([, a], [, b]) => b.ns - a.ns)
    .map(([state, { ns, sampleCount }]) => ({
      state,
      sampleCount,
      shareEstimate: timeShare(ns, allNs, cpuSampleCount),
    }))
}

function tooShort({ durationNs }: CpuProfile, cpuSampleCount: number): UnansweredQuestion[] {
  if (cpuSampleCount >= sampleMin) return []
  const perSecond = durationNs > 0 ? cpuSampleCount / (durationNs / 1e9) : 0
  return [
    {
      question: 'Where does the time go?',
      reason: `${cpuSampleCount} CPU samples show only the largest costs`,
      ...(perSecond > 0 && {
        secondsNeeded: Math.ceil((sampleMin * 4 - cpuSampleCount) / perSecond),
      }),
    },
  ]
}

/** What this kind of profile cannot tell, whatever its length. */
function blindSpots(
  profile: CpuProfile,
  crossings: readonly LayerCrossing[] | undefined,
  { command }: NextCommands,
): UnansweredQuestion[] {
  const questions: UnansweredQuestion[] = []
  const hasSubject = profile.frames.some(({ origin }) => origin === 'subject')
  const program = command.map(shellWord).join(' ') || 'PROGRAM'
  if (profile.source === 'cpuprofile')
    questions.push({
      question: 'What happens inside native calls, on other threads, and in the kernel?',
      reason: 'V8 does not record it',
      nextCommand: `seamproof profile -- ${program}`,
    })
  if (hasSubject && crossings === undefined)
    questions.push({
      question: 'How often is each function of the addon called, and how many bytes are copied?',
      reason: 'samples cannot count calls',
      nextCommand: `seamproof profile --crossings -- ${program}`,
    })
  return questions
}

function lossSentences({ losses }: CpuProfile): string[] {
  const sentences: string[] = []
  if (losses.droppedCount > 0) sentences.push(`${losses.droppedCount} samples were dropped`)
  if (losses.truncatedCount > 0)
    sentences.push(`${losses.truncatedCount} stacks were too deep: their middle was left out`)
  if (losses.rootlessCount > 0)
    sentences.push(
      `${losses.rootlessCount} stacks did not reach their thread's root: their outer callers are not known`,
    )
  return [...sentences, ...losses.notes]
}
