import type { AllocationKind, ProcessFacts, StackCost } from '../contract/facts.js'
import type { Verdicts } from '../contract/verdict.js'

/** What a chart can draw of a stack. */
export const metrics = ['live', 'peak', 'leaked', 'allocated', 'temporary'] as const
export type Metric = (typeof metrics)[number]

export const metricUnits = ['bytes', 'blocks'] as const
export type MetricUnit = (typeof metricUnits)[number]

export const metricLabels: Record<Metric, string> = {
  live: 'Live at end',
  peak: 'At peak',
  leaked: 'Leaked',
  allocated: 'Allocated',
  temporary: 'Temporary',
}

/** Kinds are never added up over these: heap blocks, mappings and descriptors are different things. */
export const resources = ['heap', 'mmap', 'fd', 'thread', 'child'] as const
export type Resource = (typeof resources)[number]

export const resourceLabels: Record<Resource, string> = {
  heap: 'Heap (malloc)',
  mmap: 'Mappings (mmap)',
  fd: 'File descriptors',
  thread: 'Threads',
  child: 'Child processes',
}

export function resourceOf(kind: AllocationKind): Resource {
  return kind === 'mmap' || kind === 'fd' || kind === 'thread' || kind === 'child' ? kind : 'heap'
}

/** Descriptors, threads and children have a number but no size. */
export const hasBytesKind = (kind: AllocationKind): boolean =>
  resourceOf(kind) === 'heap' || kind === 'mmap'

export interface Amount {
  bytes: number
  blocks: number
}

/** Growth of the stacks whose group was judged a leak, by index into `costs`. */
export type LeakedAmounts = ReadonlyMap<number, Amount>

/** A capture without rounds has no growth between marks: what its leaking groups hold at the end stands in. */
export function leakedAmounts(process: ProcessFacts, verdicts: Verdicts): LeakedAmounts {
  const leaked = new Map<number, Amount>()
  const failed = new Set(
    verdicts.leaks
      .filter((leak) => leak.traceFile === process.traceFile && leak.status === 'fail')
      .map((leak) => leak.groupId),
  )
  for (const group of process.groups) {
    if (!failed.has(group.groupId)) continue
    for (const costIndex of group.costIndexes) {
      const cost = process.costs[costIndex]
      if (cost === undefined) continue
      const isLifetime = group.evidence === 'lifetime'
      leaked.set(costIndex, {
        bytes: Math.max(0, isLifetime ? cost.liveBytes : cost.growthBytes),
        blocks: Math.max(0, isLifetime ? cost.liveCount : cost.growthCount),
      })
    }
  }
  return leaked
}

export function metricAmount(
  cost: StackCost,
  metric: Metric,
  leaked: Amount | undefined,
): Readonly<Amount> {
  switch (metric) {
    case 'live':
      return { bytes: cost.liveBytes, blocks: cost.liveCount }
    case 'peak':
      return { bytes: cost.peakBytes, blocks: cost.peakCount }
    case 'allocated':
      return { bytes: cost.allocatedBytes, blocks: cost.allocatedCount }
    case 'temporary':
      return { bytes: cost.temporaryBytes, blocks: cost.temporaryCount }
    case 'leaked':
      return leaked ?? { bytes: 0, blocks: 0 }
  }
}

/** Why a metric cannot be drawn for this process; undefined when it can. */
export function metricGap(process: ProcessFacts, metric: Metric): string | undefined {
  if (process.mode === 'aggregate' && (metric === 'peak' || metric === 'temporary'))
    return `not known in aggregate mode; record with --mode full`
  return undefined
}
