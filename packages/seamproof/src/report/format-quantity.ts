import type { Estimate } from '../contract/facts.js'

/** How every report writes numbers: one place, so that text, HTML and tables read alike. */

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

const withThousands = (digits: string): string => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',')

/** `2000` → `2,000`. Rounds to an integer. */
export function formatCount(count: number): string {
  const rounded = Math.round(count)
  return (rounded < 0 ? '-' : '') + withThousands(String(Math.abs(rounded)))
}

/** Binary units with three significant digits: `999 B`, `1.50 KiB`, `12.3 MiB`. */
export function formatBytes(bytes: number): string {
  let value = Math.abs(bytes)
  let unit = 0
  // 1023.5 and up would print as "1,024 KiB".
  while (value >= 1023.5 && unit < byteUnits.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 ? String(Math.round(value)) : threeDigits(value)
  return `${bytes < 0 ? '-' : ''}${digits} ${byteUnits[unit]}`
}

const threeDigits = (value: number): string =>
  value >= 99.95 ? String(Math.round(value)) : value.toFixed(value >= 9.995 ? 1 : 2)

/** `+12.3 KiB`, `-4 B`; zero has no sign. */
export const formatSigned = (value: number, format: (value: number) => string): string =>
  value > 0 ? `+${format(value)}` : format(value)

/** A rate of blocks: `1.00`, `18.3`, `0.0012`. */
export function formatRate(rate: number): string {
  const size = Math.abs(rate)
  if (size === 0) return '0'
  if (size >= 1000) return formatCount(rate)
  if (size >= 100) return rate.toFixed(0)
  if (size >= 10) return rate.toFixed(1)
  if (size >= 0.1) return rate.toFixed(2)
  if (size < 1e-6) return rate.toExponential(1)
  return String(Number(rate.toPrecision(2)))
}

/** Bytes per operation. Stays in bytes to ten millions: `64 B` and `240,000 B` are sizes a reader can find in the source. */
export function formatByteRate(rate: number): string {
  const size = Math.abs(rate)
  if (size >= 10_000_000) return formatBytes(rate)
  const isWhole = Math.abs(size - Math.round(size)) < 0.05 || size >= 100
  return isWhole && size >= 0.5 ? `${formatCount(rate)} B` : `${formatRate(rate)} B`
}

/** A ratio 0..1 as `12.3 %`; what is there but tiny is `<0.1 %`, never `0 %`. */
export function formatPercent(ratio: number): string {
  if (!Number.isFinite(ratio)) return '–'
  const percent = ratio * 100
  if (percent !== 0 && Math.abs(percent) < 0.05) return '<0.1 %'
  if (percent === 0 || percent === 100) return `${percent} %`
  // 99.97 must not read as "all of it".
  if (percent > 99.9 && percent < 100) return '>99.9 %'
  return `${percent.toFixed(1)} %`
}

export function formatDuration(durationMs: number): string {
  if (durationMs < 1) return `${(durationMs * 1000).toFixed(0)} µs`
  if (durationMs < 1000) return `${durationMs.toFixed(0)} ms`
  if (durationMs < 60_000) return `${(durationMs / 1000).toFixed(2)} s`
  const seconds = Math.round(durationMs / 1000)
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`
}

const timeUnits: [suffix: string, ns: number][] = [
  ['ns', 1],
  ['µs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
]

/** Nanoseconds with three significant digits: `830 ns`, `1.20 µs`, `12.3 ms`, `4.56 s`; from ten minutes on `12 min 3 s`. */
export function formatTimeNs(ns: number): string {
  const size = Math.abs(ns)
  if (size >= 600e9) return formatDuration(ns / 1e6)
  // 999.5 and up would print as "1000".
  const [suffix, unit] = timeUnits.findLast(([, from]) => size >= from * 0.9995) ?? timeUnits[0]!
  const value = size / unit
  const isWhole = unit === 1 && value >= 10
  const digits = isWhole ? String(Math.round(value)) : value === 0 ? '0' : threeDigits(value)
  return `${ns < 0 ? '-' : ''}${digits} ${suffix}`
}

/** `12.3 % (11.0–13.8 %)`: never a share without how sure it is. */
export const formatShareInterval = ({ value, low, high }: Estimate): string =>
  `${formatPercent(value)} (${percentDigits(low)}–${percentDigits(high)} %)`

function percentDigits(ratio: number): string {
  const percent = Math.max(0, ratio) * 100
  return percent === 0 ? '0' : percent < 0.95 ? percent.toFixed(2) : percent.toFixed(1)
}

/** `1 block`, `2,000 blocks`. */
export const formatCounted = (count: number, singular: string, plural = `${singular}s`): string =>
  `${formatCount(count)} ${count === 1 ? singular : plural}`

/** `2026-11-23T08:30:00.000Z` → `2026-11-23 08:30:00 UTC`; anything else stays as it is. */
export const formatDate = (iso: string): string =>
  iso.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?Z$/, '$1 $2 UTC')
