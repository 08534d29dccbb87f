import type { GrowthGroup } from '../contract/facts.js'
import type { TraceMeta } from '../trace/trace-meta.js'
import type { FrameSet } from './frame-set.js'
import { isJavaScript } from './group-table.js'

/** More would not be read; what is left out is the smallest shares. */
const callSitesMax = 10

interface CallSite {
  frameIndexes: number[]
  weight: number
  heaviest: number
}

/**
 * The JavaScript that led to a group, with shares. Two stacks are one call site when they go through the same functions and
 * leave from the same line: in the outer functions the line may differ between tiers of the same code.
 */
export class CallSites {
  readonly #meta: TraceMeta
  readonly #frames: FrameSet
  readonly #sites = new Map<string, CallSite>()
  #weight = 0

  constructor(meta: TraceMeta, frames: FrameSet) {
    this.#meta = meta
    this.#frames = frames
  }

  /** `node` is where the group ends; JavaScript from there outwards counts. */
  add(node: number, weight: number): void {
    if (weight <= 0) return
    this.#weight += weight
    const frameIndexes = this.#javaScriptFrom(node)
    if (frameIndexes.length === 0) return
    const key = this.#key(frameIndexes)
    const known = this.#sites.get(key)
    if (known === undefined) {
      this.#sites.set(key, { frameIndexes, weight, heaviest: weight })
      return
    }
    known.weight += weight
    if (weight <= known.heaviest) return
    known.heaviest = weight
    known.frameIndexes = frameIndexes
  }

  #javaScriptFrom(start: number): number[] {
    const { parent, location } = this.#meta.stacks
    const found: number[] = []
    for (let node = start; node !== 0; node = parent[node]!)
      for (const index of this.#frames.ofLocation[location[node]!]!)
        if (isJavaScript(this.#frames.frames[index]!)) found.push(index)
    return found
  }

  #key(frameIndexes: number[]): string {
    const frames = frameIndexes.map((index) => this.#frames.frames[index]!)
    const innermostUser = frames.findIndex((frame) => frame.origin === 'user')
    return frames
      .map((frame, index) => {
        const line = index === innermostUser ? frame.line : ''
        return `${frame.functionName}@${frame.file}:${line}`
      })
      .join('<')
  }

  finish(): GrowthGroup['callSites'] {
    return [...this.#sites.values()]
      .sort((a, b) => b.weight - a.weight)
      .slice(0, callSitesMax)
      .map(({ frameIndexes, weight }) => ({ frameIndexes, share: weight / this.#weight }))
  }
}
