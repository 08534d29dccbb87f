/**
 * Where the load puts each latency: a count per thousandth of a power of two, in one block of memory. Recording makes no
 * object, and handing the counts over is one write: an HDR histogram's own encoding would stall the load for milliseconds.
 */
const bitsPerOctave = 10
const stepsPerOctave = 1 << bitsPerOctave
/** 2^41 ns, half an hour: what waits longer is counted there. */
const longestNs = 2 ** 41 - 1
const slotCount = (41 - bitsPerOctave + 1) * stepsPerOctave
/** Beyond 31 bits V8's integer operations do not reach. */
const coarseBits = 20

export class LatencyCounts {
  readonly slots = new Uint32Array(slotCount)
  total = 0
  sumNs = 0
  maxNs = 0

  record(ns: number): void {
    this.recordMany(ns, 1)
  }

  recordMany(ns: number, count: number): void {
    const value = ns > longestNs ? longestNs : ns > 0 ? Math.floor(ns) : 0
    this.slots[slotOf(value)]! += count
    this.total += count
    this.sumNs += value * count
    if (value > this.maxNs) this.maxNs = value
  }

  reset(): void {
    this.slots.fill(0)
    this.total = 0
    this.sumNs = 0
    this.maxNs = 0
  }
}

function slotOf(ns: number): number {
  if (ns < 2 * stepsPerOctave) return ns
  if (ns < 2 ** 31) {
    const shift = 31 - Math.clz32(ns) - bitsPerOctave
    return (shift << bitsPerOctave) + (ns >>> shift)
  }
  const coarse = Math.floor(ns / 2 ** coarseBits)
  const shift = 31 - Math.clz32(coarse) - bitsPerOctave
  return ((shift + coarseBits) << bitsPerOctave) + (coarse >>> shift)
}

/** The middle of what a slot counts. */
export function slotValueNs(slot: number): number {
  if (slot < 2 * stepsPerOctave) return slot
  const shift = (slot >>> bitsPerOctave) - 1
  const width = 2 ** shift
  return ((slot & (stepsPerOctave - 1)) + stepsPerOctave) * width + Math.floor(width / 2)
}
