/** What an event does. A realloc is `reallocRelease` and, later in the order, `allocate`; a remap `remapRelease` and `map`. */
export const EventOp = {
  allocate: 1,
  free: 2,
  reallocRelease: 3,
  map: 4,
  unmap: 5,
  remapRelease: 6,
  acquire: 7,
  release: 8,
} as const

export const eventBatchLength = 8192

/**
 * Events in the order of the whole process, as parallel arrays: no object per event. The same batch is filled again and
 * again: read it before asking for the next.
 */
export class EventBatch {
  length = 0
  readonly op = new Uint8Array(eventBatchLength)
  /** See `KindCode`; set for allocate, map, acquire and release. */
  readonly kind = new Uint8Array(eventBatchLength)
  readonly thread = new Uint32Array(eventBatchLength)
  /** Node of `TraceMeta.stacks`, 0 when it is not known; set for allocate, map and acquire. */
  readonly stack = new Uint32Array(eventBatchLength)
  /** Bytes asked for; mapped or unmapped length. */
  readonly sizeBytes = new Float64Array(eventBatchLength)
  /** In bytes; the descriptor, tid or pid for acquire and release. */
  readonly address = new Float64Array(eventBatchLength)
  readonly seq = new Float64Array(eventBatchLength)
  readonly timeUs = new Float64Array(eventBatchLength)
}
