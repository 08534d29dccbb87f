import type { EventBatch } from '../trace/event-batch.js'
import { EventOp } from '../trace/event-batch.js'
import { LiveBlocks } from '../trace/live-blocks.js'
import { LiveMappings, type PieceReleased } from '../trace/live-mappings.js'
import { Field, fieldCount, type SiteTable } from './site-table.js'
import { SizeHistogram } from './size-histogram.js'
import type { TimelineRecorder } from './timeline-recorder.js'

// V8 folds constants of this module into the hot loop, but reads imported ones anew each time.
const { allocate, free, reallocRelease, map, unmap, remapRelease, acquire } = EventOp
const { allocatedCount, allocatedBytes, liveCount, liveBytes } = Field
const { savedForPeak, peakCount, temporaryCount, temporaryBytes } = Field
const stride = fieldCount

/** Ids of resources of different kinds apart in one map. */
const resourceKeyScale = 2 ** 40

/** Threads above this index have no last block: a damaged index must not cost memory. */
const threadIndexMax = 1_000_000

/**
 * Keeps the books of one process, event by event: what each site allocated and holds, and what the heap as a whole does.
 * "Heap" means blocks of the malloc family; mappings and resources are counted at their sites but not in the heap.
 */
export class EventLedger {
  eventCount = 0
  unmatchedFreeCount = 0
  /** Allocations where another block was still live: its release was not seen. */
  overwrittenCount = 0
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

  /**
   * Applies the events from `from` to before `to`. Every event comes through here, so what changes with each is kept in
   * local variables, and no double is handed to another function: V8 would allocate it.
   */
  apply(batch: EventBatch, from: number, to: number): void {
    const { op, address, sizeBytes, thread } = batch
    const { sites } = this
    const blocks = this.#blocks
    let { heapBytes, heapCount } = this
    let highestBytes = this.#timeline.highestBytes
    let { stats } = sites
    for (let i = from; i < to; i++) {
      if (batch.timeUs[i]! > this.lastUs) {
        this.heapBytes = heapBytes
        this.#timeline.highestBytes = highestBytes
        this.#tick(batch.timeUs[i]!)
        highestBytes = this.#timeline.highestBytes
      }
      const code = op[i]!
      if (code > reallocRelease) {
        this.#other(batch, i, code)
        stats = sites.stats
        continue
      }
      const place = address[i]!
      const low = place | 0
      const high = (place / 2 ** 32) | 0
      const isAllocation = code === allocate
      let site = 0
      if (isAllocation) {
        site = sites.siteOf(batch.stack[i]!, batch.kind[i]!)
        stats = sites.stats
      }
      const bytes = sizeBytes[i]!
      const isGone = isAllocation
        ? blocks.insert(low, high, site, bytes, this.slice)
        : blocks.remove(low, high)
      if (isGone) {
        this.#isAtPeak = false
        const at = blocks.foundSite * stride
        if (stats[at + savedForPeak] !== this.#peakNumber) this.#savePeak(blocks.foundSite)
        stats[at + liveCount]!--
        stats[at + liveBytes]! -= blocks.foundBytes
        heapBytes -= blocks.foundBytes
        heapCount--
      }
      if (!isAllocation) {
        if (!isGone) this.unmatchedFreeCount++
        else if (this.#lastOfThread[thread[i]!] === place) this.#freeLast(thread[i]!, code)
        continue
      }
      if (isGone) this.overwrittenCount++
      const at = site * stride
      if (!this.#isAtPeak && stats[at + savedForPeak] !== this.#peakNumber) this.#savePeak(site)
      stats[at + allocatedCount]!++
      stats[at + allocatedBytes]! += bytes
      stats[at + liveCount]!++
      stats[at + liveBytes]! += bytes
      heapBytes += bytes
      heapCount++
      this.histogram.add(bytes)
      if (thread[i]! >= this.#lastOfThread.length) this.#makeRoomFor(thread[i]!)
      this.#lastOfThread[thread[i]!] = place
      if (heapBytes > highestBytes) {
        highestBytes = heapBytes
        if (heapBytes > this.peakBytes) {
          this.peakBytes = heapBytes
          this.#reachPeak()
        }
      }
    }
    this.eventCount += to - from
    this.heapBytes = heapBytes
    this.heapCount = heapCount
    this.#timeline.highestBytes = highestBytes
  }

  #tick(timeUs: number): void {
    this.lastUs = timeUs
    if (timeUs >= this.#timeline.stretchEndUs) this.#timeline.advance(timeUs, this.heapBytes)
  }

  #reachPeak(): void {
    this.peakUs = this.lastUs
    if (this.#isAtPeak) return
    this.#isAtPeak = true
    this.#peakNumber++
  }

  #makeRoomFor(thread: number): void {
    if (thread > threadIndexMax) return
    const larger = new Float64Array(Math.max(thread + 1, this.#lastOfThread.length * 2))
    larger.set(this.#lastOfThread)
    this.#lastOfThread = larger
  }

  /** The block that a thread allocated last, given back by it: temporary, unless a realloc moves it. */
  #freeLast(thread: number, code: number): void {
    this.#lastOfThread[thread] = 0
    if (code !== free) return
    const at = this.#blocks.foundSite * stride
    this.sites.stats[at + temporaryCount]!++
    this.sites.stats[at + temporaryBytes]! += this.#blocks.foundBytes
  }

  /** The numbers at the last height of the heap are those before the first change after it. */
  #savePeak(site: number): void {
    const { stats, peakBytes } = this.sites
    const at = site * stride
    if (stats[at + savedForPeak] === this.#peakNumber) return
    stats[at + savedForPeak] = this.#peakNumber
    stats[at + peakCount] = stats[at + liveCount]!
    peakBytes[site] = stats[at + liveBytes]!
  }

  /** Once, after the last event: what never changed after the peak was then as it is now. */
  finishPeak(): void {
    for (let site = 0; site < this.sites.count; site++) this.#savePeak(site)
  }

  #other(batch: EventBatch, i: number, op: number): void {
    const address = batch.address[i]!
    const bytes = batch.sizeBytes[i]!
    if (op === map) {
      const site = this.sites.siteOf(batch.stack[i]!, batch.kind[i]!)
      this.#mappings.insert(address, bytes, site, this.slice, this.#unmapped)
      this.#hold(site, bytes)
      this.mappedBytes += bytes
    } else if (op === unmap || op === remapRelease) {
      this.#mappings.remove(address, bytes, this.#unmapped)
    } else {
      const kind = batch.kind[i]!
      const key = kind * resourceKeyScale + address
      const old = this.#resources.get(key)
      // A descriptor that is acquired again was closed unseen, or replaced by dup2.
      if (old !== undefined) this.#letGo(old.site, 0, true)
      this.#resources.delete(key)
      if (op !== acquire) return
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
    const at = site * stride
    this.sites.stats[at + allocatedCount]!++
    this.sites.stats[at + allocatedBytes]! += bytes
    this.sites.stats[at + liveCount]!++
    this.sites.stats[at + liveBytes]! += bytes
  }

  #letGo(site: number, bytes: number, isLast: boolean): void {
    if (!this.#isAtPeak) this.#savePeak(site)
    const at = site * stride
    if (isLast) this.sites.stats[at + liveCount]!--
    this.sites.stats[at + liveBytes]! -= bytes
  }

  /** Everything that is live, with the part of the life in which it came to be. */
  forEachLive(visit: (site: number, bytes: number, birth: number) => void): void {
    this.#blocks.forEach(visit)
    this.#mappings.forEach(visit)
    for (const { site, birth } of this.#resources.values()) visit(site, 0, birth)
  }
}
