/** Which nodes stand out: those that a search matches, or the stacks of one leak. */
import type { ProcessData } from './process-data.js'
import type { ViewTree } from './view-tree.js'

export interface NodeMarks {
  /** 1: stands out. */
  isMarked: Uint8Array
  /** Value under marked nodes, each stack counted once. */
  value: number
  count: number
}

/** `/…/` is a regular expression; anything else is a substring. Undefined when the expression is broken. */
export function searchTest(query: string): ((text: string) => boolean) | undefined {
  const expression = /^\/(.+)\/?$/.exec(query)?.[1]?.replace(/\/$/, '')
  if (expression === undefined) {
    const needle = query.toLowerCase()
    return (text) => text.toLowerCase().includes(needle)
  }
  try {
    const compiled = new RegExp(expression, 'i')
    return (text) => compiled.test(text)
  } catch {
    return undefined
  }
}

export function searchMarks(
  tree: ViewTree,
  data: ProcessData,
  test: (text: string) => boolean,
): NodeMarks {
  const { frames } = data.source
  const { keys } = tree
  const keyMatches = Uint8Array.from(keys.label, (label, key) => {
    const frame = keys.frame[key]!
    if (test(label)) return 1
    if (frame < 0) return 0
    const file = data.text(frames.file[frame]!)
    return test(`${file}:${frames.line[frame]}`) || test(data.text(frames.module[frame]!)) ? 1 : 0
  })
  const isMarked = new Uint8Array(tree.size)
  const isUnderMark = new Uint8Array(tree.size)
  let value = 0
  let count = 0
  for (let node = 1; node < tree.size; node++) {
    const parent = tree.parent[node]!
    const matches = keyMatches[tree.key[node]!] === 1
    isMarked[node] = matches ? 1 : 0
    if (matches) count++
    if (matches && isUnderMark[parent] === 0) value += tree.value[node]!
    isUnderMark[node] = matches || isUnderMark[parent] === 1 ? 1 : 0
  }
  return { isMarked, value, count }
}

/** The stacks of some cost rows, from the root to where they end. */
export function stackMarks(tree: ViewTree, rows: readonly number[]): NodeMarks {
  const isMarked = new Uint8Array(tree.size)
  let value = 0
  let count = 0
  const ends = new Set(rows.flatMap((row) => tree.nodeOfRow[row] ?? []))
  for (const end of ends) {
    if (end > 0) value += tree.value[end]!
    for (let node = end; node > 0 && isMarked[node] === 0; node = tree.parent[node]!) {
      isMarked[node] = 1
      count++
    }
  }
  return { isMarked, value, count }
}
