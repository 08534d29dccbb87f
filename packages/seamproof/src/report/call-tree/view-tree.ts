/** From stacks and one metric to the tree that is drawn: merged by key, folded, maybe upside down, widest child first. */
import type { MetricColumns, ResourceColumns } from '../flamegraph/flamegraph-document.js'
import { EdgeTable } from './edge-table.js'
import type { KeyTable } from './frame-keys.js'
import { otherUnit, type ProcessData, type Unit } from './process-data.js'

/** Nodes in depth-first order: the subtree of n is n … n + subtree[n] − 1. Node 0 is the root. */
export interface ViewTree {
  size: number
  keys: KeyTable
  parent: Int32Array
  key: Int32Array
  depth: Uint16Array
  subtree: Int32Array
  value: Float64Array
  /** The same stacks in the other unit: blocks beside bytes, samples beside time. */
  otherValue: Float64Array
  /** Left edge, in units of value. */
  start: Float64Array
  /** After minus before, in a diff. */
  delta: Float64Array | undefined
  /** Nodes of depth d, left to right: rowNodes[rowStart[d]] … rowNodes[rowStart[d + 1] − 1]. */
  rowStart: Int32Array
  rowNodes: Int32Array
  rowCount: number
  /** Cost row → the node where its stack ends; -1 when it has no value. */
  nodeOfRow: Int32Array
  isInverted: boolean
}

export interface ViewRequest {
  data: ProcessData
  keys: KeyTable
  columns: ResourceColumns | undefined
  metric: MetricColumns | undefined
  unit: Unit
  isInverted: boolean
}

interface RawTree {
  edges: EdgeTable
  nodeOfRow: Int32Array
  self: Float64Array
  other: Float64Array
  delta: Float64Array | undefined
}

/** Without the frames that are hidden at the innermost end, unless nothing else is there. */
function shownLeaf(data: ProcessData, keys: KeyTable, node: number): number {
  let at = node
  while (at > 0 && keys.isHiddenLeaf[data.frame[at]!] === 1) at = data.parent[at]!
  return at > 0 ? at : node
}

/** Root to leaf: each tree node is mapped once. */
function topDownMapper(data: ProcessData, keys: KeyTable, edges: EdgeTable) {
  const mapped = new Int32Array(data.parent.length).fill(-1)
  mapped[0] = 0
  const path: number[] = []
  return (node: number): number => {
    let at = node
    while (mapped[at] === -1) {
      path.push(at)
      at = data.parent[at]!
    }
    let view = mapped[at]!
    for (let step = path.pop(); step !== undefined; step = path.pop()) {
      const key = keys.keyOf[data.frame[step]!]!
      const isSame = keys.isCollapsed[key] === 1 && edges.key[view] === key
      if (!isSame) view = edges.child(view, key)
      mapped[step] = view
    }
    return view
  }
}

/** Leaf to root: who called it. */
function invertedMapper(data: ProcessData, keys: KeyTable, edges: EdgeTable) {
  return (node: number): number => {
    let view = 0
    for (let at = node; at > 0; at = data.parent[at]!) {
      const key = keys.keyOf[data.frame[at]!]!
      if (keys.isCollapsed[key] === 1 && edges.key[view] === key) continue
      view = edges.child(view, key)
    }
    return view
  }
}

function mergeStacks({ data, keys, columns, metric, unit, isInverted }: ViewRequest): RawTree {
  const edges = new EdgeTable()
  const rows = columns?.node ?? []
  const values = metric?.[unit] ?? []
  const otherValues = metric?.[otherUnit[unit]] ?? []
  const before = columns?.metrics.find(({ metric: name }) => name === 'before')?.[unit]
  const after = columns?.metrics.find(({ metric: name }) => name === 'after')?.[unit]
  const isDiff = columns?.metrics.some(({ metric: name }) => name === 'after') ?? false
  const isSigned = metric?.metric === 'change' || metric?.metric === 'share-change'
  const nodeOfRow = new Int32Array(rows.length).fill(-1)
  const map = (isInverted ? invertedMapper : topDownMapper)(data, keys, edges)
  for (let row = 0; row < rows.length; row++) {
    if ((values[row] ?? 0) === 0) continue
    nodeOfRow[row] = map(shownLeaf(data, keys, rows[row]!))
  }
  const self = new Float64Array(edges.size)
  const other = new Float64Array(edges.size)
  const delta = isDiff ? new Float64Array(edges.size) : undefined
  for (let row = 0; row < rows.length; row++) {
    const node = nodeOfRow[row]!
    if (node === -1) continue
    self[node]! += Math.abs(values[row]!)
    other[node]! += Math.abs(otherValues[row] ?? 0)
    if (delta) delta[node]! += isSigned ? values[row]! : (after?.[row] ?? 0) - (before?.[row] ?? 0)
  }
  return { edges, nodeOfRow, self, other, delta }
}

/** Children of each node, widest first, as one array with offsets. */
function sortedChildren(edges: EdgeTable, value: Float64Array, label: string[]) {
  const { size, parent, key } = edges
  const offset = new Int32Array(size + 1)
  for (let node = 1; node < size; node++) offset[parent[node]! + 1]!++
  for (let node = 0; node < size; node++) offset[node + 1]! += offset[node]!
  const fill = offset.slice()
  const children = new Int32Array(size - 1)
  for (let node = 1; node < size; node++) children[fill[parent[node]!]!++] = node
  const byWidth = (a: number, b: number): number => {
    const wider = value[b]! - value[a]!
    if (wider !== 0) return wider
    const left = label[key[a]!]!
    const right = label[key[b]!]!
    return left < right ? -1 : left > right ? 1 : a - b
  }
  for (let node = 0; node < size; node++) {
    const from = offset[node]!
    const to = offset[node + 1]!
    if (to - from > 1) children.subarray(from, to).sort(byWidth)
  }
  return { offset, children }
}

function sumUpwards(edges: EdgeTable, self: Float64Array): Float64Array {
  const total = self.slice()
  for (let node = edges.size - 1; node > 0; node--) {
    total[edges.parent[node]!]! += total[node]!
  }
  return total
}

export function buildViewTree(request: ViewRequest): ViewTree {
  const { edges, nodeOfRow, self, other, delta } = mergeStacks(request)
  const { size } = edges
  const total = sumUpwards(edges, self)
  const totalOther = sumUpwards(edges, other)
  const totalDelta = delta && sumUpwards(edges, delta)
  const { offset, children } = sortedChildren(edges, total, request.keys.label)
  const tree: ViewTree = {
    size,
    keys: request.keys,
    parent: new Int32Array(size),
    key: new Int32Array(size),
    depth: new Uint16Array(size),
    subtree: new Int32Array(size).fill(1),
    value: new Float64Array(size),
    otherValue: new Float64Array(size),
    start: new Float64Array(size),
    delta: totalDelta && new Float64Array(size),
    rowStart: new Int32Array(0),
    rowNodes: new Int32Array(size),
    rowCount: 0,
    nodeOfRow,
    isInverted: request.isInverted,
  }
  numberDepthFirst(tree, { edges, total, totalOther, totalDelta, offset, children })
  fillRows(tree)
  return tree
}

interface Unordered {
  edges: EdgeTable
  total: Float64Array
  totalOther: Float64Array
  totalDelta: Float64Array | undefined
  offset: Int32Array
  children: Int32Array
}

function numberDepthFirst(tree: ViewTree, from: Unordered): void {
  const { edges, total, totalOther, totalDelta, offset, children } = from
  const renumbered = new Int32Array(tree.size)
  /** Where the next child of a (new) node begins. */
  const edge = new Float64Array(tree.size)
  const stack = [0]
  let next = 0
  for (let old = stack.pop(); old !== undefined; old = stack.pop()) {
    const node = next++
    renumbered[old] = node
    const parent = old === 0 ? -1 : renumbered[edges.parent[old]!]!
    tree.parent[node] = parent
    tree.key[node] = edges.key[old]!
    tree.value[node] = total[old]!
    tree.otherValue[node] = totalOther[old]!
    if (tree.delta && totalDelta) tree.delta[node] = totalDelta[old]!
    if (parent >= 0) {
      tree.depth[node] = tree.depth[parent]! + 1
      tree.start[node] = edge[parent]!
      edge[parent]! += total[old]!
    }
    edge[node] = tree.start[node]!
    for (let index = offset[old + 1]! - 1; index >= offset[old]!; index--)
      stack.push(children[index]!)
  }
  for (let node = tree.size - 1; node > 0; node--) {
    const parent = tree.parent[node]!
    tree.subtree[parent]! += tree.subtree[node]!
  }
  for (let row = 0; row < tree.nodeOfRow.length; row++) {
    const old = tree.nodeOfRow[row]!
    if (old >= 0) tree.nodeOfRow[row] = renumbered[old]!
  }
}

function fillRows(tree: ViewTree): void {
  let deepest = 0
  for (let node = 0; node < tree.size; node++) deepest = Math.max(deepest, tree.depth[node]!)
  tree.rowCount = deepest + 1
  tree.rowStart = new Int32Array(tree.rowCount + 1)
  for (let node = 0; node < tree.size; node++) tree.rowStart[tree.depth[node]! + 1]!++
  for (let row = 0; row < tree.rowCount; row++) tree.rowStart[row + 1]! += tree.rowStart[row]!
  const fill = tree.rowStart.slice()
  for (let node = 0; node < tree.size; node++) tree.rowNodes[fill[tree.depth[node]!]!++] = node
}

/** First position in a row whose right edge lies beyond `value`. Rows are sorted and do not overlap. */
export function firstEndingAfter(tree: ViewTree, row: number, value: number): number {
  let low = tree.rowStart[row]!
  let high = tree.rowStart[row + 1]!
  while (low < high) {
    const middle = (low + high) >>> 1
    const node = tree.rowNodes[middle]!
    if (tree.start[node]! + tree.value[node]! > value) high = middle
    else low = middle + 1
  }
  return low
}

/** The node under a point, or -1. */
export function nodeAt(tree: ViewTree, row: number, value: number): number {
  if (row < 0 || row >= tree.rowCount) return -1
  const position = firstEndingAfter(tree, row, value)
  if (position >= tree.rowStart[row + 1]!) return -1
  const node = tree.rowNodes[position]!
  return tree.start[node]! <= value ? node : -1
}
