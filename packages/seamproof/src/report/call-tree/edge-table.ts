/** (parent, key) → child, as open addressing over typed arrays: a Map with a string or float key is five times slower here. */
export class EdgeTable {
  parent = new Int32Array(1024)
  key = new Int32Array(1024)
  /** Nodes made so far; node 0 is the root. */
  size = 1
  private slots = new Int32Array(4096)

  constructor() {
    this.parent[0] = -1
    this.key[0] = -1
  }

  /** The child of `parent` for `key`, made when new. Children are numbered after their parents. */
  child(parent: number, key: number): number {
    let slot = this.slotOf(parent, key)
    for (let node = this.slots[slot]!; node !== 0; node = this.slots[slot]!) {
      if (this.parent[node] === parent && this.key[node] === key) return node
      slot = (slot + 1) & (this.slots.length - 1)
    }
    const node = this.size++
    if (node >= this.parent.length) this.growNodes()
    this.parent[node] = parent
    this.key[node] = key
    this.slots[slot] = node
    if (this.size * 2 > this.slots.length) this.growSlots()
    return node
  }

  private slotOf(parent: number, key: number): number {
    const mixed = Math.imul(parent, 0x9e3779b1) ^ Math.imul(key + 1, 0x85ebca6b)
    return (mixed ^ (mixed >>> 15)) & (this.slots.length - 1)
  }

  private growNodes(): void {
    const grow = (old: Int32Array) => {
      const wider = new Int32Array(old.length * 2)
      wider.set(old)
      return wider
    }
    this.parent = grow(this.parent)
    this.key = grow(this.key)
  }

  private growSlots(): void {
    this.slots = new Int32Array(this.slots.length * 2)
    for (let node = 1; node < this.size; node++) {
      let slot = this.slotOf(this.parent[node]!, this.key[node]!)
      while (this.slots[slot] !== 0) slot = (slot + 1) & (this.slots.length - 1)
      this.slots[slot] = node
    }
  }
}
