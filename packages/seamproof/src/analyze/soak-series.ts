import type { SoakInterval, SoakLine } from '../contract/soak.js'
import type { SoakSeries } from '../contract/soak-facts.js'

/** The last interval of a part may be cut short: its percentiles are of too few operations to be shown beside the others. */
export function soakSeries(lines: readonly SoakLine[]): SoakSeries {
  const intervals = lines.filter((line) => line.type === 'interval')
  const longestMs = Math.max(0, ...intervals.map((interval) => interval.loadMs))
  const shown = intervals.filter((interval) => interval.loadMs >= longestMs / 2)
  const floors = lines.filter((line) => line.type === 'floor')
  const rests = lines.filter((line) => line.type === 'rest')
  const crossed = shown.filter((one) => one.crossingCount !== undefined)
  const of = (pick: (interval: SoakInterval) => number) => shown.map(pick)
  return {
    elapsedMs: of((one) => one.elapsedMs),
    isWarmup: shown.map((one) => one.isWarmup),
    part: of((one) => one.part),
    achievedPerS: of((one) => (one.completedCount / one.loadMs) * 1000),
    p50Ns: of((one) => one.latency.p50Ns),
    p99Ns: of((one) => one.latency.p99Ns),
    p999Ns: of((one) => one.latency.p999Ns),
    maxNs: of((one) => one.latency.maxNs),
    nativeLiveBytes: of((one) => one.memory.nativeLiveBytes ?? 0),
    rssBytes: of((one) => one.memory.rssBytes - (one.memory.agentBytes ?? 0)),
    anonBytes: of((one) => one.memory.anonBytes),
    heapUsedBytes: of((one) => one.memory.heapUsedBytes),
    externalBytes: of((one) => one.memory.externalBytes),
    fdCount: of((one) => one.memory.fdCount),
    threadCount: of((one) => one.memory.threadCount),
    handleCount: of((one) => one.memory.handleCount),
    cpuShare: of((one) => one.cpuShare),
    runQueueWaitShare: of((one) => one.runQueueWaitShare),
    gcMs: of((one) => one.gcMs),
    ...crossingsOf(intervals, crossed),
    floorMs: floors.map((one) => one.elapsedMs),
    floorP99Ns: floors.map((one) => one.latency.p99Ns),
    restMs: rests.map((one) => one.elapsedMs),
    restLiveBytes: rests.map((one) => one.memory.nativeLiveBytes ?? 0),
    restUssBytes: rests.map((one) => one.memory.privateDirtyBytes - (one.memory.agentBytes ?? 0)),
  }
}

/** Intervals that are not shown are in the total all the same. */
function crossingsOf(
  intervals: readonly SoakInterval[],
  shown: readonly SoakInterval[],
): Pick<SoakSeries, 'crossingMs' | 'crossingsPerS' | 'napiCallsPerS' | 'crossingTotal'> {
  let total = 0
  const totals = new Map(
    intervals.map((one) => {
      total += one.crossingCount ?? 0
      return [one, total] as const
    }),
  )
  return {
    crossingMs: shown.map((one) => one.elapsedMs),
    crossingsPerS: shown.map((one) => perS(one, one.crossingCount)),
    napiCallsPerS: shown.map((one) => perS(one, one.napiCallCount)),
    crossingTotal: shown.map((one) => totals.get(one) ?? 0),
  }
}

const perS = ({ loadMs }: SoakInterval, count = 0): number => (count / loadMs) * 1000
