import type { ViewTree } from './view-tree.js'

export interface TopFrame {
  key: number
  self: number
  /** Recursion counted once. */
  total: number
}

/** Self and total of each key: the picture as a list, for those who do not see it. */
export function topFrames(tree: ViewTree): TopFrame[] {
  const rows = new Map<number, TopFrame>()
  const open: number[] = []
  const openCount = new Int32Array(tree.keys.label.length)
  const inner = new Float64Array(tree.size)
  for (let node = 1; node < tree.size; node++) {
    const parent = tree.parent[node]!
    inner[parent] = inner[parent]! + tree.value[node]!
  }
  for (let node = 1; node < tree.size; node++) {
    while (open.length > 0 && node >= open.at(-1)! + tree.subtree[open.at(-1)!]!)
      openCount[tree.key[open.pop()!]!]!--
    const key = tree.key[node]!
    let row = rows.get(key)
    if (row === undefined) {
      row = { key, self: 0, total: 0 }
      rows.set(key, row)
    }
    if (openCount[key] === 0) row.total += tree.value[node]!
    if (tree.isInverted) row.self += tree.depth[node] === 1 ? tree.value[node]! : 0
    else row.self += Math.max(0, tree.value[node]! - inner[node]!)
    openCount[key]!++
    open.push(node)
  }
  return [...rows.values()].sort((a, b) => b.self - a.self || b.total - a.total)
}
