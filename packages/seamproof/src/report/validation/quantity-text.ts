import type { Measurement, Unit } from '../../contract/measurement.js'
import { formatBytes, formatCount, formatRate } from '../format-quantity.js'

const steps: Partial<Record<Unit, readonly [number, string][]>> = {
  ns: [
    [1e9, 's'],
    [1e6, 'ms'],
    [1e3, 'µs'],
    [1, 'ns'],
  ],
  s: [
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
    [1e-3, 'ms'],
  ],
}

/** `12.3 µs`, `200k ops/s`, `+3.2 %`, `64 B/op`: a value in its base unit as people say it. */
export function quantityText(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return '–'
  const scale = steps[unit]
  if (scale !== undefined) {
    const size = Math.abs(value)
    const [factor, name] = scale.find(([from]) => size >= from) ?? scale.at(-1)!
    return `${significant(value / factor)} ${name}`
  }
  switch (unit) {
    case 'B':
      return formatBytes(value)
    case 'B/s':
      return `${formatBytes(value)}/s`
    case 'B/op':
      return `${significant(value)} B/op`
    case 'ratio':
      return `${significant(value * 100)} %`
    case 'ops/s':
    case 'events/s':
      return `${thousands(value)} ${unit}`
    case 'count':
      return formatCount(value)
    default:
      return `${significant(value)} ${unit}`
  }
}

/** `113 µs [110 µs, 119 µs], n = 5`; a number that is exact has no interval. */
export function measurementText({ estimate, unit, sampleCount }: Measurement): string {
  const value = quantityText(estimate.value, unit)
  const interval =
    estimate.low === estimate.high
      ? ''
      : ` [${quantityText(estimate.low, unit)}, ${quantityText(estimate.high, unit)}]`
  return `${value}${interval}, n = ${formatCount(sampleCount)}`
}

const thousands = (value: number): string => {
  const size = Math.abs(value)
  if (size >= 1e6) return `${significant(value / 1e6)}M`
  if (size >= 1e4) return `${significant(value / 1e3)}k`
  return significant(value)
}

const significant = (value: number): string => {
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size >= 1000) return formatCount(value)
  if (size >= 100) return value.toFixed(0)
  if (size >= 1) return String(Number(value.toPrecision(3)))
  return formatRate(value)
}
