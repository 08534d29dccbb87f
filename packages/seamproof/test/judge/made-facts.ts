import { slopeOf } from '../../src/analyze/theil-sen.js'
import type {
  CaptureFacts,
  GrowthGroup,
  ProcessFacts,
  ResourceSeries,
} from '../../src/contract/facts.js'
import type { Frame } from '../../src/contract/frame.js'

export const frames: Frame[] = [
  {
    functionName: 'napi_create_reference',
    kind: 'native',
    origin: 'runtime',
    isNamed: true,
    moduleName: 'node',
  },
  {
    functionName: 'Encode(int, char*)',
    kind: 'native',
    origin: 'subject',
    isNamed: true,
    moduleName: 'thumb.node',
    modulePath: '/app/node_modules/thumb/thumb.node',
    file: '/src/thumb.cc',
    line: 88,
  },
  {
    functionName: 'makeThumb',
    kind: 'js',
    origin: 'user',
    isNamed: true,
    file: '/app/thumb.ts',
    line: 12,
  },
  {
    functionName: 'listOnTimeout',
    kind: 'js',
    origin: 'node-internal',
    isNamed: true,
    file: 'node:timers',
  },
]

const [reference, encode, makeThumb] = [0, 1, 2]

export interface MadeGroup extends Partial<Omit<GrowthGroup, 'liveCounts' | 'liveBytes'>> {
  /** Growth in each round. */
  steps: number[]
  bytesEach?: number
  bytesSteps?: number[]
  start?: number
}

let made = 0

export function group({
  steps,
  bytesEach = 40,
  bytesSteps,
  start = 100,
  ...rest
}: MadeGroup): GrowthGroup {
  const sums = (first: number, all: number[]) => {
    const values = [first]
    for (const step of all) values.push(values.at(-1)! + step)
    return values
  }
  const liveCounts = sums(start, steps)
  const liveBytes =
    bytesSteps === undefined
      ? liveCounts.map((count) => count * bytesEach)
      : sums(start * bytesEach, bytesSteps)
  const operations = rest.operationsPerStep ?? 2000
  const positions = liveCounts.map((_, round) => round * operations)
  return {
    groupId: `thumb.node-${made++}`,
    attribution: 'subject',
    kind: 'malloc',
    moduleName: 'thumb.node',
    functionName: 'Encode(int, char*)',
    frameIndexes: [reference, encode],
    callSites: [{ frameIndexes: [makeThumb], share: 1 }],
    costIndexes: [],
    evidence: 'rounds',
    workload: 'encode',
    operationsPerStep: operations,
    liveCounts,
    liveBytes,
    countPerOperationByStep: steps.map((step) => step / operations),
    blocksPerOperation: slopeOf(positions, liveCounts),
    bytesPerOperation: slopeOf(positions, liveBytes),
    ...rest,
  }
}

/** Blocks of the runtime, by default under the user's JavaScript. */
export function runtimeGroup(options: MadeGroup): GrowthGroup {
  return group({
    attribution: 'runtime',
    moduleName: 'node',
    frameIndexes: [reference],
    ...options,
  })
}

export function resource(
  name: ResourceSeries['resource'],
  values: number[],
  operationsPerStep = 20,
): ResourceSeries {
  const positions = values.map((_, round) => round * operationsPerStep)
  return {
    resource: name,
    workload: 'encode',
    operationsPerStep,
    values,
    perOperation: slopeOf(positions, values),
  }
}

export function processOf(groups: GrowthGroup[], rest: Partial<ProcessFacts> = {}): ProcessFacts {
  return {
    traceFile: 'process-10-1.trace',
    pid: 10,
    parentPid: 1,
    executable: '/usr/bin/node',
    argv: ['node'],
    startedAt: '2026-11-23T00:00:00.000Z',
    durationMs: 60_000,
    mode: 'full',
    end: 'closed',
    frames,
    tree: { parentIndex: [-1], frameIndex: [-1] },
    costs: [],
    totals: {
      eventCount: 0,
      allocatedCount: 0,
      allocatedBytes: 0,
      freedCount: 0,
      freedBytes: 0,
      unmatchedFreeCount: 0,
      liveCount: 0,
      liveBytes: 0,
      peakBytes: 0,
      peakMs: 0,
      temporaryCount: 0,
      mappedBytes: 0,
      sizeHistogram: [],
    },
    marks: [],
    groups,
    resources: [],
    timeline: { liveMs: [], liveBytes: [], rssMs: [], rssBytes: [], fdCount: [], threadCount: [] },
    gc: { count: 0, totalMs: 0 },
    jsFrames: { userFrameCount: 0, userFrameNamedCount: 0, frameCount: 0, frameNamedCount: 0 },
    losses: {
      eventsDropped: 0,
      stacksTruncated: 0,
      walksEndedEarly: 0,
      nodeTableFull: 0,
      foreignStackWalks: 0,
      untrackedCalls: 0,
      damagedChunks: 0,
      damagedBytes: 0,
      notes: [],
    },
    ...rest,
  }
}

export function captureOf(...processes: ProcessFacts[]): CaptureFacts {
  return { formatVersion: 1, seamproofVersion: '0', command: ['node'], processes }
}
