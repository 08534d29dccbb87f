import type { ResourceSeries } from '../contract/facts.js'
import type { TraceMark, TraceSample } from '../trace/trace-meta.js'
import type { StepPlan } from './step-plan.js'
import { slopeOf } from './theil-sen.js'

/** Resources as the hooks counted them, at a mark. */
export interface ResourceReading {
  fdCount: number
  threadCount: number
  childCount: number
  mappingCount: number
}

/**
 * Resources at the points of a workload. They are read from outside (/proc) at each mark; where that was not done, what the
 * hooks counted stands in.
 */
export function resourceSeries(
  plan: StepPlan,
  marks: readonly TraceMark[],
  samples: readonly TraceSample[],
  readings: readonly ResourceReading[],
): ResourceSeries[] {
  const sampled = plan.points.flatMap((point) => sampleAt(marks, point, samples) ?? [])
  const isSampled = sampled.length === plan.points.length
  // Children and mappings are only read for marks, and a process has mappings.
  const isFull = isSampled && sampled.every((sample) => sample.mappingCount > 0)
  const hooked = plan.points.map((point) => readings[point]!)
  const series = (resource: ResourceSeries['resource'], values: number[]): ResourceSeries => ({
    resource,
    ...(plan.workload === undefined ? {} : { workload: plan.workload }),
    operationsPerStep: plan.operationsPerStep,
    values,
    perOperation: slopeOf(plan.positions, values),
  })
  const result = [
    series('fd', isSampled ? sampled.map((s) => s.fdCount) : hooked.map((h) => h.fdCount)),
    series(
      'thread',
      isSampled ? sampled.map((s) => s.threadCount) : hooked.map((h) => h.threadCount),
    ),
    series('child', isFull ? sampled.map((s) => s.childCount) : hooked.map((h) => h.childCount)),
    series(
      'mapping',
      isFull ? sampled.map((s) => s.mappingCount) : hooked.map((h) => h.mappingCount),
    ),
  ]
  const rss = isSampled ? sampled.map((s) => s.rssBytes) : []
  if (rss.length > 0) result.push(series('rss', rss))
  return result
}

/** The sample that was taken for a mark, else the nearest, unless another mark is nearer to it: that was another state. */
function sampleAt(
  marks: readonly TraceMark[],
  point: number,
  samples: readonly TraceSample[],
): TraceSample | null {
  const mark = marks[point]!
  const taken = samples.find((sample) => sample.seq !== 0 && sample.seq === mark.seq)
  if (taken !== undefined) return taken
  let best: TraceSample | null = null
  for (const sample of samples) {
    if (sample.threadCount === 0) continue
    if (best === null || distance(sample, mark) < distance(best, mark)) best = sample
  }
  if (best === null) return null
  const found = best
  const isOthers = marks.some(
    (other) => other.kind !== 'round-begin' && distance(found, other) < distance(found, mark),
  )
  return isOthers ? null : found
}

const distance = (sample: TraceSample, mark: TraceMark) => Math.abs(sample.timeUs - mark.timeUs)
