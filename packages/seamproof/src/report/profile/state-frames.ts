/** A profile's stacks as reports show them: with a frame for what no function stands for. */
import type { CpuCost, CpuProfile } from '../../contract/cpu-profile.js'
import { kernelModule } from '../../contract/cpu-profile.js'
import type { Frame } from '../../contract/frame.js'

export interface ShownStacks {
  frames: Frame[]
  /** Prefix tree as in `CpuProfile`. */
  tree: CpuProfile['tree']
  /** Node of each of the profile's costs. */
  costNode: number[]
}

const stateFrame = (functionName: string, moduleName: string): Frame => ({
  functionName,
  kind: 'native',
  origin: 'system',
  isNamed: true,
  moduleName,
})

const stateFrames = {
  gc: stateFrame('(garbage collection)', '[gc]'),
  kernel: stateFrame('(kernel)', kernelModule),
  runnable: stateFrame('(waiting for a core)', '[runnable]'),
  idle: stateFrame('(waiting)', '[idle]'),
} as const

/**
 * A collection is one box under the function that was running, with V8's own frames inside it. The kernel, waiting, and
 * waiting for a core are the innermost box.
 */
export function withStateFrames(profile: CpuProfile): ShownStacks {
  const frames = [...profile.frames]
  const indexes = new Map<string, number>()
  const stateIndex = (state: keyof typeof stateFrames): number => {
    let index = indexes.get(state)
    if (index === undefined) {
      index = frames.push(stateFrames[state]) - 1
      indexes.set(state, index)
    }
    return index
  }
  const tree = {
    parentIndex: [...profile.tree.parentIndex],
    frameIndex: [...profile.tree.frameIndex],
  }
  const edges = new Map<string, number>()
  const child = (parent: number, frame: number): number => {
    const key = `${parent} ${frame}`
    let node = edges.get(key)
    if (node === undefined) {
      node = tree.parentIndex.push(parent) - 1
      tree.frameIndex.push(frame)
      edges.set(key, node)
    }
    return node
  }
  const costNode = profile.costs.map((cost) => {
    const { treeIndex, state } = cost
    if (state === 'js' || state === 'native' || state === 'builtin') return treeIndex
    if (state === 'kernel' && leafOf(profile, cost)?.moduleName === kernelModule) return treeIndex
    if (state !== 'gc') return child(treeIndex, stateIndex(state))
    const inside = framesInsideGc(profile, treeIndex)
    let node = child(inside.below, stateIndex('gc'))
    for (const frame of inside.frames) node = child(node, frame)
    return node
  })
  return { frames, tree, costNode }
}

const leafOf = ({ frames, tree }: CpuProfile, { treeIndex }: CpuCost): Frame | undefined =>
  frames[tree.frameIndex[treeIndex] ?? -1]

/** The innermost node of JavaScript or of the subject, and the frames inside of it, outermost first. */
function framesInsideGc({ frames, tree }: CpuProfile, treeIndex: number) {
  const inside: number[] = []
  let node = treeIndex
  while (node > 0) {
    const index = tree.frameIndex[node]!
    const frame = frames[index]
    if (frame?.kind === 'js' || frame?.origin === 'subject') break
    inside.unshift(index)
    node = tree.parentIndex[node]!
  }
  return { below: node, frames: inside }
}

/** The frames of one shown stack, innermost first. */
export function shownStackOf({ frames, tree }: ShownStacks, node: number): Frame[] {
  const stack: Frame[] = []
  for (let at = node; at > 0; at = tree.parentIndex[at] ?? 0) {
    const frame = frames[tree.frameIndex[at] ?? -1]
    if (frame !== undefined) stack.push(frame)
  }
  return stack
}
