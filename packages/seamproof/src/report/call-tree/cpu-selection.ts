/** One thread, or a part of the time, of a CPU profile: the same columns, with less in them. */
import type {
  CpuColumns,
  MetricColumns,
  ResourceColumns,
} from '../flamegraph/flamegraph-document.js'

export interface CpuSelection {
  /** Index into `threads`; -1 is all. */
  thread: number
  /** Slices of the timeline, the last one included; undefined is all of the time. */
  slices: readonly [first: number, last: number] | undefined
}

export function selectedColumns(
  columns: ResourceColumns,
  cpu: CpuColumns,
  selection: CpuSelection,
): ResourceColumns {
  const { thread } = selection
  const slices = cpu.timeline && selection.slices
  if (thread < 0 && slices === undefined) return columns
  const counts = slices && samplesOf(cpu, slices)
  return {
    ...columns,
    metrics: columns.metrics.map((metric) => selectedMetric(metric, cpu, thread, counts)),
  }
}

function selectedMetric(
  metric: MetricColumns,
  { rowThread }: CpuColumns,
  thread: number,
  counts: Float64Array | undefined,
): MetricColumns {
  const { time, samples, ...head } = metric
  if (time === undefined || samples === undefined) return metric
  const isIn = (row: number) => samples[row] !== 0 && (thread < 0 || rowThread[row] === thread)
  const selectedSamples = samples.map((count, row) => (isIn(row) ? (counts?.[row] ?? count) : 0))
  const hasAny = selectedSamples.some((count) => count > 0)
  if (!hasAny) return head
  return {
    ...head,
    samples: selectedSamples,
    // A row's samples all have the same weight, or are treated as if.
    time: time.map((ns, row) =>
      samples[row] === 0 ? 0 : (ns * selectedSamples[row]!) / samples[row]!,
    ),
  }
}

function samplesOf(
  { rowThread, timeline }: CpuColumns,
  [first, last]: readonly [number, number],
): Float64Array {
  const counts = new Float64Array(rowThread.length)
  if (timeline === undefined) return counts
  const end = timeline.sliceStart[last + 1] ?? timeline.row.length
  for (let at = timeline.sliceStart[first] ?? end; at < end; at++)
    counts[timeline.row[at]!]! += timeline.count[at]!
  return counts
}

/** Nanoseconds of each slice by category of state, for the strip above the graph: `[category][slice]`. */
export function timeByCategory(
  columns: ResourceColumns,
  cpu: CpuColumns,
  thread: number,
  metric: MetricColumns | undefined,
): Map<number, Float64Array> {
  const byCategory = new Map<number, Float64Array>()
  const { timeline, rowThread, rowCategory } = cpu
  const all = columns.metrics.find((one) => one.metric === 'wall')
  if (timeline === undefined || all?.time === undefined || all.samples === undefined)
    return byCategory
  const shown = metric?.samples
  const sliceCount = timeline.sliceStart.length - 1
  for (let slice = 0; slice < sliceCount; slice++)
    for (let at = timeline.sliceStart[slice]!; at < timeline.sliceStart[slice + 1]!; at++) {
      const row = timeline.row[at]!
      if ((thread >= 0 && rowThread[row] !== thread) || (shown !== undefined && !shown[row]))
        continue
      const category = rowCategory[row]!
      let sums = byCategory.get(category)
      if (sums === undefined) {
        sums = new Float64Array(sliceCount)
        byCategory.set(category, sums)
      }
      sums[slice]! += (all.time[row]! / all.samples[row]!) * timeline.count[at]!
    }
  return byCategory
}
