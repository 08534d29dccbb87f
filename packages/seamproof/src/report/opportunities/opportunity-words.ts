/** The words that text and Markdown share, so that they cannot disagree. */
import type { SampleState } from '../../contract/cpu-profile.js'
import type { Estimate } from '../../contract/facts.js'
import type { Frame } from '../../contract/frame.js'
import type {
  CrossingTime,
  Opportunity,
  OpportunityList,
  TurnFacts,
} from '../../contract/opportunity.js'
import {
  formatCount,
  formatCounted,
  formatPercent,
  formatRate,
  formatShareInterval,
  formatTimeNs,
} from '../format-quantity.js'
import { frameLabel, isPlumbing } from '../frame-text.js'

const wholes: Record<Opportunity['whole'], string> = {
  cpu: 'CPU time',
  run: "the thread's time",
  operation: 'an operation',
}

export const gainWords = ({ predictedGain, whole }: Opportunity): string => {
  const { value, low, high } = predictedGain
  return `${formatPercent(value)} of ${wholes[whole]} (95 %: ${formatPercent(low)} to ${formatPercent(high)})`
}

export const headWords = (list: OpportunityList): string =>
  `${formatCounted(list.cpuSampleCount, 'CPU sample')} in ${formatTimeNs(list.durationNs)}${list.periodNs > 0 ? `, one every ${formatTimeNs(list.periodNs)}` : ''}`

/** `Encode (thumb.cc:88) ← makeThumb (thumb.ts:20) ← handle (server.ts:40)`: only what somebody wrote, and the leaf. */
export function stackWords(stack: readonly Frame[], limit = 4): string {
  const own = stack.filter((frame, index) => index === 0 || !isPlumbing(frame))
  const shown = own.slice(0, limit).map(frameLabel)
  return own.length > limit ? [...shown, '…'].join(' ← ') : shown.join(' ← ')
}

const stateWords: Record<SampleState, string> = {
  js: 'JavaScript',
  native: 'native code',
  builtin: 'V8 builtins',
  gc: 'garbage collection',
  kernel: 'the kernel',
  runnable: 'waiting for a core',
  idle: 'waiting',
}

/** `CPU time: native code 87.0 % (83.0–90.0 %), JavaScript …` */
export const stateLine = ({ states }: OpportunityList): string =>
  `CPU time: ${states.map(({ state, shareEstimate }) => `${stateWords[state]} ${formatShareInterval(shareEstimate)}`).join(', ')}`

export const turnWords = (turns: TurnFacts): string =>
  `${formatCounted(turns.turnCount, 'span')} of work on the main thread: median ${formatTimeNs(turns.p50Ns)}, 90 % within ${formatTimeNs(turns.p90Ns)}, 99 % within ${formatTimeNs(turns.p99Ns)}, longest ${formatTimeNs(turns.maxNs)}. Spans shorter than ${formatTimeNs(turns.resolutionNs)} are seen only by chance.`

export const crossingHeads = [
  'function',
  'calls',
  'Node-API calls each',
  'inside',
  'crossing',
  'of CPU time (95 %)',
  'median call',
  '99 % within (95 %)',
  'longest',
  'copied in / out',
] as const

export function crossingRow(
  crossing: CrossingTime,
  formatBytes: (bytes: number) => string,
): string[] {
  const { functionName, moduleName, callCount, insideNs, crossingNs, shareEstimate, maxNs } =
    crossing
  const { bytesIn, bytesOut, sampleCount, apiCallCount, latencyNs } = crossing
  const tooFew = callCount === undefined ? '–' : 'too few calls'
  const share =
    shareEstimate === undefined
      ? 'not sampled'
      : `${formatPercent(shareEstimate.value)} (${formatPercent(shareEstimate.low)}–${formatPercent(shareEstimate.high)}), n ${formatCount(sampleCount)}`
  return [
    `${functionName} ${moduleName}`.trim(),
    callCount === undefined ? 'not counted' : formatCount(callCount),
    apiCallCount === undefined || !callCount ? '–' : formatRate(apiCallCount / callCount),
    formatTimeNs(insideNs),
    shareEstimate === undefined ? '–' : formatTimeNs(crossingNs),
    share,
    latencyNs === undefined ? tooFew : formatTimeNs(latencyNs.p50.value),
    latencyNs === undefined ? tooFew : timeInterval(latencyNs.p99),
    maxNs === undefined ? '–' : formatTimeNs(maxNs),
    bytesIn === undefined ? '–' : `${formatBytes(bytesIn)} / ${formatBytes(bytesOut ?? 0)}`,
  ]
}

const timeInterval = ({ value, low, high }: Estimate): string =>
  `${formatTimeNs(value)} (${formatTimeNs(low)}–${formatTimeNs(high)})`

export const needWords = (seconds: number | undefined): string =>
  seconds === undefined ? '' : ` About ${secondsWords(seconds)} more at this load would do.`

const secondsWords = (seconds: number): string =>
  seconds < 120
    ? `${seconds} s`
    : seconds < 7200
      ? `${Math.ceil(seconds / 60)} min`
      : `${Math.ceil(seconds / 3600)} h`

/** Recursion as one line: `fib ×17`. */
export function withoutRecursion(stack: readonly Frame[]): Frame[] {
  const shown: { frame: Frame; count: number }[] = []
  for (const frame of stack) {
    const last = shown.at(-1)
    if (last !== undefined && frameLabel(last.frame) === frameLabel(frame)) last.count++
    else shown.push({ frame, count: 1 })
  }
  return shown.map(({ frame, count }) =>
    count === 1 ? frame : { ...frame, functionName: `${frame.functionName} ×${count}` },
  )
}
