import { matchesPattern } from '../base/name-pattern.js'
import { estimateText, quantityText, ratioText } from '../base/quantity-text.js'
import type { Estimate } from '../contract/facts.js'
import type { Measurement, MeasurementList } from '../contract/measurement.js'
import { metrics } from '../contract/metrics.js'
import type { Comparison, Target } from '../contract/target.js'
import type { VerdictRow } from '../contract/validation.js'
import type { VerdictStatus } from '../contract/verdict.js'

export interface TargetContext {
  /** What was stored, for targets against the baseline. */
  baseline?: readonly Measurement[] | undefined
}

/**
 * Holds what was measured against what was asked for. A target is met when the whole interval is within the limit and missed
 * when the whole interval is beyond it; anything between, and any number with a known weakness, decides nothing. A target
 * that nothing was measured for is missed: it would otherwise pass for ever after a workload is renamed.
 */
export function judgeTargets(
  lists: readonly MeasurementList[],
  targets: readonly Target[],
  context: TargetContext = {},
): VerdictRow[] {
  const measurements = lists.flatMap((list) => list.measurements)
  return targets.flatMap((target) => {
    if (target.level === 'off') return []
    const matching = measurements.filter((one) => isIn(target, one))
    if (matching.length === 0) return [noDataRow(target, lists)]
    return matching
      .filter((one) => mostSpecific(targets, one, target) === target)
      .map((one) => judgeOne(target, one, context))
  })
}

function isIn(target: Target, measurement: Measurement): boolean {
  return (
    target.metric === measurement.metric &&
    matches(target.workload, measurement.workload) &&
    matches(target.component, measurement.component) &&
    matches(target.detail, measurement.detail)
  )
}

const matches = (pattern: string | undefined, name: string | undefined): boolean =>
  pattern === undefined || (name !== undefined && matchesPattern(pattern, name))

/** Of the targets of one kind that speak of a measurement, the one that names most; of equal ones the last. */
function mostSpecific(targets: readonly Target[], measurement: Measurement, like: Target): Target {
  const weight = ({ workload, component, detail }: Target) =>
    (component === undefined ? 0 : 1) +
    (workload === undefined ? 0 : 2) +
    (detail === undefined ? 0 : 4)
  return targets
    .filter((one) => one.limit.kind === like.limit.kind || one.level === 'off')
    .filter((one) => isIn(one, measurement))
    .reduce((best, one) => (weight(one) >= weight(best) ? one : best))
}

function noDataRow(target: Target, lists: readonly MeasurementList[]): VerdictRow {
  const { part, source } = metrics[target.metric]
  const why = lists
    .flatMap((list) => list.missing)
    .find(
      (one) => one.metric === target.metric && matches(target.workload, one.workload ?? undefined),
    )
  const what = [target.workload, target.component, target.detail].filter(Boolean).join(', ')
  return {
    component: target.component ?? 'subject',
    part,
    name: nameOf(target),
    metric: target.metric,
    target: target.text,
    level: target.level as VerdictRow['level'],
    status: 'fail',
    reason:
      why?.reason ??
      `nothing measured ${target.metric}${what === '' ? '' : ` of ${what}`}; seamproof ${source} does`,
    evidence: 'no data',
    links: [],
  }
}

function judgeOne(target: Target, measurement: Measurement, context: TargetContext): VerdictRow {
  const { estimate, unit, sampleCount } = measurement
  const row: VerdictRow = {
    component: measurement.component ?? 'subject',
    part: metrics[target.metric].part,
    name: nameOf(measurement),
    metric: target.metric,
    target: target.text,
    level: target.level as VerdictRow['level'],
    status: 'pass',
    evidence: [estimateText(estimate, unit, sampleCount), measurement.origin]
      .filter((part) => part !== undefined)
      .join('; '),
    measurement,
    links: [measurement.evidence],
  }
  const judged = judgeLimit(target, measurement, context)
  row.status = judged.status
  if (judged.reason !== undefined) row.reason = judged.reason
  return row
}

const nameOf = ({ metric, workload, detail }: Target | Measurement): string =>
  [metric, workload, detail].filter((part) => part !== undefined).join(': ')

interface Judged {
  status: VerdictStatus
  reason?: string
}

function judgeLimit(target: Target, measurement: Measurement, context: TargetContext): Judged {
  const { limit, metric } = target
  if (limit.kind === 'baseline')
    return judgeBaseline(limit.worseRatioMax, measurement, metrics[metric].direction, context)
  if (limit.unit !== measurement.unit)
    return {
      status: 'fail',
      reason: `no data: it was measured in ${measurement.unit}, the limit is in ${limit.unit}`,
    }
  const outcome = compareInterval(measurement.estimate, limit.comparison, limit.value)
  const widened = compareInterval(widen(measurement), limit.comparison, limit.value)
  if (measurement.noiseFactor !== undefined && widened === 'pass') return { status: 'pass' }
  if (outcome === 'fail' && (measurement.weakness === undefined || widened === 'fail'))
    return {
      status: 'fail',
      reason: `${quantityText(measurement.estimate.value, measurement.unit)} is not ${limit.comparison} ${quantityText(limit.value, limit.unit)}`,
    }
  return weighed(outcome, measurement, limit.value)
}

/** The stored number has an interval as well: only what is worse at the near ends of both is worse. */
function judgeBaseline(
  worseRatioMax: number,
  measurement: Measurement,
  direction: 'higher' | 'lower',
  { baseline }: TargetContext,
): Judged {
  const before = baseline?.find(
    (one) =>
      one.metric === measurement.metric &&
      one.workload === measurement.workload &&
      one.detail === measurement.detail,
  )
  if (before === undefined)
    return {
      status: 'fail',
      reason: 'no data: the baseline has none; store one with seamproof bench --save-baseline',
    }
  const { estimate } = measurement
  const isZero = before.estimate.value === 0
  if (isZero && estimate.value === 0) return weighed('pass', measurement, 0)
  const ratio: Estimate = isZero
    ? { value: Infinity, low: Infinity, high: Infinity }
    : {
        value: estimate.value / before.estimate.value,
        low: estimate.low / before.estimate.high,
        high: estimate.high / before.estimate.low,
      }
  const limit = direction === 'higher' ? 1 - worseRatioMax : 1 + worseRatioMax
  const outcome = compareInterval(ratio, direction === 'higher' ? '>=' : '<=', limit)
  const change = isZero ? 'something where there was nothing' : `${ratioText(ratio.value)} of it`
  if (outcome === 'fail' && measurement.weakness === undefined)
    return {
      status: 'fail',
      reason: `the baseline is ${quantityText(before.estimate.value, before.unit)}, this is ${change}`,
    }
  return weighed(outcome, { ...measurement, estimate: ratio, unit: 'ratio' }, limit)
}

/** As far as the weakness reaches; without bounds where nobody knows how far that is. */
function widen({ estimate, weakness, noiseFactor }: Measurement): Estimate {
  if (weakness === undefined) return estimate
  if (noiseFactor === undefined) return { ...estimate, low: -Infinity, high: Infinity }
  const ends = [estimate.low, estimate.high].flatMap((end) => [
    end * noiseFactor,
    end / noiseFactor,
  ])
  return { ...estimate, low: Math.min(...ends), high: Math.max(...ends) }
}

type Outcome = 'pass' | 'fail' | 'across'

function compareInterval(estimate: Estimate, comparison: Comparison, limit: number): Outcome {
  const meets = (value: number) => {
    if (comparison === '<') return value < limit
    if (comparison === '<=') return value <= limit
    return comparison === '>' ? value > limit : value >= limit
  }
  const ends = [estimate.low, estimate.high].map(meets)
  if (ends.every(Boolean)) return 'pass'
  return ends.some(Boolean) ? 'across' : 'fail'
}

function weighed(outcome: Outcome, measurement: Measurement, limit: number): Judged {
  const { weakness, isPessimistic } = measurement
  if (weakness !== undefined && !(isPessimistic && outcome === 'pass'))
    return { status: 'inconclusive', reason: weakness }
  if (outcome === 'across')
    return {
      status: 'inconclusive',
      reason: `the interval reaches over the limit; ${moreMeasuring(measurement, limit)}`,
    }
  return { status: outcome }
}

/** Intervals shrink with the root of the number of samples. */
function moreMeasuring({ estimate }: Measurement, limit: number): string {
  const isAbove = estimate.value > limit
  const reach = isAbove ? estimate.value - estimate.low : estimate.high - estimate.value
  const distance = Math.abs(estimate.value - limit)
  const times = distance === 0 ? Infinity : Math.ceil((reach / distance) ** 2)
  if (times > 400) return 'the value is too close to it for more measuring to decide'
  return `about ${Math.max(2, times)} times as much measuring would decide (--time)`
}
