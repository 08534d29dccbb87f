/** Constants of docs/TRACE_FORMAT.md. Change that page, the agent's wire.c and this file together. */
export const traceMagic = 'SEAMTRC1'
export const traceFormatVersion = 1
export const pageBytes = 4096
export const fileHeaderBytes = 4096
/** The part of the file header that holds fields; the rest of its page is padding. */
export const fileHeaderUsedBytes = 256
export const chunkHeaderBytes = 32
/** "CHNK" read as a little-endian u32. */
export const chunkMagic = 0x4b4e4843
/** A length above this cannot come from the agent: it is damage, and nothing of that size is ever allocated. */
export const chunkCapacityBytesMax = 64 * 1024 * 1024

export const ChunkType = { meta: 1, events: 2, passing: 3 } as const

export const MetaType = {
  process: 1,
  module: 2,
  moduleGone: 3,
  code: 4,
  node: 5,
  mark: 6,
  thread: 7,
  threadEnd: 8,
  gc: 9,
  sample: 10,
  snapshot: 11,
  snapshotStack: 12,
  snapshotEnd: 13,
  jsHeap: 14,
  fork: 15,
  codeLines: 16,
  note: 17,
  layer: 18,
  finding: 19,
  findingRepeated: 20,
  crossings: 21,
  layerLive: 22,
  layerNode: 30,
  cpuSampler: 23,
  cpuThread: 24,
  cpuSamples: 25,
  point: 31,
  injected: 32,
  stress: 33,
  layerAddon: 34,
} as const

export const NodeFlag = {
  /** The walk was cut at the depth limit: the outer frames are not known. */
  cut: 1,
  /** The walk ended early here. */
  endedEarly: 2,
  foreignStack: 4,
  hasBytecodeOffset: 8,
  /** Frames between this one and its caller were left out, for the stack was too deep. */
  gap: 16,
  /** Set by the reader: the node's record was lost with a damaged chunk. */
  missing: 128,
} as const

/** Allocation kinds as numbers; resources follow as 16 + class. */
export const KindCode = {
  malloc: 1,
  calloc: 2,
  realloc: 3,
  aligned: 4,
  mmap: 5,
  fd: 17,
  thread: 18,
  child: 19,
} as const
export const resourceKindBase = 16

export const TraceState = { open: 0, closed: 1, diskFull: 2, fileLimit: 3, exec: 4 } as const

export const Token = {
  end: 0x00,
  alloc: 0x01,
  free: 0x02,
  time: 0x03,
  gap: 0x04,
  realloc: 0x05,
  allocOdd: 0x06,
  freeOdd: 0x07,
  map: 0x08,
  unmap: 0x09,
  remap: 0x0a,
  acquire: 0x0b,
  release: 0x0c,
  reallocOdd: 0x0d,
  gapShort: 0x20,
  freeRecent: 0x40,
  siteSame: 0x80,
  siteSize: 0xc0,
} as const
