import type { Frame } from '../contract/frame.js'
import type { TraceSymbols } from '../contract/symbols.js'
import type { TraceLocation } from '../trace/trace-location.js'

const unknownFrame: Frame = {
  functionName: 'unknown',
  kind: 'unknown',
  origin: 'unknown',
  isNamed: false,
}

/**
 * The distinct frames of a process. Two addresses in one line of one function are one frame, and so is a JavaScript
 * function in all its tiers: else one hot function would stand in every flame graph four times.
 */
export class FrameSet {
  readonly frames: Frame[] = []
  /** For each location, indexes into `frames`, innermost first; never empty. */
  readonly ofLocation: Uint32Array[]

  constructor(symbols: TraceSymbols, locations: readonly TraceLocation[]) {
    const byKey = new Map<string, number>()
    const intern = (frame: Frame): number => {
      const key = frameKey(frame)
      const known = byKey.get(key)
      if (known === undefined) {
        byKey.set(key, this.frames.length)
        return this.frames.push(frame) - 1
      }
      const { tier, ...rest } = this.frames[known]!
      if (tier !== frame.tier) this.frames[known] = rest
      return known
    }
    const interned = symbols.frames.map(intern)
    this.ofLocation = locations.map((_, location) => {
      const indexes = symbols.locationFrames[location] ?? []
      const known = indexes.flatMap((index) => interned[index] ?? [])
      return Uint32Array.from(known.length > 0 ? known : [intern(unknownFrame)])
    })
  }
}

function frameKey(frame: Frame): string {
  const { functionName, kind, origin, modulePath, file, line, column, isInlined } = frame
  return [functionName, kind, origin, modulePath, file, line, column, isInlined].join('\0')
}
