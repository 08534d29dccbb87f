/** How long the main thread worked without a pause, and in whose callback. */
import { wilsonInterval } from '../base/wilson-interval.js'
import type { CpuProfile } from '../contract/cpu-profile.js'
import type { Frame } from '../contract/frame.js'
import type { Opportunity, TurnFacts } from '../contract/opportunity.js'
import { type NextCommands, percent, shellWord } from './opportunities-from-samples.js'
import { isOwnFrame, stackOf } from './sample-blame.js'
import { isEnough } from './sample-need.js'

/** As long as people notice, and as servers' other clients wait. */
const holdNs = 50e6
/** Samples further apart than so many periods had a pause between them. */
const gapPeriods = 2.5
/** With fewer pauses it is no program that others wait for: a script that runs to its end. */
const pausesMin = 3
const waitsForEvents = /^(?:uv__io_poll|epoll_p?wait2?|uv__epoll\w*)$/

interface Span {
  startNs: number
  endNs: number
  sampleCount: number
  /** Samples by the outermost JavaScript function of the program: the callback. */
  callbacks: Map<string, { frame: Frame; treeIndex: number; hitCount: number }>
}

export interface LoopFacts {
  turns: TurnFacts
  opportunities: Opportunity[]
}

/** Undefined where the source has no times, or no main thread with JavaScript. */
export function eventLoopTurns(profile: CpuProfile, next: NextCommands): LoopFacts | undefined {
  const thread = profile.threads.findIndex(({ role }) => role === 'main')
  if (profile.timeline === undefined || thread === -1) return undefined
  const spans = spansOf(profile, thread)
  if (spans.length === 0) return undefined
  const lengths = spans.map(({ startNs, endNs }) => endNs - startNs).sort((a, b) => a - b)
  const at = (quantile: number) =>
    lengths[Math.min(lengths.length - 1, Math.ceil(quantile * lengths.length) - 1)]!
  return {
    turns: {
      turnCount: spans.length,
      p50Ns: at(0.5),
      p90Ns: at(0.9),
      p99Ns: at(0.99),
      maxNs: lengths.at(-1)!,
      resolutionNs: profile.periodNs,
    },
    opportunities: spans.length < pausesMin ? [] : holds(profile, spans, next),
  }
}

function spansOf(profile: CpuProfile, thread: number): Span[] {
  const spans: Span[] = []
  const { timeNs, costIndex } = profile.timeline!
  const callbackOf = callbackFinder(profile)
  let open: Span | undefined
  for (let index = 0; index < timeNs.length; index++) {
    const cost = profile.costs[costIndex[index]!]!
    if (cost.thread !== thread) continue
    const now = timeNs[index]!
    const weight = cost.ns / cost.sampleCount
    if (cost.state === 'idle' && isPause(profile, cost.treeIndex)) {
      open = undefined
      continue
    }
    const gapNs = gapPeriods * Math.max(weight, profile.periodNs)
    if (open !== undefined && now - open.endNs > gapNs) open = undefined
    if (open === undefined) {
      open = { startNs: now, endNs: now, sampleCount: 0, callbacks: new Map() }
      spans.push(open)
    }
    open.endNs = Math.max(open.endNs, now + weight)
    open.sampleCount++
    const callback = callbackOf(cost.treeIndex)
    if (callback === undefined) continue
    const known = open.callbacks.get(callback.key)
    if (known === undefined)
      open.callbacks.set(callback.key, {
        frame: callback.frame,
        treeIndex: cost.treeIndex,
        hitCount: 1,
      })
    else known.hitCount++
  }
  return spans
}

/** Waiting for events lets others in; waiting inside a callback does not. */
function isPause(profile: CpuProfile, treeIndex: number): boolean {
  const stack = stackOf(profile, treeIndex)
  return (
    stack.length === 0 ||
    stack.some((frame) => waitsForEvents.test(frame.functionName)) ||
    !stack.some(isOwnFrame)
  )
}

function callbackFinder(profile: CpuProfile) {
  const known = new Map<number, { key: string; frame: Frame } | undefined>()
  return (treeIndex: number) => {
    if (!known.has(treeIndex)) {
      const frame = stackOf(profile, treeIndex).findLast(
        (one) => one.kind === 'js' && one.origin === 'user',
      )
      known.set(treeIndex, frame && { key: `${frame.functionName}\n${frame.file}`, frame })
    }
    return known.get(treeIndex)
  }
}

/** Spans that held the loop too long, by the callback that most of each went to. */
function holds(
  profile: CpuProfile,
  spans: readonly Span[],
  { input }: NextCommands,
): Opportunity[] {
  const byCallback = new Map<string, { frame: Frame; treeIndex: number; spans: Span[] }>()
  for (const span of spans) {
    if (span.endNs - span.startNs < holdNs) continue
    const [key, callback] =
      [...span.callbacks].sort(([, a], [, b]) => b.hitCount - a.hitCount)[0] ?? []
    // Modules are loaded before anyone waits.
    if (key === undefined || callback?.frame.functionName === '(top level)') continue
    if (callback === undefined) continue
    const group = byCallback.get(key) ?? { ...callback, spans: [] }
    group.spans.push(span)
    byCallback.set(key, group)
  }
  const thread = profile.threads.find(({ role }) => role === 'main')!
  return [...byCallback.values()].flatMap(({ frame, treeIndex, spans: held }) => {
    const hitCount = held.reduce((sum, span) => sum + span.sampleCount, 0)
    const share = wilsonInterval(hitCount, thread.sampleCount)
    if (!isEnough(hitCount, share)) return []
    const longestNs = Math.max(...held.map(({ startNs, endNs }) => endNs - startNs))
    // What lies beyond the bound is what a pause in the middle would give back to others.
    const beyond = held.reduce((sum, span) => sum + (span.endNs - span.startNs - holdNs), 0)
    const part = beyond / held.reduce((sum, span) => sum + (span.endNs - span.startNs), 0)
    return [
      {
        kind: 'event loop' as const,
        title: `${frame.functionName} holds the event loop`,
        evidence: `${held.length} ${held.length === 1 ? 'time' : 'times'} longer than ${holdNs / 1e6} ms, at most ${(longestNs / 1e6).toFixed(0)} ms: ${hitCount} of ${thread.sampleCount} samples of the main thread (${percent(share)}).`,
        whole: 'run' as const,
        shareEstimate: share,
        hitCount,
        sampleCount: thread.sampleCount,
        predictedGain: {
          value: share.value * part,
          low: share.low * part,
          high: share.high * part,
        },
        assumption: `if it paused every ${holdNs / 1e6} ms or ran on a worker: time that other callbacks would not have to wait`,
        stack: stackOf(profile, treeIndex),
        nextCommand: `seamproof flamegraph ${shellWord(input)}`,
      },
    ]
  })
}
