/** How the reports of a soak write its figures. */
import type { Estimate } from '../contract/facts.js'
import type { SoakGrowth } from '../contract/soak-facts.js'
import { formatBytes, formatCount, formatSigned } from './format-quantity.js'

/** `108 µs`, `1.44 ms`. */
export function formatNs(ns: number): string {
  if (ns < 1000) return `${Math.round(ns)} ns`
  const [value, unit] = ns < 1e6 ? [ns / 1e3, 'µs'] : ns < 1e9 ? [ns / 1e6, 'ms'] : [ns / 1e9, 's']
  return `${value >= 99.95 ? Math.round(value) : value.toFixed(value >= 9.995 ? 1 : 2)} ${unit}`
}

/** `200k/s`, `1.25M/s`, `999/s`. */
export function formatPerS(rate: number): string {
  if (rate >= 1e6) return `${trimmed(rate / 1e6)}M/s`
  if (rate >= 1e4) return `${trimmed(rate / 1e3)}k/s`
  return `${formatCount(rate)}/s`
}

const trimmed = (value: number): string => String(Number(value.toFixed(value >= 100 ? 1 : 2)))

/** `+1.23 %`: growth needs its sign, and small growth its digits. */
export function formatRatio(ratio: number): string {
  const percent = ratio * 100
  const digits = Math.abs(percent) < 10 ? 2 : 1
  const text = percent.toFixed(digits)
  return `${percent > 0 ? '+' : ''}${text} %`
}

export const formatRatioRange = ({ value, low, high }: Estimate): string =>
  `${formatRatio(value)} [${formatRatio(low)}, ${formatRatio(high)}]`

export function formatGrowth({ growth, unit }: SoakGrowth): string {
  const format = unit === 'B' ? formatBytes : (count: number) => String(Math.round(count * 10) / 10)
  return formatSigned(growth.value, format)
}

/** `1 h`, `1 min 30 s`, `10 s`. */
export function formatSpan(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ] as const
  const shown = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`)
  return shown.length === 0 ? '0 s' : shown.slice(0, 2).join(' ')
}
