import type { Estimate } from '../contract/facts.js'
import type { Unit } from '../contract/measurement.js'

/** How a number with a unit is written in a sentence, the same in verdicts and in every report: `212k ops/s`, `0.43 ms`. */
export function quantityText(value: number, unit: Unit): string {
  switch (unit) {
    case 'ns':
      return timeText(value)
    case 'ns/op':
    case 'ns/call':
      return `${timeText(value)}${unit.slice(2)}`
    case 's':
      return timeText(value * 1e9)
    case 'ops/s':
    case 'events/s':
      return `${decimalText(value)} ${unit}`
    case 'ratio':
      return ratioText(value)
    case 'B':
    case 'B/op':
    case 'B/s':
      return `${byteText(value)}${unit.slice(1)}`
    case 'count':
      return threeDigits(value)
    default: {
      const [thing, per] = unit.split('/')
      return `${decimalText(value)} ${thing}/${per}`
    }
  }
}

/** `212k ops/s (205k to 219k ops/s, n 10)`. */
export function estimateText({ value, low, high }: Estimate, unit: Unit, count: number): string {
  const n = `n ${count}`
  if (low === value && high === value) return `${quantityText(value, unit)} (${n})`
  return `${quantityText(value, unit)} (${quantityText(low, unit)} to ${quantityText(high, unit)}, ${n})`
}

/** Shares are percentages; a factor above 1.5 reads better as such. */
export function ratioText(value: number): string {
  if (Math.abs(value) >= 1.5) return `${threeDigits(value)}×`
  const percent = value * 100
  if (percent !== 0 && Math.abs(percent) < 0.01) return `${percent < 0 ? '−' : ''}<0.01 %`
  return `${threeDigits(percent)} %`
}

function timeText(ns: number): string {
  const size = Math.abs(ns)
  if (size >= 999.5e6) return `${threeDigits(ns / 1e9)} s`
  if (size >= 999.5e3) return `${threeDigits(ns / 1e6)} ms`
  if (size >= 999.5) return `${threeDigits(ns / 1e3)} µs`
  return `${threeDigits(ns)} ns`
}

function decimalText(value: number): string {
  const size = Math.abs(value)
  if (size >= 999.5e6) return `${threeDigits(value / 1e9)}G`
  if (size >= 999.5e3) return `${threeDigits(value / 1e6)}M`
  if (size >= 9999.5) return `${threeDigits(value / 1e3)}k`
  return threeDigits(value)
}

function byteText(bytes: number): string {
  const size = Math.abs(bytes)
  if (size >= 1023.5 * 1024 ** 2) return `${threeDigits(bytes / 1024 ** 3)} GiB`
  if (size >= 1023.5 * 1024) return `${threeDigits(bytes / 1024 ** 2)} MiB`
  // Up to some ten thousand bytes a size is one that can be found in the source.
  if (size >= 65_536) return `${threeDigits(bytes / 1024)} KiB`
  return `${threeDigits(bytes)} B`
}

/** Three significant digits, more only before the point; no zeros that say nothing. */
function threeDigits(value: number): string {
  const size = Math.abs(value)
  if (size === 0) return '0'
  const text =
    size >= 99.95
      ? Math.round(size)
          .toString()
          .replace(/\B(?=(\d{3})+(?!\d))/g, ',')
      : size < 1e-4
        ? size.toExponential(1)
        : String(Number(size.toPrecision(3)))
  return value < 0 ? `−${text}` : text
}
