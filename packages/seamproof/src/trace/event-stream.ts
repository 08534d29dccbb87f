import type { ChunkRef } from './chunk-index.js'
import { EventBatch, eventBatchLength } from './event-batch.js'
import { EventDecoder } from './event-decoder.js'
import type { TraceFile } from './trace-file.js'

/** A binary heap of decoders by their next sequence number. */
class DecoderHeap {
  readonly #heap: EventDecoder[] = []

  get size(): number {
    return this.#heap.length
  }

  get top(): EventDecoder | undefined {
    return this.#heap[0]
  }

  /** What the top may go up to before another decoder is due. */
  get secondSeq(): number {
    const left = this.#heap[1]?.nextSeq ?? Number.POSITIVE_INFINITY
    const right = this.#heap[2]?.nextSeq ?? Number.POSITIVE_INFINITY
    return Math.min(left, right)
  }

  push(decoder: EventDecoder): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(decoder)
    while (at > 0) {
      const above = (at - 1) >>> 1
      if (heap[above]!.nextSeq <= decoder.nextSeq) break
      heap[at] = heap[above]!
      at = above
    }
    heap[at] = decoder
  }

  /** Puts the top where it belongs after its number rose; drops it when it has no more events. */
  settleTop(): void {
    const heap = this.#heap
    let moved = heap[0]!
    if (moved.nextSeq === Number.POSITIVE_INFINITY) {
      const last = heap.pop()!
      if (heap.length === 0) return
      moved = last
    }
    let at = 0
    for (;;) {
      let below = at * 2 + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && heap[below + 1]!.nextSeq < heap[below]!.nextSeq) below++
      if (heap[below]!.nextSeq >= moved.nextSeq) break
      heap[at] = heap[below]!
      at = below
    }
    heap[at] = moved
  }
}

function chunksByThread(chunks: ChunkRef[]): ChunkRef[][] {
  const threads: ChunkRef[][] = []
  for (const chunk of chunks) {
    const current = threads[threads.length - 1]
    if (current?.[0]?.owner === chunk.owner) current.push(chunk)
    else threads.push([chunk])
  }
  return threads
}

/**
 * All events in the order of the process: a merge over the threads by sequence number. One chunk per thread is in memory.
 * The same batch is given out every time.
 */
export function* readEventBatches(file: TraceFile, nodeCount: number): Generator<EventBatch> {
  const heap = new DecoderHeap()
  for (const chunks of chunksByThread(file.index.events))
    heap.push(new EventDecoder(file, chunks, nodeCount))
  const batch = new EventBatch()
  for (let top = heap.top; top !== undefined; top = heap.top) {
    top.fill(batch, heap.secondSeq)
    heap.settleTop()
    if (batch.length < eventBatchLength) continue
    yield batch
    batch.length = 0
  }
  if (batch.length > 0) yield batch
}
