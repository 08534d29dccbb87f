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
  /** For each location, whether it is in code into which V8 may have inlined other functions. */
  readonly isOptimized: boolean[]
  readonly #byKey = new Map<string, number>()

  constructor(symbols: TraceSymbols, locations: readonly TraceLocation[]) {
    const interned = symbols.frames.map((frame) => this.#intern(frame))
    this.ofLocation = locations.map((_, location) => {
      const indexes = symbols.locationFrames[location] ?? []
      const known = indexes.flatMap((index) => interned[index] ?? [])
      return Uint32Array.from(known.length > 0 ? known : [this.#intern(unknownFrame)])
    })
    this.isOptimized = locations.map((_, location) =>
      (symbols.locationFrames[location] ?? []).some((index) => {
        const tier = symbols.frames[index]?.tier
        return tier === 'optimized' || tier === 'maglev'
      }),
    )
  }

  /** The same frame, said to be inlined into the next outer one. */
  inlined(index: number): number {
    const { tier: _, ...frame } = this.frames[index]!
    return this.#intern({ ...frame, isInlined: true })
  }

  #intern(frame: Frame): number {
    const key = frameKey(frame)
    const known = this.#byKey.get(key)
    if (known === undefined) {
      this.#byKey.set(key, this.frames.length)
      return this.frames.push(frame) - 1
    }
    const { tier, ...rest } = this.frames[known]!
    if (tier !== frame.tier) this.frames[known] = rest
    return known
  }
}

function frameKey(frame: Frame): string {
  const { functionName, kind, origin, modulePath, file, line, column, isInlined } = frame
  return [functionName, kind, origin, modulePath, file, line, column, isInlined].join('\0')
}
