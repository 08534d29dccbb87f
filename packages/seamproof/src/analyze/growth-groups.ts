import type { GrowthGroup } from '../contract/facts.js'
import type { TraceMeta } from '../trace/trace-meta.js'
import { kindNames } from './allocation-kind.js'
import { CallSites } from './call-sites.js'
import type { FrameSet } from './frame-set.js'
import type { GroupTable, StackGroup } from './group-table.js'
import type { GroupValues, GrowthSeries } from './growth-series.js'
import { Field, fieldCount, type SiteTable } from './site-table.js'
import { stableHash } from './stable-id.js'
import { slopeOf } from './theil-sen.js'

/** Node's own groups are many: only the strongest that grew are kept. Of the subject's, all that were at work. */
const runtimeGroupsMax = 100

export interface GrowthInput {
  meta: TraceMeta
  frames: FrameSet
  sites: SiteTable
  groups: GroupTable
  groupOfSite: (site: number) => number
  /** Index into `ProcessFacts.costs` of each site. */
  costOfSite: Uint32Array
}

/** The groups of one series, the strongest growth first. */
export function growthGroups(input: GrowthInput, series: GrowthSeries): GrowthGroup[] {
  const sitesOf = sitesByGroup(input)
  const subject: GrowthGroup[] = []
  const others: GrowthGroup[] = []
  const make = (group: number, sites: number[], values: GroupValues) =>
    makeGroup(input, series, input.groups.groups[group]!, sites, values)
  for (const [group, sites] of sitesOf) {
    const values = series.values.get(group) ?? emptyValues(series.plan.points.length)
    if (input.groups.groups[group]!.attribution === 'subject') {
      const isBusy = sites.some((site) => (series.siteAllocatedCount[site] ?? 0) > 0)
      if (isBusy || isChanged(values)) subject.push(make(group, sites, values))
    } else if (isGrown(values)) others.push(make(group, sites, values))
  }
  const kept = others.sort(byGrowth).slice(0, runtimeGroupsMax)
  return [...subject, ...kept].sort(byGrowth)
}

function sitesByGroup({ sites, groupOfSite }: GrowthInput): Map<number, number[]> {
  const result = new Map<number, number[]>()
  for (let site = 0; site < sites.count; site++) {
    const group = groupOfSite(site)
    const known = result.get(group)
    if (known === undefined) result.set(group, [site])
    else known.push(site)
  }
  return result
}

function emptyValues(length: number): GroupValues {
  return { counts: new Float64Array(length), bytes: new Float64Array(length) }
}

function isChanged({ counts, bytes }: GroupValues): boolean {
  return counts.some((count) => count !== counts[0]) || bytes.some((size) => size !== bytes[0])
}

function isGrown({ counts, bytes }: GroupValues): boolean {
  return counts.at(-1)! > counts[0]! || bytes.at(-1)! > bytes[0]!
}

function byGrowth(a: GrowthGroup, b: GrowthGroup): number {
  const grown = (values: number[]) => values.at(-1)! - values[0]!
  return (
    grown(b.liveBytes) - grown(a.liveBytes) ||
    grown(b.liveCounts) - grown(a.liveCounts) ||
    (a.groupId < b.groupId ? -1 : 1)
  )
}

function makeGroup(
  input: GrowthInput,
  series: GrowthSeries,
  group: StackGroup,
  sites: number[],
  values: GroupValues,
): GrowthGroup {
  const { plan } = series
  const { positions } = plan
  const counts = [...values.counts]
  const bytes = [...values.bytes]
  return {
    groupId: `${group.moduleName || 'process'}-${stableHash(`${plan.workload ?? ''}|${group.identity}`)}`,
    attribution: group.attribution,
    kind: kindNames[group.kind] ?? 'malloc',
    moduleName: group.moduleName,
    functionName: group.functionName,
    frameIndexes: group.frameIndexes,
    callSites: callSitesOf(input, series, sites),
    costIndexes: [...new Set(sites.map((site) => input.costOfSite[site]!))].sort((a, b) => a - b),
    evidence: plan.evidence,
    ...(plan.workload === undefined ? {} : { workload: plan.workload }),
    operationsPerStep: plan.operationsPerStep,
    ...(isEven(positions) ? {} : { positions }),
    liveCounts: counts,
    liveBytes: bytes,
    countPerOperationByStep: counts
      .slice(1)
      .map((count, i) => (count - counts[i]!) / (positions[i + 1]! - positions[i]!)),
    blocksPerOperation: slopeOf(positions, counts),
    bytesPerOperation: slopeOf(positions, bytes),
  }
}

/** To a thousandth: positions of equal slices are sums of fractions. */
function isEven(positions: readonly number[]): boolean {
  const mean = positions.at(-1)! / (positions.length - 1)
  return positions.every((position, index) => Math.abs(position - index * mean) <= mean / 1000)
}

/** Shares are of the group's growth in blocks, else in bytes; nothing led to growth where there is none. */
function callSitesOf(
  { meta, frames, sites, groups }: GrowthInput,
  series: GrowthSeries,
  members: number[],
): GrowthGroup['callSites'] {
  const growth = [series.siteGrowthCount, series.siteGrowthBytes].find((candidate) =>
    members.some((site) => (candidate[site] ?? 0) > 0),
  )
  if (growth === undefined) return []
  const callSites = new CallSites(meta, frames)
  for (const site of members) {
    const allocated = sites.stats[site * fieldCount + Field.allocatedCount]!
    callSites.add(groups.outerNode(sites.stack[site]!), growth[site] ?? 0, allocated)
  }
  return callSites.finish()
}
