// Scenes for the reports: a thumbnail service whose addon leaks, its fixed twin, a huge one.
import type { CaptureFacts, GrowthGroup } from '../../src/contract/facts.js'
import type { Frame } from '../../src/contract/frame.js'
import type { Verdicts } from '../../src/contract/verdict.js'
import { FactsBuilder, groupOf, noLosses, processOf, ramp } from './facts-builder.js'
import {
  addon,
  entry,
  js,
  leakStack,
  libc,
  random,
  referenceLeak,
  runtime,
  wanderingStack,
} from './synthetic-frames.js'

function addWanderingCosts(builder: FactsBuilder, stackCount: number, next: () => number): void {
  for (let index = 0; index < stackCount; index++) {
    const allocatedCount = 1 + Math.floor(40 / (next() + 0.02))
    const size = 2 ** (4 + Math.floor(next() ** 2 * 12))
    const liveCount = Math.floor(allocatedCount * next() ** 3)
    const peakCount = Math.max(liveCount, Math.floor(allocatedCount * next()))
    const temporaryCount = Math.floor((allocatedCount - liveCount) * next() * 0.5)
    const kind = (['malloc', 'malloc', 'calloc', 'realloc'] as const)[index % 4] ?? 'malloc'
    builder.cost(builder.stack(wanderingStack(next)), kind, {
      allocatedCount,
      allocatedBytes: allocatedCount * size,
      liveCount,
      liveBytes: liveCount * size,
      peakCount,
      peakBytes: peakCount * size,
      temporaryCount,
      temporaryBytes: temporaryCount * size,
    })
  }
}

function leakCost(builder: FactsBuilder, frames: readonly Frame[], size: number): number {
  const count = 13_014
  return builder.cost(builder.stack(frames), 'malloc', {
    allocatedCount: count,
    allocatedBytes: count * size,
    liveCount: count,
    liveBytes: count * size,
    peakCount: 9_000,
    peakBytes: 9_000 * size,
    growthCount: 12_000,
    growthBytes: 12_000 * size,
  })
}

function leakingGroups(builder: FactsBuilder): GrowthGroup[] {
  const internal = js('processTicksAndRejections', 'node:internal/process/task_queues', 95)
  const run = js('run', 'workloads/resize.seam.ts', 18)
  const encode = groupOf(builder, {
    groupId: 'a1f0-encode',
    frames: leakStack,
    depth: 5,
    sites: [
      { frames: [js('makeThumb', 'src/thumb.ts', 12), run, internal], share: 0.92 },
      { frames: [js('resizeAll', 'src/thumb.ts', 40), run, internal], share: 0.08 },
    ],
    blockRate: 1,
    byteRate: 64,
    costIndex: leakCost(builder, leakStack, 64),
  })
  const reference = groupOf(builder, {
    groupId: 'b2e1-reference',
    frames: referenceLeak,
    depth: 5,
    sites: [{ frames: [js('watch', 'src/watch.ts', 44), run, internal], share: 1 }],
    blockRate: 1,
    byteRate: 40,
    costIndex: leakCost(builder, referenceLeak, 40),
  })
  const uneven = groupOf(builder, {
    groupId: 'c3d2-uneven',
    frames: [...leakStack.slice(0, -4), addon('cache_row', 301), libc('realloc')],
    depth: 3,
    sites: [],
    blockRate: 0.013,
    byteRate: 26.6,
    costIndex: 0,
    more: {
      liveCounts: [40, 40, 92, 95, 95, 171, 196],
      countPerOperationByStep: [0, 0.026, 0.0015, 0, 0.038, 0.0125],
      blocksPerOperation: { value: 0.013, low: 0.0004, high: 0.031 },
      bytesPerOperation: { value: 26.6, low: 0.8, high: 64 },
    },
  })
  const v8 = groupOf(builder, {
    groupId: 'd4c3-runtime',
    frames: [...entry, runtime('v8::internal::Zone::Expand(unsigned long)'), libc('malloc')],
    depth: 2,
    sites: [],
    blockRate: 0.02,
    byteRate: 170,
    costIndex: 0,
    more: { attribution: 'runtime' },
  })
  return [encode, reference, uneven, v8]
}

/** About `stackCount` stacks, two leaks, one uneven group, one suppressed, runtime growth. */
export function leakyFacts(stackCount = 3000, seed = 7): CaptureFacts {
  const builder = new FactsBuilder()
  addWanderingCosts(builder, stackCount, random(seed))
  const groups = leakingGroups(builder)
  builder.cost(builder.stack([...entry, runtime('v8::base::OS::Allocate'), libc('mmap')]), 'mmap', {
    allocatedCount: 210,
    allocatedBytes: 210 * 262_144,
    liveCount: 96,
    liveBytes: 96 * 262_144,
    peakCount: 120,
    peakBytes: 120 * 262_144,
  })
  const process = processOf(builder, {
    groups,
    resources: [
      {
        resource: 'fd',
        workload: 'resize a thumbnail',
        operationsPerStep: 2000,
        values: [22, 22, 22, 22, 22, 22, 22],
        perOperation: { value: 0, low: 0, high: 0 },
      },
      {
        resource: 'thread',
        workload: 'resize a thumbnail',
        operationsPerStep: 2000,
        values: [11, 11, 11, 11, 11, 11, 11],
        perOperation: { value: 0, low: 0, high: 0 },
      },
      {
        resource: 'rss',
        workload: 'resize a thumbnail',
        operationsPerStep: 2000,
        values: ramp(73e6, 190_000),
        perOperation: { value: 95, low: 71, high: 120 },
      },
    ],
    losses: { ...noLosses, stacksTruncated: 31, untrackedCalls: 4 },
  })
  return {
    formatVersion: 1,
    seamproofVersion: '0.1.0',
    command: ['node', 'workloads/resize.seam.ts'],
    processes: [process],
  }
}

export function leakyVerdicts(facts: CaptureFacts = leakyFacts(1)): Verdicts {
  const traceFile = facts.processes[0]?.traceFile ?? ''
  return {
    formatVersion: 1,
    checks: [
      {
        check: 'leaks: resize a thumbnail',
        status: 'fail',
        evidence: '2 of 312 groups grow over 6 rounds of 2,000 operations',
      },
      {
        check: 'file descriptors',
        status: 'pass',
        evidence: '22 at every mark, 0 per operation',
      },
      {
        check: 'child processes',
        status: 'not-run',
        reason: 'the capture has no rounds in which a child could be counted',
        evidence: '',
      },
    ],
    leaks: [
      {
        traceFile,
        groupId: 'a1f0-encode',
        status: 'fail',
        reason: 'grew in 6 of 6 rounds by 1.000 block/op, within 0.2 %',
      },
      {
        traceFile,
        groupId: 'b2e1-reference',
        status: 'suppressed',
        reason: 'grew in 6 of 6 rounds by 1.000 block/op, within 0.2 %',
        suppressedBy: { pattern: 'thumb.node+0x960e', reason: 'known, fixed upstream in 2.1' },
      },
      {
        traceFile,
        groupId: 'c3d2-uneven',
        status: 'inconclusive',
        reason: 'grew in 4 of 6 rounds, 0.0004 to 0.031 block/op: run more rounds',
      },
    ],
  }
}

export function cleanFacts(): CaptureFacts {
  const facts = leakyFacts(400, 11)
  for (const process of facts.processes) {
    process.groups = process.groups.filter((group) => group.attribution === 'runtime')
    process.losses = noLosses
  }
  return facts
}

export const cleanVerdicts: Verdicts = {
  formatVersion: 1,
  checks: [
    {
      check: 'leaks: resize a thumbnail',
      status: 'pass',
      evidence: '0 of 312 groups grow over 6 rounds of 2,000 operations',
    },
  ],
  leaks: [],
}

/** A tree of at least `frameCount` nodes, deep and wide, for measuring how the page holds up. */
export function hugeFacts(frameCount: number, seed = 3): CaptureFacts {
  const next = random(seed)
  const builder = new FactsBuilder()
  const many = Array.from({ length: 4000 }, (_, index) =>
    index % 3 === 0
      ? addon(`generated::function_${index}(std::string const&, unsigned long)`, index)
      : js(`generatedFunction${index}`, `src/generated/module-${index % 90}.ts`, index),
  )
  while (builder.frameIndex.length < frameCount) {
    const middle = Array.from(
      { length: 4 + Math.floor(next() * 40) },
      () => many[Math.floor(next() ** 3 * many.length)] as Frame,
    )
    const count = 1 + Math.floor(3 / (next() + 0.01))
    builder.cost(builder.stack(wanderingStack(next, middle)), 'malloc', {
      allocatedCount: count * 3,
      allocatedBytes: count * 192,
      liveCount: count,
      liveBytes: count * 64,
      peakCount: count * 2,
      peakBytes: count * 128,
    })
  }
  return {
    formatVersion: 1,
    seamproofVersion: '0.1.0',
    command: ['node', 'big.js'],
    processes: [processOf(builder)],
  }
}
