import { didYouMean } from '../base/nearest-name.js'
import type { Unit } from '../contract/measurement.js'
import { type MetricName, metrics } from '../contract/metrics.js'
import type { Comparison, TargetLimit } from '../contract/target.js'

/** What a person may write after the number, by the unit that the metric has, and what one of it is worth. */
const spellings: Record<Unit, Record<string, number>> = {
  ns: { ns: 1, us: 1e3, '\u00b5s': 1e3, ms: 1e6, s: 1e9 },
  s: { s: 1, ms: 1e-3, min: 60, h: 3600 },
  B: { B: 1, ...byteUnits('') },
  'B/op': { B: 1, 'B/op': 1, '/op': 1, ...byteUnits(''), ...byteUnits('/op') },
  'B/s': { 'B/s': 1, ...byteUnits('/s') },
  'ops/s': { 'ops/s': 1, '/s': 1, ops: 1, op: 1, 'op/s': 1 },
  'events/s': { 'events/s': 1, '/s': 1 },
  'ns/op': perThing('/op'),
  'ns/call': perThing('/call'),
  'instructions/op': { 'instructions/op': 1, instructions: 1, '/op': 1 },
  'instructions/call': { 'instructions/call': 1, instructions: 1, '/call': 1 },
  'calls/op': { 'calls/op': 1, calls: 1, '/op': 1 },
  'allocations/op': { 'allocations/op': 1, allocations: 1, '/op': 1 },
  ratio: { '%': 0.01, x: 1, '×': 1, times: 1 },
  count: {},
}

/** Units without which a number would be ambiguous: `< 5` of a share could be 5 % or 500 %. */
const needsUnit: ReadonlySet<Unit> = new Set(['ns', 's', 'ns/op', 'ns/call', 'ratio', 'B', 'B/s'])

function byteUnits(suffix: string): Record<string, number> {
  const named: Record<string, number> = {}
  for (const [index, letter] of ['k', 'M', 'G'].entries()) {
    named[`${letter}B${suffix}`] = 1000 ** (index + 1)
    named[`${letter.toUpperCase()}iB${suffix}`] = 1024 ** (index + 1)
  }
  return named
}

function perThing(suffix: string): Record<string, number> {
  const times = { ns: 1, us: 1e3, '\u00b5s': 1e3, ms: 1e6, s: 1e9 }
  return Object.fromEntries(
    Object.entries(times).flatMap(([unit, worth]) => [
      [unit, worth],
      [`${unit}${suffix}`, worth],
    ]),
  )
}

const multipliers: Record<string, number> = { k: 1e3, K: 1e3, M: 1e6, G: 1e9 }

export class LimitError extends Error {}

/** `>= 200k ops/s`, `< 0.5ms`, `0 B/op`, `2x`: without a sign, a limit is the worst that is still good. */
export function parseLimit(metric: MetricName, text: string): TargetLimit {
  const { unit, direction } = metrics[metric]
  const match =
    /^\s*(<=|>=|<|>|=|≤|≥)?\s*([+-]?\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)\s*(.*?)\s*$/i.exec(text)
  if (match === null)
    throw new LimitError(`"${text}" is no limit; write it like "${exampleLimit(metric)}"`)
  const value = Number(match[2]!.replaceAll('_', ''))
  return {
    kind: 'value',
    comparison: comparisonOf(match[1], direction, metric, text),
    value: value * worthOf(match[3]!, value, metric, text),
    unit,
  }
}

function comparisonOf(
  sign: string | undefined,
  direction: 'higher' | 'lower',
  metric: MetricName,
  text: string,
): Comparison {
  const worst = direction === 'higher' ? '>=' : '<='
  if (sign === undefined || sign === '=') return worst
  const comparison = sign.replace('≤', '<=').replace('≥', '>=') as Comparison
  if (comparison[0] !== worst[0])
    throw new LimitError(
      `"${text}" asks for the wrong end: of ${metric}, ${direction === 'higher' ? 'more' : 'less'} is better, so write ${worst}`,
    )
  return comparison
}

function worthOf(written: string, value: number, metric: MetricName, text: string): number {
  const { unit } = metrics[metric]
  const known = spellings[unit]
  if (written === '') {
    if (value !== 0 && needsUnit.has(unit))
      throw new LimitError(`"${text}" has no unit; write it like "${exampleLimit(metric)}"`)
    return 1
  }
  const worth = lookUp(written, known)
  if (worth !== undefined) return worth
  const multiplier = multipliers[written[0]!]
  if (multiplier !== undefined) {
    const rest = written.slice(1).trim()
    const restWorth = rest === '' && !needsUnit.has(unit) ? 1 : lookUp(rest, known)
    if (restWorth !== undefined) return multiplier * restWorth
  }
  const names = Object.keys(known)
  throw new LimitError(
    `"${text}": ${metric} is not measured in "${written}".${didYouMean(written, names)}${names.length === 0 ? ' It is a plain count.' : ` Its units: ${names.join(', ')}.`}`,
  )
}

/** As written, or without regard to blanks around the slash. */
function lookUp(written: string, known: Record<string, number>): number | undefined {
  // Two characters look like a micro sign.
  const name = written
    .replace(/\s*\/\s*/, '/')
    .replace(/^per\s+/, '/')
    .replace('\u03bc', '\u00b5')
  return Object.hasOwn(known, name) ? known[name] : undefined
}

export function exampleLimit(metric: MetricName): string {
  const { unit, direction } = metrics[metric]
  const sign = direction === 'higher' ? '>=' : '<'
  const examples: Record<Unit, string> = {
    ns: '0.5ms',
    s: '2s',
    B: '10 MiB',
    'B/op': '64 B/op',
    'B/s': '1 MB/s',
    'ops/s': '200k ops/s',
    'events/s': '10k/s',
    'ns/op': '50ns',
    'ns/call': '50ns',
    'instructions/op': '500/op',
    'instructions/call': '200/call',
    'calls/op': '2/op',
    'allocations/op': '1/op',
    ratio: direction === 'higher' ? '2x' : '10%',
    count: '1',
  }
  return `${sign} ${examples[unit]}`
}

/** `+5%` of a limit against a baseline → 0.05. */
export function parseWorseRatio(text: string): number {
  const match = /^\s*([+-])?\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text)
  if (match === null)
    throw new LimitError(`"${text}" is no share; against the baseline write max: '+5%'`)
  return Number(match[2]) / 100
}
