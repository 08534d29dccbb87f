import type { CpuCost, CpuProfile, CpuThread, SampleState } from '../contract/cpu-profile.js'
import type { Frame } from '../contract/frame.js'

export interface ProfileSample {
  /** Indexes into the builder's frames, from the root inwards. */
  stack: readonly number[]
  thread: number
  state: SampleState
  ns: number
  /** From the start of the profile; absent where the source has no times. */
  timeNs?: number
}

/** Puts a profile together sample by sample: frames and stacks once each. */
export class ProfileBuilder {
  readonly frames: Frame[] = []
  readonly threads: CpuThread[] = []
  readonly #tree = { parentIndex: [0], frameIndex: [-1] }
  readonly #costs: CpuCost[] = []
  readonly #frameIndexes = new Map<string, number>()
  readonly #edges = new Map<string, number>()
  readonly #costIndexes = new Map<string, number>()
  readonly #timeline: { timeNs: number; cost: number }[] = []

  /** `key` stands for the frame: the same key, the same frame. */
  frame(key: string, make: () => Frame): number {
    let index = this.#frameIndexes.get(key)
    if (index === undefined) {
      index = this.frames.push(make()) - 1
      this.#frameIndexes.set(key, index)
    }
    return index
  }

  thread(thread: Pick<CpuThread, 'tid' | 'name' | 'role'>): number {
    return this.threads.push({ ...thread, sampleCount: 0, cpuNs: 0, wallNs: 0 }) - 1
  }

  add({ stack, thread, state, ns, timeNs }: ProfileSample): void {
    let node = 0
    for (const frame of stack) node = this.#child(node, frame)
    const key = `${node} ${thread} ${state}`
    let index = this.#costIndexes.get(key)
    if (index === undefined) {
      index = this.#costs.push({ treeIndex: node, thread, state, sampleCount: 0, ns: 0 }) - 1
      this.#costIndexes.set(key, index)
    }
    const cost = this.#costs[index]!
    cost.sampleCount++
    cost.ns += ns
    const of = this.threads[thread]!
    of.sampleCount++
    if (state !== 'idle' && state !== 'runnable') of.cpuNs += ns
    of.wallNs += ns
    if (timeNs !== undefined) this.#timeline.push({ timeNs, cost: index })
  }

  build(head: Omit<CpuProfile, 'frames' | 'tree' | 'threads' | 'costs' | 'timeline'>): CpuProfile {
    const ordered = this.#timeline.sort((a, b) => a.timeNs - b.timeNs)
    return {
      ...head,
      frames: this.frames,
      tree: this.#tree,
      threads: this.threads,
      costs: this.#costs,
      ...(ordered.length > 0 && {
        timeline: {
          timeNs: ordered.map(({ timeNs }) => timeNs),
          costIndex: ordered.map(({ cost }) => cost),
        },
      }),
    }
  }

  #child(node: number, frame: number): number {
    const key = `${node} ${frame}`
    let child = this.#edges.get(key)
    if (child === undefined) {
      child = this.#tree.parentIndex.push(node) - 1
      this.#tree.frameIndex.push(frame)
      this.#edges.set(key, child)
    }
    return child
  }
}
