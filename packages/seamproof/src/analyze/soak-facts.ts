import {
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js'
import { medianSorted, quantileSorted } from 'simple-statistics'
import { emptyLatencyHistogram, latencyFigures } from '../base/latency-figures.js'
import type { Estimate } from '../contract/facts.js'
import type {
  LatencyFigures,
  SoakBegin,
  SoakEnd,
  SoakFloor,
  SoakHead,
  SoakInterval,
  SoakLine,
  SoakRest,
} from '../contract/soak.js'
import type { SoakFacts, SoakFloorFacts, SoakLoad, SoakPartFacts } from '../contract/soak-facts.js'
import { soakGrowth } from './soak-growth.js'
import { soakSeries } from './soak-series.js'

interface Part {
  number: number
  begin?: SoakBegin
  end?: SoakEnd
  lines: SoakLine[]
  intervals: SoakInterval[]
  rests: SoakRest[]
}

/** The facts of a soak, also of one that is still running or was cut off in the middle. */
export function soakFacts(head: SoakHead, lines: readonly SoakLine[]): SoakFacts {
  const parts = partsOf(lines)
  const intervals = lines.filter((line) => line.type === 'interval')
  const measured = intervals.filter((interval) => !interval.isWarmup)
  const floors = lines.filter((line) => line.type === 'floor')
  const judged = judgedPart(parts)
  const latency = mergeHistograms(measured.map((interval) => interval.latencyHdr))
  const service = mergeHistograms(measured.map((interval) => interval.serviceHdr))
  const floorHistogram = mergeHistograms(floors.map((floor) => floor.latencyHdr))
  return {
    head,
    workloads: parts.findLast(({ begin }) => begin)?.begin?.workloads ?? head.workloads,
    parts: parts.map((part, index) => partFacts(part, parts[index - 1])),
    judgedPart: judged?.number ?? 0,
    load: loadOf(parts, measured),
    latency: mergedFigures(
      latency,
      measured.map((interval) => interval.latency),
    ),
    service: mergedFigures(
      service,
      measured.map((interval) => interval.service),
    ),
    typicalP99Ns: medianWithInterval(measured.map((interval) => interval.latency.p99Ns)),
    ...(floors.length === 0 ? {} : { floor: floorOf(floors, floorHistogram) }),
    runQueueWaitShare: weighted(measured, (interval) => interval.runQueueWaitShare),
    cpuShare: weighted(measured, (interval) => interval.cpuShare),
    gc: {
      count: measured.reduce((sum, interval) => sum + interval.gcCount, 0),
      totalMs: measured.reduce((sum, interval) => sum + interval.gcMs, 0),
    },
    ...crossingsOf(measured),
    growth: judged === undefined ? [] : soakGrowth(judged.intervals, judged.rests),
    series: soakSeries(lines),
    traceBytes: intervals.at(-1)?.traceBytes ?? 0,
    histograms: {
      latency: encodeIntoCompressedBase64(latency),
      ...(floors.length === 0 ? {} : { floor: encodeIntoCompressedBase64(floorHistogram) }),
    },
  }
}

function partsOf(lines: readonly SoakLine[]): Part[] {
  const parts = new Map<number, Part>()
  for (const line of lines) {
    const known = parts.get(line.part)
    const part = known ?? { number: line.part, lines: [], intervals: [], rests: [] }
    if (known === undefined) parts.set(line.part, part)
    part.lines.push(line)
    if (line.type === 'begin') part.begin = line
    else if (line.type === 'end') part.end = line
    else if (line.type === 'interval') part.intervals.push(line)
    else if (line.type === 'rest') part.rests.push(line)
  }
  return [...parts.values()]
}

function partFacts(part: Part, before: Part | undefined): SoakPartFacts {
  const startedMs = part.lines[0]!.elapsedMs
  return {
    part: part.number,
    startedAt: part.lines[0]!.at,
    startedMs,
    endedMs: part.lines.at(-1)!.elapsedMs,
    pid: part.begin?.pid ?? 0,
    scheduling: part.begin?.scheduling ?? 'unknown',
    nodeVersion: part.begin?.nodeVersion ?? '',
    endReason: part.end?.reason ?? 'cut off',
    endText: part.end?.text ?? 'the record ends without saying why',
    gapMs: before === undefined ? 0 : startedMs - before.lines.at(-1)!.elapsedMs,
    measuredMs: measuredMs(part),
  }
}

const measuredMs = (part: Part): number =>
  part.intervals.reduce((sum, one) => sum + (one.isWarmup ? 0 : one.loadMs), 0)

/** Memory of two processes makes no line: the part that ran longest is the one that is judged. */
function judgedPart(parts: readonly Part[]): Part | undefined {
  return [...parts].sort((a, b) => measuredMs(b) - measuredMs(a))[0]
}

function loadOf(parts: readonly Part[], measured: readonly SoakInterval[]): SoakLoad {
  const loadMs = measured.reduce((sum, interval) => sum + interval.loadMs, 0)
  const scheduledCount = measured.reduce((sum, interval) => sum + interval.scheduledCount, 0)
  const completedCount = measured.reduce((sum, interval) => sum + interval.completedCount, 0)
  const rests = parts.flatMap((part) => part.rests.slice(1))
  const rates = measured
    .filter((interval) => interval.loadMs > 0)
    .map((interval) => (interval.completedCount / interval.loadMs) * 1000)
  return {
    loadMs,
    wallMs: parts.reduce((sum, part) => sum + wallOf(part), 0),
    restCount: rests.length,
    restMs: rests.reduce((sum, rest) => sum + rest.pausedMs, 0),
    scheduledCount,
    completedCount,
    achievedPerS: loadMs === 0 ? 0 : (completedCount / loadMs) * 1000,
    intervalPerS: medianWithInterval(rates),
    heldShare: scheduledCount === 0 ? 0 : Math.min(1, completedCount / scheduledCount),
    backlogMaxCount: Math.max(0, ...measured.map((interval) => interval.backlogCount)),
  }
}

function wallOf(part: Part): number {
  const first = part.rests[0]?.elapsedMs
  return first === undefined ? 0 : part.lines.at(-1)!.elapsedMs - first
}

function crossingsOf(intervals: readonly SoakInterval[]): Pick<SoakFacts, 'crossings'> {
  const counted = intervals.filter((one) => one.crossingCount !== undefined && one.loadMs > 0)
  if (counted.length === 0) return {}
  const sum = (pick: (interval: SoakInterval) => number) =>
    counted.reduce((total, one) => total + pick(one), 0)
  const crossingCount = sum((one) => one.crossingCount ?? 0)
  const napiCallCount = sum((one) => one.napiCallCount ?? 0)
  const operationCount = Math.max(
    1,
    sum((one) => one.completedCount),
  )
  return {
    crossings: {
      crossingCount,
      napiCallCount,
      crossingsPerOperation: crossingCount / operationCount,
      napiCallsPerOperation: napiCallCount / operationCount,
      crossingsPerS: medianWithInterval(
        counted.map((one) => ((one.crossingCount ?? 0) / one.loadMs) * 1000),
      ),
    },
  }
}

function floorOf(floors: readonly SoakFloor[], histogram: Histogram): SoakFloorFacts {
  return {
    latency: mergedFigures(
      histogram,
      floors.map((floor) => floor.latency),
    ),
    runQueueWaitShare:
      floors.reduce((sum, floor) => sum + floor.runQueueWaitShare, 0) / floors.length,
    scheduling: floors.at(-1)!.scheduling,
  }
}

function mergeHistograms(encoded: readonly string[]): Histogram {
  // Counts of an hour may not fit into 32 bits.
  const merged = emptyLatencyHistogram(64)
  for (const one of encoded) merged.add(decodeFromCompressedBase64(one, 64))
  return merged
}

function mergedFigures(histogram: Histogram, figures: readonly LatencyFigures[]): LatencyFigures {
  return latencyFigures(histogram, {
    total: figures.reduce((sum, one) => sum + one.count, 0),
    sumNs: figures.reduce((sum, one) => sum + one.meanNs * one.count, 0),
    maxNs: Math.max(0, ...figures.map((one) => one.maxNs)),
  })
}

function weighted(
  intervals: readonly SoakInterval[],
  pick: (interval: SoakInterval) => number,
): number {
  const totalMs = intervals.reduce((sum, interval) => sum + interval.loadMs, 0)
  if (totalMs === 0) return 0
  return intervals.reduce((sum, one) => sum + pick(one) * one.loadMs, 0) / totalMs
}

/** The median, and between which of the sorted values it lies with 95 % (order statistics). */
function medianWithInterval(values: readonly number[]): Estimate {
  if (values.length === 0) return { value: 0, low: 0, high: 0 }
  const sorted = [...values].sort((a, b) => a - b)
  const reach = 0.98 / Math.sqrt(sorted.length)
  return {
    value: medianSorted(sorted),
    low: quantileSorted(sorted, Math.max(0, 0.5 - reach)),
    high: quantileSorted(sorted, Math.min(1, 0.5 + reach)),
  }
}
