import { InvalidArgumentError } from 'commander'
import { didYouMean } from '../base/nearest-name.js'

/** Parsers for option values: what they refuse, commander reports with the option's name and exit code 2. */
export function oneOf<const T extends string>(names: readonly T[]): (given: string) => T {
  return (given) => {
    const found = names.find((name) => name === given)
    if (found !== undefined) return found
    throw new InvalidArgumentError(
      `It must be one of ${names.join(', ')}.${didYouMean(given, names)}`,
    )
  }
}

/** `a,b`, and the option may be given again. */
export function listOf<const T extends string>(
  names: readonly T[],
): (given: string, before?: T[]) => T[] {
  const one = oneOf(names)
  return (given, before = []) => [
    ...new Set([...before, ...given.split(',').map((name) => one(name.trim()))]),
  ]
}

/** `2027-01-31`, and a day that there is. */
export function calendarDay(given: string): string {
  const time = /^\d{4}-\d\d-\d\d$/.test(given) ? Date.parse(`${given}T00:00:00Z`) : Number.NaN
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(given)) return given
  throw new InvalidArgumentError('It must be a day such as 2027-01-31.')
}

export function wholeNumber(limits: { min: number; max: number }): (given: string) => number {
  return (given) => {
    const value = /^\d[\d_]*$/.test(given) ? Number(given.replaceAll('_', '')) : Number.NaN
    if (value >= limits.min && value <= limits.max) return value
    throw new InvalidArgumentError(`It must be a whole number from ${limits.min} to ${limits.max}.`)
  }
}

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `90`, `90s`, `10m`, `1h` → milliseconds. */
export function durationMs(given: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(given)
  const value = match === null ? 0 : Number(match[1]) * unitMs[match[2] ?? 's']!
  if (value > 0) return value
  throw new InvalidArgumentError('It must be a time such as 90s, 10m or 1h.')
}

const unitBytes: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** `500M`, `2G`, `1048576` → bytes. */
export function byteCount(given: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)i?b?$/i.exec(given)
  const value = match === null ? 0 : Number(match[1]) * unitBytes[match[2]!.toLowerCase()]!
  if (value >= 1) return Math.round(value)
  throw new InvalidArgumentError('It must be a size such as 500M or 2G.')
}

/** `200k/s`, `200000`, `1.5M/s` → operations per second. */
export function ratePerSecond(given: string): number {
  const match = /^(\d[\d_]*(?:\.\d+)?)\s*([kKM]?)\s*(?:(?:ops?)?\/s)?$/.exec(given)
  const factor = { '': 1, k: 1e3, K: 1e3, M: 1e6 }[match?.[2] ?? '']!
  const value = match === null ? 0 : Number(match[1]!.replaceAll('_', '')) * factor
  if (value > 0 && value <= 1e7) return value
  throw new InvalidArgumentError('It must be a rate such as 200k/s, up to 10M/s.')
}

export function shardOf(given: string): { index: number; count: number } {
  const match = /^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(given)
  const [index, count] = [Number(match?.[1]), Number(match?.[2])]
  if (match !== null && index <= count) return { index, count }
  throw new InvalidArgumentError('It must be like 1/4: the first of four.')
}
