import type { GrowthGroup } from '../contract/facts.js'
import type { TraceMeta } from '../trace/trace-meta.js'
import type { FrameSet } from './frame-set.js'
import { isJavaScript } from './group-table.js'

/** More would not be read; what is left out is the smallest shares. */
const callSitesMax = 10

/** JavaScript frames from a native group outwards, innermost first. */
interface Chain {
  frameIndexes: number[]
  /** True when the innermost frame may have others inlined into it, which the stack cannot show. */
  hidesCalls: boolean
  growth: number
  allocated: number
}

interface CallSite {
  frameIndexes: number[]
  weight: number
  heaviest: number
}

/**
 * The JavaScript that led to a group, with shares. Two stacks are one call site when they go through the same functions and
 * leave from the same line: in the outer functions the line may differ between tiers of the same code.
 *
 * Optimised code hides the functions inlined into it. But the same code ran unoptimised before, and those stacks of the
 * same group show what is called inside: where a hot function seems to call native code itself, its share goes to the calls
 * that were seen inside it, marked as inlined.
 */
export class CallSites {
  readonly #meta: TraceMeta
  readonly #frames: FrameSet
  readonly #chains = new Map<string, Chain>()

  constructor(meta: TraceMeta, frames: FrameSet) {
    this.#meta = meta
    this.#frames = frames
  }

  /** `node` is where the group ends. `allocated` is how much came this way in all, `growth` how much of it stayed. */
  add(node: number, growth: number, allocated: number): void {
    const chain = this.#chainFrom(node)
    const key = `${chain.hidesCalls}|${chain.frameIndexes.join(' ')}`
    const known = this.#chains.get(key) ?? chain
    known.growth += Math.max(0, growth)
    known.allocated += allocated
    this.#chains.set(key, known)
  }

  #chainFrom(start: number): Chain {
    const { parent, location } = this.#meta.stacks
    const frameIndexes: number[] = []
    let hidesCalls = false
    for (let node = start; node !== 0; node = parent[node]!) {
      const at = location[node]!
      for (const index of this.#frames.ofLocation[at]!) {
        if (!isJavaScript(this.#frames.frames[index]!)) continue
        if (frameIndexes.length === 0) hidesCalls = this.#frames.isOptimized[at]!
        frameIndexes.push(index)
      }
    }
    return { frameIndexes, hidesCalls, growth: 0, allocated: 0 }
  }

  finish(): GrowthGroup['callSites'] {
    const chains = [...this.#chains.values()]
    const total = chains.reduce((sum, chain) => sum + chain.growth, 0)
    const sites = new Map<string, CallSite>()
    for (const chain of chains) {
      if (chain.growth === 0 || chain.frameIndexes.length === 0) continue
      const inside = chain.hidesCalls ? this.#callsInside(chain, chains) : []
      if (inside.length === 0) this.#count(sites, chain.frameIndexes, chain.growth)
      const allocated = inside.reduce((sum, call) => sum + call.allocated, 0)
      for (const call of inside) {
        const calls = call.frameIndexes.map((index) => this.#frames.inlined(index))
        const weight = (chain.growth * call.allocated) / allocated
        this.#count(sites, [...calls, ...chain.frameIndexes], weight)
      }
    }
    return [...sites.values()]
      .sort((a, b) => b.weight - a.weight)
      .slice(0, callSitesMax)
      .map(({ frameIndexes, weight }) => ({ frameIndexes, share: weight / total }))
  }

  /** What was called inside the innermost function of a chain when that function was not optimised; `[]` if itself only. */
  #callsInside(chain: Chain, chains: Chain[]): { frameIndexes: number[]; allocated: number }[] {
    const outer = this.#functionOf(chain.frameIndexes[0]!)
    const calls: { frameIndexes: number[]; allocated: number }[] = []
    for (const { frameIndexes, hidesCalls, allocated } of chains) {
      const at = frameIndexes.findIndex((index) => this.#functionOf(index) === outer)
      if (at >= 0 && !hidesCalls) calls.push({ frameIndexes: frameIndexes.slice(0, at), allocated })
    }
    return calls
  }

  #functionOf(index: number): string {
    const frame = this.#frames.frames[index]!
    return `${frame.functionName}@${frame.file}`
  }

  #count(sites: Map<string, CallSite>, frameIndexes: number[], weight: number): void {
    const key = this.#key(frameIndexes)
    const known = sites.get(key)
    if (known === undefined) {
      sites.set(key, { frameIndexes, weight, heaviest: weight })
      return
    }
    known.weight += weight
    if (weight <= known.heaviest) return
    known.heaviest = weight
    known.frameIndexes = frameIndexes
  }

  #key(frameIndexes: number[]): string {
    const frames = frameIndexes.map((index) => this.#frames.frames[index]!)
    const innermostUser = frames.findIndex((frame) => frame.origin === 'user')
    return frameIndexes
      .map((index, i) => {
        const line = i === innermostUser ? frames[i]!.line : ''
        return `${this.#functionOf(index)}:${line}`
      })
      .join('<')
  }
}
