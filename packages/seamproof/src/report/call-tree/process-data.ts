import type {
  FlamegraphProcess,
  MetricColumns,
  ResourceColumns,
} from '../flamegraph/flamegraph-document.js'

/** A process's columns as typed arrays, decoded once. */
export interface ProcessData {
  source: FlamegraphProcess
  parent: Int32Array
  frame: Int32Array
  text(index: number): string
}

export function decodeProcess(source: FlamegraphProcess): ProcessData {
  const { parentOffset, frame } = source.tree
  const parent = Int32Array.from(parentOffset, (offset, index) => index - offset)
  parent[0] = -1
  return {
    source,
    parent,
    frame: Int32Array.from(frame),
    text: (index) => source.strings[index] ?? '',
  }
}

export const units = ['bytes', 'blocks', 'time', 'samples'] as const
export type Unit = (typeof units)[number]

/** Size and number tell of the same thing: whichever is drawn, the other is told beside it. */
export const otherUnit: Record<Unit, Unit> = {
  bytes: 'blocks',
  blocks: 'bytes',
  time: 'samples',
  samples: 'time',
}

export const columnsOf = (source: FlamegraphProcess, name: string): ResourceColumns | undefined =>
  source.resources.find((columns) => columns.resource === name) ?? source.resources[0]

export const metricOf = (
  columns: ResourceColumns | undefined,
  name: string,
): MetricColumns | undefined =>
  columns?.metrics.find((metric) => metric.metric === name) ?? columns?.metrics[0]

/** Descriptors, threads and children have no size. */
export function unitsOf(columns: ResourceColumns | undefined): readonly Unit[] {
  if (columns?.resource === 'cpu') return ['time', 'samples']
  const hasSize =
    columns === undefined || columns.resource === 'heap' || columns.resource === 'mmap'
  return hasSize ? ['bytes', 'blocks'] : ['blocks']
}
