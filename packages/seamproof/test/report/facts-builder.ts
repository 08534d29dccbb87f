// Builds facts stack by stack, the way the analysis does.
import type {
  AllocationKind,
  GrowthGroup,
  Losses,
  ProcessFacts,
  StackCost,
} from '../../src/contract/facts.js'
import type { Frame } from '../../src/contract/frame.js'

export class FactsBuilder {
  readonly frames: Frame[] = []
  readonly parentIndex: number[] = [0]
  readonly frameIndex: number[] = [-1]
  readonly costs: StackCost[] = []
  private readonly frameIds = new Map<string, number>()
  private readonly edges = new Map<string, number>()

  frame(frame: Frame): number {
    const key = JSON.stringify(frame)
    let id = this.frameIds.get(key)
    if (id === undefined) {
      id = this.frames.push(frame) - 1
      this.frameIds.set(key, id)
    }
    return id
  }

  /** Frames from the root inwards; the index of the innermost node. */
  stack(frames: readonly Frame[]): number {
    let node = 0
    for (const frame of frames) {
      const id = this.frame(frame)
      const key = `${node}:${id}`
      let child = this.edges.get(key)
      if (child === undefined) {
        child = this.parentIndex.push(node) - 1
        this.frameIndex.push(id)
        this.edges.set(key, child)
      }
      node = child
    }
    return node
  }

  cost(treeIndex: number, kind: AllocationKind, amounts: Partial<StackCost>): number {
    const zero = {
      allocatedCount: 0,
      allocatedBytes: 0,
      liveCount: 0,
      liveBytes: 0,
      peakCount: 0,
      peakBytes: 0,
      temporaryCount: 0,
      temporaryBytes: 0,
      growthCount: 0,
      growthBytes: 0,
    }
    return this.costs.push({ ...zero, ...amounts, treeIndex, kind }) - 1
  }
}

export const noLosses: Losses = {
  eventsDropped: 0,
  stacksTruncated: 0,
  walksEndedEarly: 0,
  nodeTableFull: 0,
  foreignStackWalks: 0,
  untrackedCalls: 0,
  damagedChunks: 0,
  damagedBytes: 0,
  notes: [],
}

const sum = (costs: readonly StackCost[], field: keyof StackCost): number =>
  costs.reduce((total, cost) => total + (cost[field] as number), 0)

export function processOf(builder: FactsBuilder, more: Partial<ProcessFacts> = {}): ProcessFacts {
  const { frames, parentIndex, frameIndex, costs } = builder
  const heap = costs.filter((cost) => !['mmap', 'fd', 'thread', 'child'].includes(cost.kind))
  const samples = Array.from({ length: 240 }, (_, index) => index)
  const wave = (index: number) => Math.sin(index / 9) * 0.18 + Math.sin(index / 2.3) * 0.07
  return {
    traceFile: 'process-4242-1.trace',
    pid: 4242,
    parentPid: 4200,
    executable: '/usr/local/bin/node',
    argv: ['node', 'workloads/resize.seam.ts'],
    startedAt: '2026-11-23T08:30:00.000Z',
    durationMs: 12_480,
    mode: 'full',
    end: 'closed',
    frames,
    tree: { parentIndex, frameIndex },
    costs,
    totals: {
      eventCount: sum(heap, 'allocatedCount') * 2 - sum(heap, 'liveCount'),
      allocatedCount: sum(heap, 'allocatedCount'),
      allocatedBytes: sum(heap, 'allocatedBytes'),
      freedCount: sum(heap, 'allocatedCount') - sum(heap, 'liveCount'),
      freedBytes: sum(heap, 'allocatedBytes') - sum(heap, 'liveBytes'),
      unmatchedFreeCount: 12,
      liveCount: sum(heap, 'liveCount'),
      liveBytes: sum(heap, 'liveBytes'),
      peakBytes: sum(heap, 'peakBytes'),
      peakMs: 9_310,
      temporaryCount: sum(heap, 'temporaryCount'),
      mappedBytes: sum(
        costs.filter((cost) => cost.kind === 'mmap'),
        'liveBytes',
      ),
      sizeHistogram: [
        { sizeBytesMax: 16, count: 41_200 },
        { sizeBytesMax: 64, count: 188_400 },
        { sizeBytesMax: 256, count: 96_100 },
        { sizeBytesMax: 1024, count: 20_050 },
        { sizeBytesMax: 4096, count: 7_730 },
        { sizeBytesMax: 65_536, count: 1_204 },
        { sizeBytesMax: 1_048_576, count: 61 },
        { sizeBytesMax: Number.MAX_SAFE_INTEGER, count: 2 },
      ],
    },
    marks: [
      { name: 'warm-up', kind: 'warmup-end', timeMs: 2_100, liveBytes: 9.1e6, liveCount: 41_000 },
      ...[1, 2, 3, 4, 5, 6].map((round) => ({
        name: `round ${round}`,
        kind: 'round-end' as const,
        timeMs: 2_100 + round * 1_600,
        liveBytes: 9.1e6 + round * 208_000,
        liveCount: 41_000 + round * 4_000,
      })),
    ],
    groups: [],
    resources: [],
    timeline: {
      liveMs: samples.map((index) => index * 52),
      liveBytes: samples.map((index) =>
        Math.round(6e6 + 5e6 * (1 - Math.exp(-index / 30)) + 4e6 * wave(index) + index * 5_200),
      ),
      rssMs: samples.filter((index) => index % 4 === 0).map((index) => index * 52),
      rssBytes: samples
        .filter((index) => index % 4 === 0)
        .map((index) => Math.round(52e6 + 22e6 * (1 - Math.exp(-index / 22)) + index * 9_000)),
      fdCount: samples.filter((index) => index % 4 === 0).map(() => 22),
      threadCount: samples.filter((index) => index % 4 === 0).map(() => 11),
    },
    gc: { count: 18, totalMs: 64.2 },
    jsFrames: {
      userFrameCount: 220_100,
      userFrameNamedCount: 220_100,
      frameCount: 912_400,
      frameNamedCount: 903_280,
    },
    losses: noLosses,
    ...more,
  }
}

export const ramp = (start: number, step: number) =>
  [0, 1, 2, 3, 4, 5, 6].map((k) => start + k * step)
const steady = (value: number) => ({ value, low: value * 0.998, high: value * 1.002 })

interface GroupShape {
  groupId: string
  frames: readonly Frame[]
  /** Innermost first: how many frames of the stack the group keeps. */
  depth: number
  sites: { frames: readonly Frame[]; share: number }[]
  blockRate: number
  byteRate: number
  costIndex: number
  more?: Partial<GrowthGroup>
}

export function groupOf(builder: FactsBuilder, shape: GroupShape): GrowthGroup {
  const innermostFirst = [...shape.frames].reverse()
  const kept = innermostFirst.slice(0, shape.depth)
  const outer = kept.at(-1)
  return {
    groupId: shape.groupId,
    attribution: 'subject',
    kind: 'malloc',
    moduleName: outer?.moduleName ?? '',
    functionName: outer?.functionName ?? '',
    frameIndexes: kept.map((frame) => builder.frame(frame)),
    callSites: shape.sites.map((site) => ({
      share: site.share,
      frameIndexes: site.frames.map((frame) => builder.frame(frame)),
    })),
    costIndexes: [shape.costIndex],
    evidence: 'rounds',
    workload: 'resize a thumbnail',
    operationsPerStep: 2000,
    liveCounts: ramp(14, 2000 * shape.blockRate),
    liveBytes: ramp(900, 2000 * shape.byteRate),
    countPerOperationByStep: [1, 1, 1, 1, 1, 1].map(() => shape.blockRate),
    blocksPerOperation: steady(shape.blockRate),
    bytesPerOperation: steady(shape.byteRate),
    ...shape.more,
  }
}
