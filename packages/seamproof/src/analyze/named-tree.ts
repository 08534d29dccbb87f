import type { StackTree } from '../trace/stack-tree.js'
import type { FrameSet } from './frame-set.js'

/** Stacks of addresses merged into stacks of named frames: a prefix tree from the root (index 0) inwards. */
export class NamedTree {
  readonly parentIndex: number[] = [-1]
  readonly frameIndex: number[] = [-1]
  readonly #stacks: StackTree
  readonly #frames: FrameSet
  /** Tree index of each stack plus 1, or 0. */
  readonly #treeOf: Uint32Array
  readonly #children = new Map<number, number>()

  constructor(stacks: StackTree, frames: FrameSet) {
    this.#stacks = stacks
    this.#frames = frames
    this.#treeOf = new Uint32Array(stacks.nodeCount + 1)
    this.#treeOf[0] = 1
  }

  /** Where a stack ends in the tree; makes what is missing. */
  indexOf(stack: number): number {
    const path: number[] = []
    let node = stack
    while (this.#treeOf[node] === 0) {
      path.push(node)
      node = this.#stacks.parent[node]!
    }
    let at = this.#treeOf[node]! - 1
    for (let i = path.length - 1; i >= 0; i--) {
      const frames = this.#frames.ofLocation[this.#stacks.location[path[i]!]!]!
      for (let inner = frames.length - 1; inner >= 0; inner--) at = this.#child(at, frames[inner]!)
      this.#treeOf[path[i]!] = at + 1
    }
    return at
  }

  #child(parent: number, frame: number): number {
    const key = parent * this.#frames.frames.length + frame
    const known = this.#children.get(key)
    if (known !== undefined) return known
    const index = this.parentIndex.length
    this.parentIndex.push(parent)
    this.frameIndex.push(frame)
    this.#children.set(key, index)
    return index
  }
}
