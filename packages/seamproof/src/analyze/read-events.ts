import type { MarkFact } from '../contract/facts.js'
import type { EventBatch } from '../trace/event-batch.js'
import type { TraceMark } from '../trace/trace-meta.js'
import { EventLedger } from './event-ledger.js'
import type { GrowthSeries } from './growth-series.js'
import type { ProcessBooks } from './process-books.js'
import type { ResourceReading } from './resource-series.js'
import { Field, type SiteTable } from './site-table.js'
import { heapTotals, resourcesOf } from './site-totals.js'
import { lifetimeSliceCount, youngSliceCount } from './step-plan.js'
import { TimelineRecorder } from './timeline-recorder.js'
import type { TraceSource } from './trace-source.js'

/** `full` mode: goes through all events once, and reads the books at marks and at the ends of slices. */
class EventReader {
  readonly #source: TraceSource
  readonly #sites: SiteTable
  readonly #series: readonly GrowthSeries[]
  readonly #timeline: TimelineRecorder
  readonly #ledger: EventLedger
  readonly #marks: readonly TraceMark[]
  readonly #sliceUs: number
  readonly #facts: MarkFact[] = []
  readonly #readings: ResourceReading[] = []

  constructor(
    source: TraceSource,
    sites: SiteTable,
    series: readonly GrowthSeries[],
    lifeUs: number,
  ) {
    this.#source = source
    this.#sites = sites
    this.#series = series
    this.#timeline = new TimelineRecorder(lifeUs)
    this.#ledger = new EventLedger(sites, this.#timeline)
    this.#marks = source.meta.marks
    this.#sliceUs = lifeUs / lifetimeSliceCount
  }

  run(): ProcessBooks {
    for (const batch of this.#source.batches()) this.#batch(batch)
    while (this.#facts.length < this.#marks.length) this.#reachMark()
    while (this.#ledger.slice < lifetimeSliceCount) this.#reachSlice()
    this.#ledger.finishPeak()
    return this.#books()
  }

  #batch(batch: EventBatch): void {
    let from = 0
    while (from < batch.length) {
      const markSeq = this.#marks[this.#facts.length]?.seq ?? Number.POSITIVE_INFINITY
      const sliceUs = (this.#ledger.slice + 1) * this.#sliceUs
      let to = from
      while (to < batch.length && batch.seq[to]! < markSeq && batch.timeUs[to]! < sliceUs) to++
      this.#ledger.apply(batch, from, to)
      if (to === batch.length) return
      if (batch.seq[to]! >= markSeq) this.#reachMark()
      else this.#reachSlice()
      from = to
    }
  }

  #reachMark(): void {
    const index = this.#facts.length
    const mark = this.#marks[index]!
    const { heapBytes, heapCount } = this.#ledger
    this.#facts.push({
      name: mark.name,
      kind: mark.kind,
      timeMs: mark.timeUs / 1000,
      liveBytes: heapBytes,
      liveCount: heapCount,
    })
    this.#readings.push(resourcesOf(this.#sites, this.#ledger.mappingCount))
    const due = this.#series.filter(
      (series) => series.plan.evidence === 'rounds' && series.nextPoint === index,
    )
    if (due.length === 0) return
    const reading = this.#sites.reading()
    for (const series of due) series.record(reading)
  }

  /** The end of a slice: what is live and not young any more. */
  #reachSlice(): void {
    const slice = this.#ledger.slice++
    for (const series of this.#series) {
      if (series.plan.evidence !== 'lifetime' || series.nextPoint !== slice) continue
      const counts = new Float64Array(this.#sites.count)
      const bytes = new Float64Array(this.#sites.count)
      this.#ledger.forEachLive((site, size, birth) => {
        if (birth > slice - youngSliceCount) return
        counts[site]!++
        bytes[site]! += size
      })
      series.record({ counts, bytes, allocated: this.#sites.column(Field.allocatedCount) })
    }
  }

  #books(): ProcessBooks {
    const ledger = this.#ledger
    const notes: string[] = []
    if (ledger.overwrittenCount > 0)
      notes.push(
        `${ledger.overwrittenCount} blocks were allocated where another was still live: as many releases were not seen`,
      )
    return {
      totals: {
        ...heapTotals(this.#sites),
        eventCount: ledger.eventCount,
        unmatchedFreeCount: ledger.unmatchedFreeCount,
        peakBytes: ledger.peakBytes,
        peakMs: ledger.peakUs / 1000,
        mappedBytes: ledger.mappedBytes,
        sizeHistogram: ledger.histogram.finish(),
      },
      marks: this.#facts,
      readings: this.#readings,
      timeline: this.#timeline.finish(this.#source.meta.samples),
      lastUs: ledger.lastUs,
      notes,
    }
  }
}

export function readEvents(
  source: TraceSource,
  sites: SiteTable,
  series: readonly GrowthSeries[],
  lifeUs: number,
): ProcessBooks {
  return new EventReader(source, sites, series, lifeUs).run()
}
