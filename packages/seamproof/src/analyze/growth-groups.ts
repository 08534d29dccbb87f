import type { GrowthGroup, QuietGroups } from '../contract/facts.js'
import type { TraceMeta } from '../trace/trace-meta.js'
import { kindNames } from './allocation-kind.js'
import { CallSites } from './call-sites.js'
import type { FrameSet } from './frame-set.js'
import type { GroupTable, StackGroup } from './group-table.js'
import type { GroupValues, GrowthSeries } from './growth-series.js'
import { Field, fieldCount, type SiteTable } from './site-table.js'
import { stableHash } from './stable-id.js'
import { slopeOf } from './theil-sen.js'

/** Node's own groups are many: only the strongest that grew are kept. Of the subject's, all that changed. */
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

export interface SeriesGroups {
  groups: GrowthGroup[]
  quietGroups: QuietGroups[]
}

/** The groups of one series, the strongest growth first; those of the subject that were at work and did not change, counted. */
export function growthGroups(input: GrowthInput, series: GrowthSeries): SeriesGroups {
  const subject: GrowthGroup[] = []
  const others: GrowthGroup[] = []
  const quietOfKind = new Map<number, number>()
  for (const [index, sites] of sitesByGroup(input)) {
    const group = input.groups.groups[index]!
    const values = series.values.get(index)
    const isSubject = group.attribution === 'subject'
    if (values !== undefined && (isSubject ? isChanged(values) : isGrown(values)))
      (isSubject ? subject : others).push(makeGroup(input, series, group, sites, values))
    else if (isSubject && sites.some((site) => (series.siteAllocatedCount[site] ?? 0) > 0))
      quietOfKind.set(group.kind, (quietOfKind.get(group.kind) ?? 0) + 1)
  }
  const kept = others.sort(byGrowth).slice(0, runtimeGroupsMax)
  return {
    groups: [...subject, ...kept].sort(byGrowth),
    quietGroups: quietGroups(series, quietOfKind),
  }
}

function quietGroups({ plan }: GrowthSeries, countOfKind: Map<number, number>): QuietGroups[] {
  const { evidence, workload, operationsPerStep, points } = plan
  return [...countOfKind].map(([kind, groupCount]) => ({
    evidence,
    ...(workload === undefined ? {} : { workload }),
    kind: kindNames[kind] ?? 'malloc',
    operationsPerStep,
    stepCount: points.length - 1,
    groupCount,
  }))
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
