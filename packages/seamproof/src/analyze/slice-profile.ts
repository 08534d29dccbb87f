import type { CpuCost, CpuProfile } from '../contract/cpu-profile.js'

/** The part of a profile between two times, as a profile of its own. Undefined when the source has no times. */
export function sliceProfile(
  profile: CpuProfile,
  fromNs: number,
  toNs: number,
): CpuProfile | undefined {
  const { timeline, costs } = profile
  if (timeline === undefined) return undefined
  const counts = new Map<number, number>()
  const kept = { timeNs: [] as number[], costIndex: [] as number[] }
  const indexes = new Map<number, number>()
  timeline.timeNs.forEach((timeNs, at) => {
    if (timeNs < fromNs || timeNs >= toNs) return
    const cost = timeline.costIndex[at]!
    counts.set(cost, (counts.get(cost) ?? 0) + 1)
    if (!indexes.has(cost)) indexes.set(cost, indexes.size)
    kept.timeNs.push(timeNs - fromNs)
    kept.costIndex.push(indexes.get(cost)!)
  })
  const slice: CpuCost[] = [...counts].map(([index, sampleCount]) => {
    const cost = costs[index]!
    return { ...cost, sampleCount, ns: (cost.ns / cost.sampleCount) * sampleCount }
  })
  const started = Date.parse(profile.startedAt ?? '')
  return {
    ...profile,
    ...(Number.isNaN(started) ? {} : { startedAt: new Date(started + fromNs / 1e6).toISOString() }),
    durationNs: toNs - fromNs,
    costs: slice,
    timeline: kept,
    threads: profile.threads.map((thread, index) => ({
      ...thread,
      sampleCount: slice.reduce(
        (sum, one) => (one.thread === index ? sum + one.sampleCount : sum),
        0,
      ),
    })),
    gc: profile.gc
      .filter(({ timeNs }) => timeNs >= fromNs && timeNs < toNs)
      .map((one) => ({ ...one, timeNs: one.timeNs - fromNs })),
  }
}
