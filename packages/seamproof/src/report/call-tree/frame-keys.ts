/** What makes two frames one box in the picture: function, line or module; and which frames fold into a placeholder. */
import { type FrameCategory, frameCategories } from '../flamegraph/flamegraph-document.js'
import type { ProcessData } from './process-data.js'

export const groupings = ['function', 'line', 'module'] as const
export type Grouping = (typeof groupings)[number]

export const foldNames = ['outer', 'node', 'runtime', 'system', 'unnamed'] as const
export type FoldName = (typeof foldNames)[number]

export const foldLabels: Record<FoldName, string> = {
  outer: 'Before own code',
  node: 'Node internals',
  runtime: 'V8 and Node runtime',
  system: 'libc and allocator',
  unnamed: 'Frames without symbols',
}

const foldOfCategory: Partial<Record<FrameCategory, FoldName>> = {
  'node-internal': 'node',
  builtin: 'runtime',
  runtime: 'runtime',
  system: 'system',
}

/** The call that asked is what a reader looks for, so the Node-API stays in sight. */
const neverFolds = /^(napi_|node_api_)/

export interface KeyTable {
  /** Frame → key. */
  keyOf: Int32Array
  label: string[]
  /** A frame to show for the key; -1 for a placeholder. */
  frame: Int32Array
  category: Uint8Array
  /** Which of a few tints: the same for one module or package, so that neighbours of different origin differ. */
  tint: Uint8Array
  /** Neighbours with this key become one box. */
  isCollapsed: Uint8Array
  /** Frame → 1 when it is dropped at the innermost end of a stack. */
  isHiddenLeaf: Uint8Array
}

interface KeyBuilder {
  label: string[]
  frame: number[]
  category: number[]
  isCollapsed: number[]
  indexes: Map<string, number>
}

function keyIndex(
  builder: KeyBuilder,
  id: string,
  made: () => { label: string; frame: number; category: number; isCollapsed: boolean },
): number {
  const known = builder.indexes.get(id)
  if (known !== undefined) return known
  const { label, frame, category, isCollapsed } = made()
  const index = builder.label.push(label) - 1
  builder.frame.push(frame)
  builder.category.push(category)
  builder.isCollapsed.push(isCollapsed ? 1 : 0)
  builder.indexes.set(id, index)
  return index
}

function placeholder(folds: ReadonlySet<FoldName>, fold: FoldName) {
  // libc around V8's or Node's frames would only cut one placeholder in two.
  if (fold === 'system' && !folds.has('runtime'))
    return { id: 'fold system', label: '⋯ libc', category: 'system' as const }
  if (folds.has('node') && folds.has('runtime'))
    return { id: 'fold inner', label: '⋯ Node and V8', category: 'runtime' as const }
  return fold === 'node'
    ? { id: 'fold node', label: '⋯ Node internals', category: 'node-internal' as const }
    : { id: 'fold runtime', label: '⋯ V8 and Node runtime', category: 'runtime' as const }
}

export const tintCount = 3

function tintOf(group: string): number {
  let hash = 0
  for (let index = 0; index < group.length; index++)
    hash = (Math.imul(hash, 31) + group.charCodeAt(index)) | 0
  return Math.abs(hash) % tintCount
}

export function buildKeys(
  data: ProcessData,
  grouping: Grouping,
  folds: ReadonlySet<FoldName>,
): KeyTable {
  const { frames } = data.source
  const count = frames.name.length
  const keyOf = new Int32Array(count)
  const isHiddenLeaf = new Uint8Array(count)
  const builder: KeyBuilder = {
    label: [],
    frame: [],
    category: [],
    isCollapsed: [],
    indexes: new Map(),
  }
  for (let index = 0; index < count; index++) {
    const category = frames.category[index] ?? 0
    const name = data.text(frames.name[index] ?? 0)
    const flags = frames.flags[index] ?? 0
    if ((flags & 4) !== 0 && folds.has('outer')) {
      keyOf[index] = keyIndex(builder, 'fold outer', () => ({
        label: "⋯ before the program's own code",
        frame: -1,
        category: frameCategories.indexOf('runtime'),
        isCollapsed: true,
      }))
      continue
    }
    const fold = foldOfCategory[frameCategories[category] ?? 'unknown']
    if (fold !== undefined && folds.has(fold) && !neverFolds.test(name)) {
      const { id, label, category: shown } = placeholder(folds, fold)
      isHiddenLeaf[index] = fold === 'system' ? 1 : 0
      keyOf[index] = keyIndex(builder, id, () => ({
        label,
        frame: -1,
        category: frameCategories.indexOf(shown),
        isCollapsed: true,
      }))
      continue
    }
    const isNameless = (flags & 1) === 1 && (frames.module[index] ?? 0) > 0
    if (isNameless && folds.has('unnamed')) {
      // A stripped library would else be a tower of addresses that tell nobody anything.
      const module = data.text(frames.module[index] ?? 0)
      keyOf[index] = keyIndex(builder, `nameless ${module} ${category}`, () => ({
        label: `${module}+…`,
        frame: index,
        category,
        isCollapsed: true,
      }))
      continue
    }
    const group = data.text(frames.group[index] ?? 0)
    const isModule = grouping === 'module'
    const place = `${frames.file[index]} ${frames.module[index]} ${category}`
    const id = isModule
      ? `module ${group}`
      : `${frames.name[index]} ${place} ${grouping === 'line' ? frames.line[index] : ''}`
    keyOf[index] = keyIndex(builder, id, () => ({
      label: isModule ? group : name,
      frame: index,
      category,
      isCollapsed: isModule,
    }))
  }
  return {
    keyOf,
    isHiddenLeaf,
    label: builder.label,
    frame: Int32Array.from(builder.frame),
    category: Uint8Array.from(builder.category),
    tint: Uint8Array.from(builder.frame, (frame) =>
      frame < 0 ? 0 : tintOf(data.text(frames.group[frame] ?? 0)),
    ),
    isCollapsed: Uint8Array.from(builder.isCollapsed),
  }
}
