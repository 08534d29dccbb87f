/** Two CPU profiles side by side. */
import type { CpuProfile } from '../../contract/cpu-profile.js'
import type { Frame } from '../../contract/frame.js'
import { isWaiting } from '../profile/cpu-states.js'
import { profileTotals } from '../profile/profile-text.js'
import { type ShownStacks, withStateFrames } from '../profile/state-frames.js'
import { StackMerger } from './stack-merger.js'

interface CpuAmount {
  ns: number
  sampleCount: number
}

export interface CpuDiffRow {
  treeIndex: number
  before: CpuAmount
  after: CpuAmount
}

export interface CpuDiff {
  shown: ShownStacks
  /** Stacks by time on a core. */
  rows: CpuDiffRow[]
  /** By what the times of `before` are multiplied to have as much of it as `after`. */
  scale: number
}

export function cpuDiff(before: CpuProfile, after: CpuProfile): CpuDiff {
  const merger = new StackMerger()
  const rows = new Map<number, CpuDiffRow>()
  const add = (profile: CpuProfile, side: 'before' | 'after') => {
    const shown = withStateFrames(profile)
    const nodeOf = merger.add(shown)
    profile.costs.forEach(({ state, ns, sampleCount }, index) => {
      if (isWaiting(state)) return
      const treeIndex = nodeOf(shown.costNode[index]!)
      let row = rows.get(treeIndex)
      if (row === undefined) {
        const none = { ns: 0, sampleCount: 0 }
        row = { treeIndex, before: { ...none }, after: { ...none } }
        rows.set(treeIndex, row)
      }
      row[side].ns += ns
      row[side].sampleCount += sampleCount
    })
  }
  add(before, 'before')
  add(after, 'after')
  const totals = [before, after].map((profile) => profileTotals(profile).cpuNs) as [number, number]
  const list = [...rows.values()]
  return {
    shown: { frames: merger.frames, tree: merger.tree, costNode: list.map((row) => row.treeIndex) },
    rows: list,
    scale: totals[0] > 0 ? totals[1] / totals[0] : 1,
  }
}

export interface CpuDiffFunction {
  frame: Frame
  beforeNs: number
  afterNs: number
  beforeCount: number
  afterCount: number
}

/** Self time by function, on both sides. */
export function diffFunctions({ shown, rows }: CpuDiff): CpuDiffFunction[] {
  const functions = new Map<number, CpuDiffFunction>()
  for (const { treeIndex, before, after } of rows) {
    const index = shown.tree.frameIndex[treeIndex] ?? -1
    const frame = shown.frames[index]
    if (frame === undefined) continue
    let row = functions.get(index)
    if (row === undefined) {
      row = { frame, beforeNs: 0, afterNs: 0, beforeCount: 0, afterCount: 0 }
      functions.set(index, row)
    }
    row.beforeNs += before.ns
    row.afterNs += after.ns
    row.beforeCount += before.sampleCount
    row.afterCount += after.sampleCount
  }
  return [...functions.values()]
}
