import { median } from 'simple-statistics'
import type { Comparison } from '../../contract/comparison.js'
import type { Estimate } from '../../contract/facts.js'
import { medianEstimate, pairedRatio, unpairedRatio } from '../statistics/bootstrap.js'
import { cliffsDelta, effectSize } from '../statistics/cliffs-delta.js'
import { mannWhitneyP } from '../statistics/mann-whitney.js'

export interface ComparedSamples extends ComparedMetric {
  before: readonly number[]
  after: readonly number[]
  /** Both sides took turns: what is at the same place in both met the same machine. */
  isPaired: boolean
  /** Counted, not timed: needs no statistics. */
  isCounted: boolean
}

/** What a comparison is of, and what it counts as noise. */
type ComparedMetric = Pick<
  Comparison,
  'metric' | 'unit' | 'direction' | 'workload' | 'component' | 'detail' | 'noiseRatio' | 'evidence'
>

const pMax = 0.05
/** With fewer, even samples that do not overlap at all are not significant. */
const samplesMin = 4

/** A change counts when the near end of the ratio's interval is beyond the noise, and chance would seldom do as much. */
export function compareSamples(compared: ComparedSamples): Comparison {
  const { before, after, isPaired, direction } = compared
  const common = {
    metric: compared.metric,
    unit: compared.unit,
    direction,
    workload: compared.workload,
    ...(compared.component === undefined ? {} : { component: compared.component }),
    ...(compared.detail === undefined ? {} : { detail: compared.detail }),
    before: medianEstimate(before),
    after: medianEstimate(after),
    noiseRatio: compared.noiseRatio,
    sampleCount: Math.min(before.length, after.length),
    evidence: compared.evidence,
  }
  if (compared.isCounted) return { ...common, ...compareExact(compared) }
  const ratio = isPaired ? pairedRatio(after, before) : unpairedRatio(after, before)
  const pValue = mannWhitneyP(after, before)
  const delta = cliffsDelta(after, before)
  return {
    ...common,
    ratio,
    pValue,
    cliffsDelta: delta,
    effect: effectSize(delta),
    ...decide(ratio, pValue, compared),
  }
}

/** What is counted needs no statistics: any change is one. */
function compareExact({ before, after, direction, noiseRatio }: ComparedSamples) {
  const [from, to] = [median([...before]), median([...after])]
  const ratio = to / from
  const exact: Estimate = { value: ratio, low: ratio, high: ratio }
  const shown = from === 0 ? {} : { ratio: exact }
  if (from === to || (from !== 0 && Math.abs(ratio - 1) <= Math.min(noiseRatio, 0.001)))
    return { ...shown, outcome: 'same' as const }
  const isBetter = direction === 'higher' ? to > from : to < from
  return { ...shown, outcome: isBetter ? ('better' as const) : ('worse' as const) }
}

function decide(
  { low, high }: Estimate,
  pValue: number,
  { direction, noiseRatio, before, after }: ComparedSamples,
): Pick<Comparison, 'outcome' | 'reason'> {
  const n = Math.min(before.length, after.length)
  if (n < samplesMin)
    return { outcome: 'inconclusive', reason: `${n} samples of each side are too few` }
  const isMore = low > 1 + noiseRatio
  const isLess = high < 1 - noiseRatio
  if ((isMore || isLess) && pValue <= pMax)
    return { outcome: isMore === (direction === 'higher') ? 'better' : 'worse' }
  if (low >= 1 - noiseRatio && high <= 1 + noiseRatio) return { outcome: 'same' }
  return {
    outcome: 'inconclusive',
    reason: `the interval reaches over the noise of ${(noiseRatio * 100).toFixed(0)} %`,
  }
}
