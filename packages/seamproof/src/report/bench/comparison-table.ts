import { quantityText } from '../../base/quantity-text.js'
import type { Comparison } from '../../contract/comparison.js'

export const comparisonHeads = [
  '',
  'before',
  'after',
  'change',
  '95 % interval',
  'p',
  'effect',
  'outcome',
] as const

/** One line per metric that was measured on both sides. */
export function comparisonLines(comparisons: readonly Comparison[]): string[][] {
  return comparisons.map((one) => [
    [one.workload, one.metric, one.detail].filter((part) => part !== undefined).join(': '),
    quantityText(one.before.value, one.unit),
    quantityText(one.after.value, one.unit),
    one.ratio === undefined ? '' : changeText(one.ratio.value),
    one.ratio === undefined || one.pValue === undefined
      ? ''
      : `${changeText(one.ratio.low)} to ${changeText(one.ratio.high)}`,
    one.pValue === undefined ? 'counted' : one.pValue < 0.001 ? '<0.001' : one.pValue.toFixed(3),
    one.effect ?? '',
    one.reason === undefined ? one.outcome : `${one.outcome}: ${one.reason}`,
  ])
}

/** 1.034 → `+3.4 %`; doublings and more as a factor. */
export function changeText(ratio: number): string {
  if (!Number.isFinite(ratio)) return '–'
  if (ratio >= 2) return `×${ratio.toFixed(ratio >= 10 ? 0 : 2)}`
  const percent = (ratio - 1) * 100
  const size = Math.abs(percent).toFixed(1)
  if (size === '0.0') return '±0.0 %'
  return `${percent < 0 ? '−' : '+'}${size} %`
}
