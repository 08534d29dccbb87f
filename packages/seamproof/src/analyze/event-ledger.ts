import type { EventBatch } from '../trace/event-batch.js'
import { EventOp } from '../trace/event-batch.js'
import { LiveBlocks } from '../trace/live-blocks.js'
import { LiveMappings, type PieceReleased } from '../trace/live-mappings.js'
import { Field, fieldCount, type SiteTable } from './site-table.js'
import { SizeHistogram } from './size-histogram.js'
import type { TimelineRecorder } from './timeline-recorder.js'

/** Ids of resources of different kinds apart in one map. */
const resourceKeyScale = 2 ** 40

/**
 * Keeps the books of one process, event by event: what each site allocated and holds, and what the heap as a whole does.
 * "Heap" means blocks of the malloc family; mappings and resources are counted at their sites but not in the heap.
 */
export class EventLedger {
  eventCount = 0
  allocatedCount = 0
  allocatedBytes = 0
  freedCount = 0
  freedBytes = 0
  unmatchedFreeCount = 0
  /** Allocations where another block was still live: its release was not seen. */
  overwrittenCount = 0
  temporaryCount = 0
  heapCount = 0
  heapBytes = 0
  peakBytes = 0
  peakUs = 0
  mappedBytes = 0
  lastUs = 0
  readonly histogram = new SizeHistogram()
  readonly sites: SiteTable
  /** Which part of the life it is; blocks remember theirs. Set by the caller. */
  slice = 0
  readonly #timeline: TimelineRecorder
  readonly #blocks = new LiveBlocks(16)
  readonly #mappings = new LiveMappings()
  readonly #resources = new Map<number, { site: number; birth: number }>()
  /** Address of the block that each thread allocated last. */
  #lastOfThread = new Float64Array(64)
  /** True from when the heap reached a new height until something is released. */
  #isAtPeak = true
  /** Rises with each new height: sites save their numbers once for each, before they first change after it. */
  #peakNumber = 1

  constructor(sites: SiteTable, timeline: TimelineRecorder) {
    this.sites = sites
    this.#timeline = timeline
  }

  get mappingCount(): number {
    return this.#mappings.size
  }

  /** Applies the events from `from` to before `to`. */
  apply(batch: EventBatch, from: number, to: number): void {
    this.eventCount += to - from
    for (let i = from; i < to; i++) {
      const timeUs = batch.timeUs[i]!
      if (timeUs > this.lastUs) this.#tick(timeUs)
      const op = batch.op[i]!
      if (op === EventOp.allocate) this.#allocate(batch, i)
      else if (op === EventOp.free || op === EventOp.reallocRelease)
        this.#free(batch.address[i]!, batch.thread[i]!, op === EventOp.free)
      else this.#other(batch, i, op)
    }
  }

  #tick(timeUs: number): void {
    this.lastUs = timeUs
    if (timeUs >= this.#timeline.stretchEndUs) this.#timeline.advance(timeUs, this.heapBytes)
  }

  #allocate(batch: EventBatch, i: number): void {
    const bytes = batch.sizeBytes[i]!
    const address = batch.address[i]!
    const site = this.sites.siteOf(batch.stack[i]!, batch.kind[i]!)
    if (this.#blocks.insert(address, site, bytes, this.slice)) {
      this.overwrittenCount++
      this.#release(this.#blocks.foundSite, this.#blocks.foundBytes)
    }
    if (!this.#isAtPeak) this.#savePeak(site)
    const stats = this.sites.stats
    const at = site * fieldCount
    stats[at + Field.allocatedCount]!++
    stats[at + Field.allocatedBytes]! += bytes
    stats[at + Field.liveCount]!++
    stats[at + Field.liveBytes]! += bytes
    this.allocatedCount++
    this.allocatedBytes += bytes
    this.heapCount++
    this.heapBytes += bytes
    this.histogram.add(bytes)
    this.#rememberLast(batch.thread[i]!, address)
    if (this.heapBytes > this.peakBytes) this.#newPeak()
    if (this.heapBytes > this.#timeline.highestBytes) this.#timeline.highestBytes = this.heapBytes
  }

  #newPeak(): void {
    this.peakBytes = this.heapBytes
    this.peakUs = this.lastUs
    if (this.#isAtPeak) return
    this.#isAtPeak = true
    this.#peakNumber++
  }

  #rememberLast(thread: number, address: number): void {
    if (thread >= this.#lastOfThread.length) {
      if (thread > 1_000_000) return
      const larger = new Float64Array(Math.max(thread + 1, this.#lastOfThread.length * 2))
      larger.set(this.#lastOfThread)
      this.#lastOfThread = larger
    }
    this.#lastOfThread[thread] = address
  }

  #free(address: number, thread: number, canBeTemporary: boolean): void {
    if (!this.#blocks.remove(address)) {
      this.unmatchedFreeCount++
      return
    }
    const site = this.#blocks.foundSite
    const bytes = this.#blocks.foundBytes
    this.#release(site, bytes)
    if (this.#lastOfThread[thread] !== address) return
    this.#lastOfThread[thread] = 0
    if (!canBeTemporary) return
    this.temporaryCount++
    const at = site * fieldCount
    this.sites.stats[at + Field.temporaryCount]!++
    this.sites.stats[at + Field.temporaryBytes]! += bytes
  }

  #release(site: number, bytes: number): void {
    this.#isAtPeak = false
    this.#savePeak(site)
    const at = site * fieldCount
    this.sites.stats[at + Field.liveCount]!--
    this.sites.stats[at + Field.liveBytes]! -= bytes
    this.freedCount++
    this.freedBytes += bytes
    this.heapCount--
    this.heapBytes -= bytes
  }

  /** The numbers at the last height of the heap are those before the first change after it. */
  #savePeak(site: number): void {
    const { savedForPeak, stats } = this.sites
    if (savedForPeak[site] === this.#peakNumber) return
    savedForPeak[site] = this.#peakNumber
    const at = site * fieldCount
    stats[at + Field.peakCount] = stats[at + Field.liveCount]!
    stats[at + Field.peakBytes] = stats[at + Field.liveBytes]!
  }

  /** Once, after the last event: what never changed after the peak was then as it is now. */
  finishPeak(): void {
    for (let site = 0; site < this.sites.count; site++) this.#savePeak(site)
  }

  #other(batch: EventBatch, i: number, op: number): void {
    const address = batch.address[i]!
    const bytes = batch.sizeBytes[i]!
    if (op === EventOp.map) {
      const site = this.sites.siteOf(batch.stack[i]!, batch.kind[i]!)
      this.#mappings.insert(address, bytes, site, this.slice, this.#unmapped)
      this.#hold(site, bytes)
      this.mappedBytes += bytes
    } else if (op === EventOp.unmap || op === EventOp.remapRelease) {
      this.#mappings.remove(address, bytes, this.#unmapped)
    } else {
      const kind = batch.kind[i]!
      const key = kind * resourceKeyScale + address
      const old = this.#resources.get(key)
      // A descriptor that is acquired again was closed unseen, or replaced by dup2.
      if (old !== undefined) this.#letGo(old.site, 0, true)
      this.#resources.delete(key)
      if (op !== EventOp.acquire) return
      const site = this.sites.siteOf(batch.stack[i]!, kind)
      this.#resources.set(key, { site, birth: this.slice })
      this.#hold(site, 0)
    }
  }

  readonly #unmapped: PieceReleased = (site, bytes, isLast) => {
    this.mappedBytes -= bytes
    this.#letGo(site, bytes, isLast)
  }

  /** A mapping or a resource. */
  #hold(site: number, bytes: number): void {
    if (!this.#isAtPeak) this.#savePeak(site)
    const at = site * fieldCount
    this.sites.stats[at + Field.allocatedCount]!++
    this.sites.stats[at + Field.allocatedBytes]! += bytes
    this.sites.stats[at + Field.liveCount]!++
    this.sites.stats[at + Field.liveBytes]! += bytes
  }

  #letGo(site: number, bytes: number, isLast: boolean): void {
    if (!this.#isAtPeak) this.#savePeak(site)
    const at = site * fieldCount
    if (isLast) this.sites.stats[at + Field.liveCount]!--
    this.sites.stats[at + Field.liveBytes]! -= bytes
  }

  /** Everything that is live, with the part of the life in which it came to be. */
  forEachLive(visit: (site: number, bytes: number, birth: number) => void): void {
    this.#blocks.forEach(visit)
    this.#mappings.forEach(visit)
    for (const { site, birth } of this.#resources.values()) visit(site, 0, birth)
  }
}
