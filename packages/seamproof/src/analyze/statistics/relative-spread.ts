import { median, medianAbsoluteDeviation } from 'simple-statistics'

/** Median absolute deviation ÷ median: 0.1 means that the typical sample is 10 % off. */
export function relativeSpread(values: readonly number[]): number {
  if (values.length < 2) return 0
  const middle = Math.abs(median([...values]))
  const deviation = medianAbsoluteDeviation([...values])
  if (deviation === 0) return 0
  return middle === 0 ? Number.POSITIVE_INFINITY : deviation / middle
}
