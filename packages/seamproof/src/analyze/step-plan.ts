import type { WorkloadRun } from '../contract/capture.js'
import type { TraceMark, TraceMeta } from '../trace/trace-meta.js'
import { pointsMin } from './growth-series.js'

/** At which points of a trace one series is read, and what lies between them. */
export interface StepPlan {
  evidence: 'rounds' | 'lifetime'
  workload?: string
  /** Indexes into the trace's marks, snapshots or slices of life: where values are read, the first being the baseline. */
  points: number[]
  /** Operations done (or seconds lived) at each point, from 0 at the first. */
  positions: number[]
  /** Between two points; the mean where they differ. */
  operationsPerStep: number
}

/** `<workload>` or `<workload>#<round>`. */
export function workloadOf(name: string, workloads: readonly WorkloadRun[]): string {
  if (workloads.some((workload) => workload.name === name)) return name
  return name.replace(/#\d+$/, '')
}

/**
 * One plan per workload that was run in rounds. The baseline is the end of the warm-up, else the beginning of the first
 * round, which is as near to a state at rest as the trace has.
 */
export function planRounds(
  marks: readonly TraceMark[],
  workloads: readonly WorkloadRun[],
): StepPlan[] {
  const points = new Map<string, number[]>()
  marks.forEach((mark, index) => {
    if (mark.kind === 'user' || mark.kind === 'program-end') return
    const name = workloadOf(mark.name, workloads)
    const known = points.get(name)
    if (known === undefined) points.set(name, [index])
    else if (mark.kind === 'round-end') known.push(index)
    // A later warm-up end, or round begin without a round end since, is the better baseline.
    else if (known.length === 1 && mark.kind === 'warmup-end') known[0] = index
  })
  const plans: StepPlan[] = []
  for (const [workload, indexes] of points) {
    if (indexes.length < pointsMin) continue
    const run = workloads.find((candidate) => candidate.name === workload)
    const operations = run === undefined ? 1 : Math.max(1, run.operationsPerRound)
    plans.push({
      evidence: 'rounds',
      workload,
      points: indexes,
      positions: indexes.map((_, round) => round * operations),
      operationsPerStep: operations,
    })
  }
  return plans
}

export const lifetimeSliceCount = 20
/** Blocks younger than this many slices, a tenth of the life, say nothing yet. */
export const youngSliceCount = 2

/** Equal slices of the life of a program that has no rounds; values are read at the end of each. */
export function planLifetime(lifeUs: number): StepPlan {
  const seconds = lifeUs / 1e6 / lifetimeSliceCount
  const points: number[] = []
  for (let slice = youngSliceCount; slice < lifetimeSliceCount; slice++) points.push(slice)
  return {
    evidence: 'lifetime',
    points,
    positions: points.map((_, index) => index * seconds),
    operationsPerStep: seconds,
  }
}

/**
 * In `aggregate` mode a program without rounds is only known at its snapshots, which become rarer: of those taken close
 * together, as many as keep the slices of life about equal. What tear-down releases says nothing of the life before it, so
 * the snapshot of the program's end is left out.
 */
export function planSnapshots({
  snapshots,
  marks,
}: Pick<TraceMeta, 'snapshots' | 'marks'>): StepPlan | null {
  const endSeq = marks.find((mark) => mark.kind === 'program-end')?.seq
  const end = snapshots.findIndex((snapshot) => snapshot.seq === endSeq)
  const timesUs = snapshots.slice(0, end < 0 ? undefined : end).map(({ timeUs }) => timeUs)
  if (timesUs.length < pointsMin) return null
  const spanUs = timesUs.at(-1)! - timesUs[0]!
  const apartUs = Math.max(spanUs / lifetimeSliceCount, medianGap(timesUs) / 2)
  const points: number[] = []
  timesUs.forEach((timeUs, index) => {
    if (index === 0 || timeUs - timesUs[points.at(-1)!]! >= apartUs) points.push(index)
  })
  if (points.length < pointsMin) return null
  const positions = points.map((index) => (timesUs[index]! - timesUs[0]!) / 1e6)
  return {
    evidence: 'lifetime',
    points,
    positions,
    operationsPerStep: positions.at(-1)! / (positions.length - 1),
  }
}

function medianGap(times: readonly number[]): number {
  const gaps = times.slice(1).map((time, index) => time - times[index]!)
  return gaps.sort((a, b) => a - b)[gaps.length >>> 1] ?? 0
}
