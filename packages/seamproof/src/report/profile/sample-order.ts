import type { CpuProfile } from '../../contract/cpu-profile.js'

export interface OrderedSample {
  timeNs: number
  /** Index into `costs`. */
  cost: number
  ns: number
}

/** The samples of each thread in time order; one after the other where the source has no times. */
export function samplesByThread({
  threads,
  costs,
  timeline,
  periodNs,
}: CpuProfile): OrderedSample[][] {
  const byThread: OrderedSample[][] = threads.map(() => [])
  const weight = (index: number) => costs[index]!.ns / costs[index]!.sampleCount
  if (timeline !== undefined) {
    timeline.timeNs.forEach((timeNs, at) => {
      const cost = timeline.costIndex[at]!
      byThread[costs[cost]!.thread]!.push({ timeNs, cost, ns: weight(cost) })
    })
    return byThread
  }
  costs.forEach(({ thread, sampleCount }, cost) => {
    const samples = byThread[thread]!
    for (let count = 0; count < sampleCount; count++)
      samples.push({ timeNs: samples.length * periodNs, cost, ns: weight(cost) })
  })
  return byThread
}
