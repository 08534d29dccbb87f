/** Two sets of stacks become one tree: frames of the same name are one frame. Where both sides have it, the later one's place. */
import type { Frame } from '../../contract/frame.js'
import { EdgeTable } from '../call-tree/edge-table.js'
import { frameName } from '../frame-text.js'

export interface StackSet {
  frames: readonly Frame[]
  tree: { parentIndex: readonly number[]; frameIndex: readonly number[] }
}

/** A path differs by install and a line by edit; the file's own name and the function do not. */
function diffKey(frame: Frame): string {
  const file = frame.file ?? ''
  const short = file.startsWith('node:') ? file : file.slice(file.lastIndexOf('/') + 1)
  return JSON.stringify([frameName(frame), frame.moduleName ?? '', short, frame.kind])
}

export class StackMerger {
  readonly frames: Frame[] = []
  readonly #edges = new EdgeTable()
  readonly #indexes = new Map<string, number>()

  /** Maps nodes of one side to nodes of the merged tree. */
  add({ frames, tree }: StackSet): (treeIndex: number) => number {
    const frameOf = frames.map((frame) => this.#frameIndex(frame))
    const nodeOf = new Int32Array(tree.parentIndex.length).fill(-1)
    nodeOf[0] = 0
    return (treeIndex) => {
      const path: number[] = []
      let at = treeIndex
      while (nodeOf[at] === -1) {
        path.push(at)
        at = tree.parentIndex[at] ?? 0
      }
      let node = nodeOf[at] ?? 0
      for (const step of path.reverse()) {
        node = this.#edges.child(node, frameOf[tree.frameIndex[step] ?? -1] ?? -1)
        nodeOf[step] = node
      }
      return node
    }
  }

  get tree(): { parentIndex: number[]; frameIndex: number[] } {
    const { parent, key, size } = this.#edges
    return {
      parentIndex: Array.from(parent.subarray(0, size), (one) => Math.max(0, one)),
      frameIndex: Array.from(key.subarray(0, size)),
    }
  }

  #frameIndex(frame: Frame): number {
    const key = diffKey(frame)
    const known = this.#indexes.get(key)
    if (known !== undefined) {
      this.frames[known] = frame
      return known
    }
    const index = this.frames.push(frame) - 1
    this.#indexes.set(key, index)
    return index
  }
}
