import { closeSync, openSync, writeSync } from 'node:fs'
import { PerformanceObserver, performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { LatencySums } from '../../base/latency-figures.js'
import type { SubjectMemory } from '../../contract/soak.js'
import type { LatencyCounts } from './latency-counts.js'
import type { OpenLoop } from './open-loop.js'
import { schedulerTimes } from './scheduler-times.js'
import type { IntervalReport } from './soak-plan.js'

interface Counter {
  stats(name: string): number
}

type Crossings = Required<Pick<IntervalReport, 'crossingCount' | 'napiCallCount'>>

const heapSampleMs = 250
/** Stretches of load that are remembered. */
const spansKept = 8

/** Adds up what one interval saw, in the subject itself; bounded, whatever the length of the soak. */
export class IntervalMeter {
  readonly #loop: OpenLoop
  readonly #counter: Counter
  readonly #countsPaths: readonly [string, string]
  #takenCount = 0
  #gcCount = 0
  #gcMs = 0
  #heapUsedMin = Number.POSITIVE_INFINITY
  #loadMs = 0
  #loadSinceMs: number | undefined
  readonly #spans: [fromMs: number, toMs: number][] = []
  #scheduled = 0
  #completed = 0
  #crossings: Crossings | undefined
  #times = schedulerTimes()
  #utilization = performance.eventLoopUtilization()
  #startedMs = performance.now()
  #reportMs = 0

  constructor(loop: OpenLoop, counter: Counter, countsPaths: readonly [string, string]) {
    this.#loop = loop
    this.#countsPaths = countsPaths
    this.#counter = counter
    this.#crossings = this.#crossingsNow()
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        // Those of a rest were asked for. They are told late, when the load may have ended.
        if (!this.#isUnderLoad(entry.startTime)) continue
        this.#gcCount++
        this.#gcMs += entry.duration
      }
    }).observe({ entryTypes: ['gc'] })
    setInterval(() => {
      this.#heapUsedMin = Math.min(this.#heapUsedMin, getHeapStatistics().used_heap_size)
    }, heapSampleMs).unref()
  }

  get ageMs(): number {
    return performance.now() - this.#startedMs
  }

  loadBegins(): void {
    this.#loadSinceMs = performance.now()
  }

  loadEnds(): void {
    if (this.#loadSinceMs !== undefined) {
      const endMs = performance.now()
      this.#loadMs += endMs - this.#loadSinceMs
      this.#spans.push([this.#loadSinceMs, endMs])
      if (this.#spans.length > spansKept) this.#spans.shift()
    }
    this.#loadSinceMs = undefined
  }

  #isUnderLoad(atMs: number): boolean {
    if (this.#loadSinceMs !== undefined && atMs >= this.#loadSinceMs) return true
    return this.#spans.some(([fromMs, toMs]) => fromMs <= atMs && atMs < toMs)
  }

  /** What the interval was, and begins the next. */
  take(isWarmup: boolean): IntervalReport {
    const takenMs = performance.now()
    const isLoaded = this.#loadSinceMs !== undefined
    this.loadEnds()
    const counts = this.#loop.counts
    const times = schedulerTimes()
    const utilization = performance.eventLoopUtilization(this.#utilization)
    const { latency, service } = this.#loop
    const crossings = this.#crossingsNow()
    const report: IntervalReport = {
      isWarmup,
      loadMs: this.#loadMs,
      scheduledCount: counts.scheduledCount - this.#scheduled,
      completedCount: counts.completedCount - this.#completed,
      backlogCount: counts.scheduledCount - counts.completedCount,
      latency: sumsOf(latency),
      service: sumsOf(service),
      countsPath: this.#leaveCounts(),
      runQueueWaitShare: (times.waitNs - this.#times.waitNs) / (this.ageMs * 1e6),
      eventLoopUtilization: utilization.utilization,
      gcCount: this.#gcCount,
      gcMs: this.#gcMs,
      ...crossingsBetween(this.#crossings, crossings),
      reportMs: this.#reportMs,
      memory: this.memory(),
    }
    latency.reset()
    service.reset()
    this.#scheduled = counts.scheduledCount
    this.#completed = counts.completedCount
    this.#crossings = crossings
    this.#times = times
    this.#utilization = performance.eventLoopUtilization()
    this.#gcCount = 0
    this.#gcMs = 0
    this.#heapUsedMin = Number.POSITIVE_INFINITY
    this.#loadMs = 0
    this.#startedMs = performance.now()
    if (isLoaded) this.loadBegins()
    this.#reportMs = performance.now() - takenMs
    return report
  }

  /** Into the page cache: some tens of microseconds. */
  #leaveCounts(): string {
    const path = this.#countsPaths[this.#takenCount++ % 2 === 0 ? 0 : 1]
    const descriptor = openSync(path, 'w')
    writeSync(descriptor, this.#loop.latency.slots)
    writeSync(descriptor, this.#loop.service.slots)
    closeSync(descriptor)
    return path
  }

  /** Totals that the seam layer keeps; undefined without it. */
  #crossingsNow(): Crossings | undefined {
    const crossingCount = this.#counter.stats('crossings')
    if (Number.isNaN(crossingCount)) return undefined
    return { crossingCount, napiCallCount: this.#counter.stats('napiCalls') }
  }

  memory(): SubjectMemory {
    const { heapTotal, external, arrayBuffers } = process.memoryUsage()
    const nativeLiveBytes = this.#counter.stats('liveBytes')
    return {
      ...(Number.isNaN(nativeLiveBytes)
        ? {}
        : {
            nativeLiveBytes,
            agentBytes: this.#counter.stats('tableBytes'),
            agentMappingCount: this.#counter.stats('tableMappings'),
          }),
      heapUsedBytes: Math.min(this.#heapUsedMin, getHeapStatistics().used_heap_size),
      heapTotalBytes: heapTotal,
      externalBytes: external,
      arrayBuffersBytes: arrayBuffers,
      handleCount: process.getActiveResourcesInfo().length,
    }
  }

  /** At rest nothing before counts. */
  memoryNow(): SubjectMemory {
    this.#heapUsedMin = Number.POSITIVE_INFINITY
    return this.memory()
  }
}

function crossingsBetween(
  before: Crossings | undefined,
  now: Crossings | undefined,
): Partial<Crossings> {
  if (before === undefined || now === undefined) return {}
  return {
    crossingCount: now.crossingCount - before.crossingCount,
    napiCallCount: now.napiCallCount - before.napiCallCount,
  }
}

function sumsOf({ total, sumNs, maxNs }: LatencyCounts): LatencySums {
  return { total, sumNs, maxNs }
}
