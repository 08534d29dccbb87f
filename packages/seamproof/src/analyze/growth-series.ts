import type { StepPlan } from './step-plan.js'

export interface GroupValues {
  counts: Float64Array
  bytes: Float64Array
}

/** What each site holds at one point in time, and how many blocks it allocated until then. */
export interface SiteReading {
  counts: Float64Array
  bytes: Float64Array
  allocated: Float64Array
}

/** A series of two points would have one step: nothing to tell steady from odd. */
export const pointsMin = 3

/** What is live per group at each point of a plan, and per site between its first and last point. */
export class GrowthSeries {
  plan: StepPlan
  readonly values = new Map<number, GroupValues>()
  /** Per site, live at the last point minus live at the first; empty before `finish`. */
  siteGrowthCount = new Float64Array(0)
  siteGrowthBytes = new Float64Array(0)
  /** Per site, blocks allocated between the first and the last point, whether they stayed or not. */
  siteAllocatedCount = new Float64Array(0)
  readonly #groupOfSite: (site: number) => number
  #first: SiteReading | null = null
  #last: SiteReading | null = null
  #next = 0

  constructor(plan: StepPlan, groupOfSite: (site: number) => number) {
    this.plan = plan
    this.#groupOfSite = groupOfSite
  }

  /** The point that is read next, or -1 after the last. */
  get nextPoint(): number {
    return this.plan.points[this.#next] ?? -1
  }

  /** What each site holds now, at `nextPoint`. */
  record(reading: SiteReading): void {
    const { counts, bytes } = reading
    const step = this.#next++
    for (let site = 0; site < counts.length; site++) {
      if (counts[site] === 0 && bytes[site] === 0) continue
      const values = this.#of(this.#groupOfSite(site))
      values.counts[step]! += counts[site]!
      values.bytes[step]! += bytes[site]!
    }
    this.#first ??= reading
    this.#last = reading
  }

  /** False when too few points were reached. A trace that broke off has fewer than were planned: the series ends there. */
  finish(): boolean {
    const reached = this.#next
    if (reached < pointsMin || this.#first === null || this.#last === null) return false
    if (reached < this.plan.points.length) {
      const { points, positions } = this.plan
      this.plan = {
        ...this.plan,
        points: points.slice(0, reached),
        positions: positions.slice(0, reached),
      }
      for (const values of this.values.values()) {
        values.counts = values.counts.slice(0, reached)
        values.bytes = values.bytes.slice(0, reached)
      }
    }
    this.siteGrowthCount = difference(this.#last.counts, this.#first.counts)
    this.siteGrowthBytes = difference(this.#last.bytes, this.#first.bytes)
    this.siteAllocatedCount = difference(this.#last.allocated, this.#first.allocated)
    return true
  }

  #of(group: number): GroupValues {
    let values = this.values.get(group)
    if (values === undefined) {
      const length = this.plan.points.length
      values = { counts: new Float64Array(length), bytes: new Float64Array(length) }
      this.values.set(group, values)
    }
    return values
  }
}

/** `earlier` ends before the sites that came later, where it counts as zero. */
function difference(later: Float64Array, earlier: Float64Array): Float64Array<ArrayBuffer> {
  const result = Float64Array.from(later)
  for (let i = 0; i < Math.min(earlier.length, result.length); i++) result[i]! -= earlier[i]!
  return result
}
