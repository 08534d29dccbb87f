import { NodeFlag } from './trace-format.js'

/**
 * All stacks of a process as one tree of return addresses. A stack is the id of its innermost frame's node; id 0 is the
 * root and no frame. A node's parent (the next outer frame) always has a smaller id.
 */
export class StackTree {
  /** Ids run from 1 to `nodeCount`. */
  nodeCount = 0
  parent = new Uint32Array(1024)
  /** Index into `TraceMeta.locations`. */
  location = new Uint32Array(1024)
  /** See `NodeFlag`. */
  flags = new Uint8Array(1024)

  /** `unknownLocation` stands for nodes whose records were lost. */
  add(id: number, parent: number, location: number, flags: number, unknownLocation: number): void {
    this.#reserve(id + 1)
    for (let lost = this.nodeCount + 1; lost < id; lost++) {
      this.location[lost] = unknownLocation
      this.flags[lost] = NodeFlag.missing
    }
    this.parent[id] = parent
    this.location[id] = location
    this.flags[id] = flags
    if (id > this.nodeCount) this.nodeCount = id
  }

  #reserve(length: number): void {
    if (length <= this.parent.length) return
    const capacity = Math.max(length, this.parent.length * 2)
    this.parent = grown(this.parent, new Uint32Array(capacity))
    this.location = grown(this.location, new Uint32Array(capacity))
    this.flags = grown(this.flags, new Uint8Array(capacity))
  }
}

function grown<T extends Uint32Array | Uint8Array>(from: T, into: T): T {
  into.set(from)
  return into
}
