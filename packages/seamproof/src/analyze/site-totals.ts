import type { AllocationTotals } from '../contract/facts.js'
import { KindCode } from '../trace/trace-format.js'
import { isHeapKind } from './allocation-kind.js'
import type { ResourceReading } from './resource-series.js'
import { Field, fieldCount, type SiteTable } from './site-table.js'

export type HeapTotals = Pick<
  AllocationTotals,
  | 'allocatedCount'
  | 'allocatedBytes'
  | 'freedCount'
  | 'freedBytes'
  | 'liveCount'
  | 'liveBytes'
  | 'temporaryCount'
>

/** Blocks of the malloc family, summed over the sites. */
export function heapTotals({ stats, kind, count }: SiteTable): HeapTotals {
  const sums = new Float64Array(fieldCount)
  for (let site = 0; site < count; site++) {
    if (!isHeapKind(kind[site]!)) continue
    for (let field = 0; field < fieldCount; field++)
      sums[field]! += stats[site * fieldCount + field]!
  }
  const allocatedCount = sums[Field.allocatedCount]!
  const allocatedBytes = sums[Field.allocatedBytes]!
  const liveCount = sums[Field.liveCount]!
  const liveBytes = sums[Field.liveBytes]!
  return {
    allocatedCount,
    allocatedBytes,
    freedCount: allocatedCount - liveCount,
    freedBytes: allocatedBytes - liveBytes,
    liveCount,
    liveBytes,
    temporaryCount: sums[Field.temporaryCount]!,
  }
}

/** Live resources by kind, summed over the sites. `mappingCount` where it is known better. */
export function resourcesOf(
  { stats, kind: kinds, count }: SiteTable,
  mappingCount?: number,
): ResourceReading {
  const live = new Map<number, number>()
  for (let site = 0; site < count; site++) {
    const kind = kinds[site]!
    if (!isHeapKind(kind))
      live.set(kind, (live.get(kind) ?? 0) + stats[site * fieldCount + Field.liveCount]!)
  }
  return {
    fdCount: live.get(KindCode.fd) ?? 0,
    threadCount: live.get(KindCode.thread) ?? 0,
    childCount: live.get(KindCode.child) ?? 0,
    mappingCount: mappingCount ?? live.get(KindCode.mmap) ?? 0,
  }
}
