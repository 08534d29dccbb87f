import type { AllocationTotals, MarkFact } from '../contract/facts.js'
import type { SnapshotStack } from '../trace/snapshot-stream.js'
import { KindCode } from '../trace/trace-format.js'
import type { TraceSnapshot } from '../trace/trace-meta.js'
import type { GrowthSeries, SiteReading } from './growth-series.js'
import type { ProcessBooks } from './process-books.js'
import type { ResourceReading } from './resource-series.js'
import { Field, fieldCount, type SiteTable } from './site-table.js'
import { heapTotals, resourcesOf } from './site-totals.js'
import { timelineOf, timelinePointsMax } from './timeline-recorder.js'
import type { TraceSource } from './trace-source.js'

/** `aggregate` mode: the agent kept the books; they are read at each snapshot. */
class SnapshotReader {
  readonly #source: TraceSource
  readonly #sites: SiteTable
  readonly #series: readonly GrowthSeries[]
  readonly #facts: MarkFact[] = []
  readonly #readings: ResourceReading[] = []
  readonly #heads: TraceSnapshot[] = []
  #peakUs = 0

  constructor(source: TraceSource, sites: SiteTable, series: readonly GrowthSeries[]) {
    this.#source = source
    this.#sites = sites
    this.#series = series
  }

  run(): ProcessBooks {
    this.#source.visitSnapshots({
      begin: (snapshot) => this.#begin(snapshot),
      stack: (stack) => this.#stack(stack),
      end: () => this.#reach(),
    })
    const { meta } = this.#source
    const step = Math.max(1, Math.ceil(this.#heads.length / timelinePointsMax))
    const shown = this.#heads.filter((_, index) => index % step === 0)
    return {
      totals: this.#totals(),
      marks: this.#facts,
      readings: this.#readings,
      timeline: timelineOf(
        shown.map((head) => head.timeUs / 1000),
        shown.map((head) => head.liveBytes),
        meta.samples,
      ),
      lastUs: this.#heads.at(-1)?.timeUs ?? 0,
      notes: [],
    }
  }

  #begin(snapshot: TraceSnapshot): void {
    const before = this.#heads.at(-1)?.peakBytes ?? 0
    if (snapshot.peakBytes > before) this.#peakUs = snapshot.timeUs
    this.#heads.push(snapshot)
  }

  #stack(row: SnapshotStack): void {
    const at = this.#sites.siteOf(row.stack, row.kind) * fieldCount
    const { stats } = this.#sites
    stats[at + Field.allocatedCount] = row.allocatedCount
    stats[at + Field.allocatedBytes] = row.allocatedBytes
    stats[at + Field.liveCount] = row.allocatedCount - row.freedCount
    stats[at + Field.liveBytes] = row.allocatedBytes - row.freedBytes
  }

  #reach(): void {
    const head = this.#heads.at(-1)!
    const reading = this.#sites.reading()
    if (head.seq !== 0) this.#reachMarks(head, reading)
    for (const series of this.#series)
      if (series.plan.evidence === 'lifetime' && series.nextPoint === this.#heads.length - 1)
        series.record(reading)
  }

  /** A snapshot is taken for each mark: it shows the state at that one, and at those whose own was cut off. */
  #reachMarks(head: TraceSnapshot, reading: SiteReading): void {
    const { marks } = this.#source.meta
    for (let index = this.#facts.length; index < marks.length; index++) {
      const { name, kind, timeUs, seq } = marks[index]!
      if (seq > head.seq) return
      const { liveBytes, liveCount } = head
      this.#facts.push({ name, kind, timeMs: timeUs / 1000, liveBytes, liveCount })
      this.#readings.push(resourcesOf(this.#sites))
      for (const series of this.#series)
        if (series.plan.evidence === 'rounds' && series.nextPoint === index) series.record(reading)
    }
  }

  #totals(): AllocationTotals {
    const { stats, kind, count } = this.#sites
    let eventCount = 0
    let mappedBytes = 0
    for (let site = 0; site < count; site++) {
      const at = site * fieldCount
      // Every block was allocated, and those that do not live were freed.
      eventCount += stats[at + Field.allocatedCount]! * 2 - stats[at + Field.liveCount]!
      if (kind[site] === KindCode.mmap) mappedBytes += stats[at + Field.liveBytes]!
    }
    return {
      ...heapTotals(this.#sites),
      eventCount,
      unmatchedFreeCount: 0,
      peakBytes: this.#heads.at(-1)?.peakBytes ?? 0,
      peakMs: this.#peakUs / 1000,
      mappedBytes,
      sizeHistogram: [],
    }
  }
}

export function readSnapshots(
  source: TraceSource,
  sites: SiteTable,
  series: readonly GrowthSeries[],
): ProcessBooks {
  return new SnapshotReader(source, sites, series).run()
}
