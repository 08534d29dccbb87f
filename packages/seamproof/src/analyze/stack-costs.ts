import type { ProcessFacts, StackCost } from '../contract/facts.js'
import type { TraceMeta } from '../trace/trace-meta.js'
import { kindNames } from './allocation-kind.js'
import type { FrameSet } from './frame-set.js'
import type { GrowthSeries } from './growth-series.js'
import { NamedTree } from './named-tree.js'
import { Field, fieldCount, type SiteTable } from './site-table.js'

export interface CostTable {
  costs: StackCost[]
  tree: ProcessFacts['tree']
  /** Index into `costs` of each site. */
  costOfSite: Uint32Array
}

/** Costs by named stack and kind. Growth is summed over the workloads of the process. */
export function stackCosts(
  meta: TraceMeta,
  frames: FrameSet,
  sites: SiteTable,
  series: readonly GrowthSeries[],
): CostTable {
  const tree = new NamedTree(meta.stacks, frames)
  const costs: StackCost[] = []
  const byPlace = new Map<number, number>()
  const costOfSite = new Uint32Array(sites.count)
  for (let site = 0; site < sites.count; site++) {
    const kind = sites.kind[site]!
    const treeIndex = tree.indexOf(sites.stack[site]!)
    const key = treeIndex * 32 + kind
    let index = byPlace.get(key)
    if (index === undefined) {
      index = costs.push(emptyCost(treeIndex, kindNames[kind] ?? 'malloc')) - 1
      byPlace.set(key, index)
    }
    costOfSite[site] = index
    addSite(costs[index]!, sites, site)
    for (const { siteGrowthCount, siteGrowthBytes } of series) {
      costs[index]!.growthCount += siteGrowthCount[site] ?? 0
      costs[index]!.growthBytes += siteGrowthBytes[site] ?? 0
    }
  }
  return {
    costs,
    tree: { parentIndex: tree.parentIndex, frameIndex: tree.frameIndex },
    costOfSite,
  }
}

function addSite(cost: StackCost, sites: SiteTable, site: number): void {
  const at = site * fieldCount
  const { stats } = sites
  cost.allocatedCount += stats[at + Field.allocatedCount]!
  cost.allocatedBytes += stats[at + Field.allocatedBytes]!
  cost.liveCount += stats[at + Field.liveCount]!
  cost.liveBytes += stats[at + Field.liveBytes]!
  cost.peakCount += stats[at + Field.peakCount]!
  cost.peakBytes += sites.peakBytes[site]!
  cost.temporaryCount += stats[at + Field.temporaryCount]!
  cost.temporaryBytes += stats[at + Field.temporaryBytes]!
}

function emptyCost(treeIndex: number, kind: StackCost['kind']): StackCost {
  return {
    treeIndex,
    kind,
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
}
