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
 * Resources at the points of a workload. Descriptors, threads and resident memory are read from outside (/proc); where a
 * mark has no sample near it, descriptors and threads are those that the hooks saw.
 */
export function resourceSeries(
  plan: StepPlan,
  marks: readonly TraceMark[],
  samples: readonly TraceSample[],
  readings: readonly ResourceReading[],
): ResourceSeries[] {
  const near = plan.points.map((point) => sampleAt(marks, point, samples))
  const sampled = near.filter((sample) => sample !== null)
  const isSampled = sampled.length === near.length
  const at = plan.points.map((point) => readings[point]!)
  const series = (resource: ResourceSeries['resource'], values: number[]): ResourceSeries => ({
    resource,
    ...(plan.workload === undefined ? {} : { workload: plan.workload }),
    operationsPerStep: plan.operationsPerStep,
    values,
    perOperation: slopeOf(plan.positions, values),
  })
  const result = [
    series('fd', isSampled ? sampled.map((s) => s.fdCount) : at.map((reading) => reading.fdCount)),
    series(
      'thread',
      isSampled ? sampled.map((s) => s.threadCount) : at.map((reading) => reading.threadCount),
    ),
    series(
      'child',
      at.map((reading) => reading.childCount),
    ),
    series(
      'mapping',
      at.map((reading) => reading.mappingCount),
    ),
  ]
  if (isSampled)
    result.push(
      series(
        'rss',
        sampled.map((s) => s.rssBytes),
      ),
    )
  return result
}

/** The sample nearest to a mark, unless another mark is nearer to it: then it saw another state. */
function sampleAt(
  marks: readonly TraceMark[],
  point: number,
  samples: readonly TraceSample[],
): TraceSample | null {
  const mark = marks[point]!
  let best: TraceSample | null = null
  for (const sample of samples)
    if (best === null || distance(sample, mark) < distance(best, mark)) best = sample
  if (best === null) return null
  const found = best
  const isOthers = marks.some(
    (other) => other.kind !== 'round-begin' && distance(found, other) < distance(found, mark),
  )
  return isOthers ? null : found
}

const distance = (sample: TraceSample, mark: TraceMark) => Math.abs(sample.timeUs - mark.timeUs)
