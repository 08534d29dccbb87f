/** What a person sees in the terminal while a soak runs; drawn again after each interval. */
import type { SoakFacts } from '../../contract/soak-facts.js'
import type { SoakVerdicts } from '../../contract/soak-verdict.js'
import { formatBytes, formatCount, formatPercent } from '../format-quantity.js'
import { formatNs, formatPerS, formatRatioRange, formatSpan } from '../soak-words.js'
import { soakChartLines } from './soak-chart.js'
import { padEnd, type TextOptions, textStyle } from './text-style.js'

export interface SoakClock {
  elapsedMs: number
  leftMs: number
}

export function renderSoakLive(
  facts: SoakFacts,
  verdicts: SoakVerdicts,
  clock: SoakClock,
  options: TextOptions,
): string[] {
  const style = textStyle(options)
  const { series, head, growth } = facts
  const totalMs = head.warmupMs + head.forMs
  const last = series.elapsedMs.length - 1
  const row = (label: string, text: string) => `${style.dim(padEnd(label, 10))}${text}`
  const chart = (
    title: string,
    x: number[],
    y: number[],
    format: (value: number) => string,
    isFromZero: boolean,
  ) => soakChartLines({ title, x, y, format, heightRows: 2, isFromZero, xMax: totalMs }, style)
  const live = growth.find((one) => one.what === 'native live')
  const uss = growth.find((one) => one.what === 'USS')
  const failing = verdicts.checks.filter(({ status }) => status === 'fail')
  const isWarmup = series.isWarmup[last] ?? true
  return [
    `${style.bold(formatSpan(clock.elapsedMs))} of ${formatSpan(totalMs)}${isWarmup ? ', warming up' : ''}; ${formatSpan(clock.leftMs)} left`,
    ...(last < 0
      ? [style.dim('the first interval is not over yet')]
      : [
          row('rate', `${formatPerS(series.achievedPerS[last]!)} of ${formatPerS(head.ratePerS)}`),
          row(
            'latency',
            `p50 ${formatNs(series.p50Ns[last]!)}  p99 ${formatNs(series.p99Ns[last]!)}  p99.9 ${formatNs(series.p999Ns[last]!)}  max ${formatNs(series.maxNs[last]!)}${floorText(facts)}`,
          ),
          row(
            'memory',
            `native live ${formatBytes(series.nativeLiveBytes[last]!)}  RSS ${formatBytes(series.rssBytes[last]!)}  V8 ${formatBytes(series.heapUsedBytes[last]!)}`,
          ),
          row('crossings', crossingsText(facts)),
          row(
            'growth',
            live === undefined || uss === undefined
              ? 'after four rests'
              : `native live ${formatRatioRange(live.ratio)}  USS ${formatRatioRange(uss.ratio)}`,
          ),
          row(
            'processor',
            `${formatPercent(series.cpuShare[last]!)}, waited for ${formatPercent(series.runQueueWaitShare[last]!)}`,
          ),
          ...chart('p99', series.elapsedMs, series.p99Ns, formatNs, true),
          ...chart('RSS', series.elapsedMs, series.rssBytes, formatBytes, false),
          ...chart('native live at rest', series.restMs, series.restLiveBytes, formatBytes, false),
        ]),
    ...failing.map(({ check, evidence }) => `${style.fail('✗')} ${check}: ${evidence}`),
    style.dim('Ctrl-C brings it to an end, with its report'),
  ]
}

function crossingsText({ series }: SoakFacts): string {
  const perS = series.crossingsPerS.at(-1)
  if (perS === undefined) return 'not counted: no seam layer in the subject'
  return `${formatPerS(perS)}, ${formatPerS(series.napiCallsPerS.at(-1)!)} Node-API calls; ${formatCount(series.crossingTotal.at(-1)!)} in all`
}

function floorText({ series }: SoakFacts): string {
  const floor = series.floorP99Ns.at(-1)
  return floor === undefined ? '' : `  (machine's floor p99 ${formatNs(floor)})`
}
