/** A CPU profile as columns of numbers for the page. */
import type { CpuProfile, CpuThread, SampleState } from '../../contract/cpu-profile.js'
import { isWaiting } from '../profile/cpu-states.js'
import { type ShownStacks, withStateFrames } from '../profile/state-frames.js'
import {
  type CpuColumns,
  type FlamegraphProcess,
  type FrameCategory,
  frameCategories,
  type MetricColumns,
} from './flamegraph-document.js'
import { frameColumns, metricColumnsOf, treeColumns } from './process-columns.js'

/** More slices than a screen has pixels would only make the file larger. */
const sliceMax = 1500
/** Flag of a frame that lies further out than the program's own. */
const outerFlag = 4

const stateCategory: Record<SampleState, FrameCategory> = {
  js: 'user',
  native: 'subject',
  builtin: 'builtin',
  gc: 'gc',
  kernel: 'kernel',
  runnable: 'runnable',
  idle: 'idle',
}

export const threadLabel = ({ name, role, tid }: CpuThread): string => {
  const told = name === role || name === '' ? role : `${name}, ${role}`
  return tid === 0 ? told : `${told} (${tid})`
}

export type CpuProcessColumns = Pick<
  FlamegraphProcess,
  'strings' | 'frames' | 'tree' | 'resources' | 'cpu'
>

export function cpuColumns(profile: CpuProfile): CpuProcessColumns {
  const shown = withStateFrames(profile)
  const { strings, frames, tree, nodeOf } = stackColumns(shown)
  const { costs } = profile
  const metric = (
    head: Pick<MetricColumns, 'metric' | 'label'>,
    counts: (state: SampleState) => boolean,
  ) =>
    metricColumnsOf(head, {
      time: costs.map((cost) => (counts(cost.state) ? cost.ns : 0)),
      samples: costs.map((cost) => (counts(cost.state) ? cost.sampleCount : 0)),
    })
  const timeline = timelineColumns(profile)
  return {
    strings,
    frames,
    tree,
    resources: [
      {
        resource: 'cpu',
        node: shown.costNode.map((node) => nodeOf[node] ?? 0),
        metrics: [
          metric({ metric: 'on-cpu', label: 'On CPU' }, (state) => !isWaiting(state)),
          metric({ metric: 'waiting', label: 'Waiting' }, isWaiting),
          metric({ metric: 'wall', label: 'Both' }, () => true),
        ],
      },
    ],
    cpu: {
      durationNs: profile.durationNs,
      threads: profile.threads.map((thread) => ({
        label: threadLabel(thread),
        sampleCount: thread.sampleCount,
      })),
      rowThread: costs.map((cost) => cost.thread),
      rowCategory: costs.map((cost) => frameCategories.indexOf(stateCategory[cost.state])),
      ...(timeline && { timeline }),
    },
  }
}

/** Frames outside of the program's own are marked, so that the page can fold what every stack begins with. */
export function stackColumns(shown: ShownStacks) {
  const { strings, frames, frameOf } = frameColumns(shown.frames)
  const isOuter = outerNodes(shown)
  const outerOf = new Map<number, number>()
  const columns = Object.values(frames) as number[][]
  const outerFrame = (frame: number): number => {
    let copy = outerOf.get(frame)
    if (copy === undefined) {
      copy = frames.name.length
      for (const column of columns) column.push(column[frame]!)
      frames.flags[copy] = frames.flags[copy]! | outerFlag
      outerOf.set(frame, copy)
    }
    return copy
  }
  // The mapping of treeColumns is by frame, and here it is by node too.
  const nodeFrame = shown.tree.frameIndex.map((frame, node) => {
    if (frame < 0) return -1
    const column = frameOf[frame]!
    return isOuter[node] === 1 ? outerFrame(column) : column
  })
  const identity = Int32Array.from({ length: frames.name.length }, (_, index) => index)
  const { tree, nodeOf } = treeColumns(
    { parentIndex: shown.tree.parentIndex, frameIndex: nodeFrame },
    identity,
    shown.costNode,
  )
  return { strings, frames, tree, nodeOf }
}

/** 1: there is no frame of the program at or outside of this node, and there is one inside of it. */
function outerNodes({ frames, tree }: ShownStacks): Uint8Array {
  const count = tree.parentIndex.length
  const isOwn = Uint8Array.from(tree.frameIndex, (index) => {
    const origin = frames[index]?.origin
    return origin === 'user' || origin === 'subject' ? 1 : 0
  })
  const leadsToOwn = isOwn.slice()
  // Parents come before their children.
  for (let node = count - 1; node > 0; node--)
    if (leadsToOwn[node] === 1) leadsToOwn[tree.parentIndex[node]!] = 1
  const isOuter = new Uint8Array(count)
  isOuter[0] = 1
  for (let node = 1; node < count; node++)
    if (isOuter[tree.parentIndex[node]!] === 1 && leadsToOwn[node] === 1 && isOwn[node] === 0)
      isOuter[node] = 1
  isOuter[0] = 0
  return isOuter
}

function timelineColumns({ timeline, durationNs }: CpuProfile): CpuColumns['timeline'] {
  if (timeline === undefined || timeline.timeNs.length === 0 || durationNs <= 0) return undefined
  const sliceCount = Math.min(sliceMax, Math.max(1, timeline.timeNs.length))
  const sliceNs = durationNs / sliceCount
  const slices = Array.from({ length: sliceCount }, () => new Map<number, number>())
  timeline.timeNs.forEach((timeNs, index) => {
    const at = Math.min(sliceCount - 1, Math.max(0, Math.floor(timeNs / sliceNs)))
    const row = timeline.costIndex[index]!
    slices[at]!.set(row, (slices[at]!.get(row) ?? 0) + 1)
  })
  const columns = { sliceNs, sliceStart: [0], row: [] as number[], count: [] as number[] }
  for (const slice of slices) {
    for (const [row, count] of slice) {
      columns.row.push(row)
      columns.count.push(count)
    }
    columns.sliceStart.push(columns.row.length)
  }
  return columns
}
