/** The controls above the graph. Drawn anew from the state on each change; the search box stays, since someone types in it. */

import { type Grouping, groupings } from '../../call-tree/frame-keys.js'
import { columnsOf, metricOf, type Unit, unitsOf } from '../../call-tree/process-data.js'
import { formatCounted } from '../../format-quantity.js'
import { resourceLabels } from '../../metric.js'
import type { FlamegraphProcess, MetricColumns, ResourceColumns } from '../flamegraph-document.js'
import { type Choice, element, segmented } from './element.js'
import type { ViewState } from './view-state.js'

export type Change = (change: Partial<ViewState>) => void

const groupingLabels: Record<Grouping, string> = {
  function: 'Function',
  line: 'Line',
  module: 'Module',
}

function metricChoice(metric: MetricColumns, unit: ViewState['unit']): Choice<string> {
  const isEmpty = metric[unit] === undefined
  return {
    value: metric.metric,
    label: metric.label,
    isDisabled: metric.gap !== undefined || isEmpty,
    title: metric.gap ?? (isEmpty ? 'nothing to show: zero everywhere' : ''),
  }
}

function resourceChooser(
  process: FlamegraphProcess,
  state: ViewState,
  change: Change,
): HTMLElement[] {
  if (process.resources.length < 2) return []
  const select = element('select', { 'aria-label': 'What is counted', 'data-focus': 'resource' })
  for (const { resource } of process.resources)
    select.append(
      element(
        'option',
        { value: resource, selected: resource === state.resource },
        resource === 'cpu' ? 'Time' : resourceLabels[resource],
      ),
    )
  select.addEventListener('change', () => {
    const resource = select.value
    const columns = columnsOf(process, resource)
    const possible = unitsOf(columns)
    change({ resource, unit: possible.includes(state.unit) ? state.unit : possible[0]! })
  })
  return [select]
}

function unitChoices(columns: ResourceColumns | undefined): Choice<Unit>[] {
  if (columns?.resource === 'cpu')
    return [
      { value: 'time', label: 'Time' },
      { value: 'samples', label: 'Samples' },
    ]
  return [
    { value: 'bytes', label: 'Bytes', isDisabled: !unitsOf(columns).includes('bytes') },
    { value: 'blocks', label: columns?.resource === 'heap' ? 'Blocks' : 'Count' },
  ]
}

function threadChooser(
  { cpu }: FlamegraphProcess,
  state: ViewState,
  change: Change,
): HTMLElement[] {
  if (cpu === undefined || cpu.threads.length < 2) return []
  const select = element('select', { 'aria-label': 'Thread', 'data-focus': 'thread' })
  const option = (value: number, label: string) =>
    element('option', { value, selected: value === state.thread }, label)
  select.append(
    option(-1, `All ${cpu.threads.length} threads`),
    ...cpu.threads.map(({ label, sampleCount }, index) =>
      option(index, `${label}: ${formatCounted(sampleCount, 'sample')}`),
    ),
  )
  select.addEventListener('change', () => change({ thread: Number(select.value), zoomNode: 0 }))
  return [select]
}

export function renderToolbar(
  process: FlamegraphProcess,
  columns: ResourceColumns | undefined,
  state: ViewState,
  change: Change,
): HTMLElement[] {
  const metrics = columns?.metrics ?? []
  const isCpu = columns?.resource === 'cpu'
  const shown = metricOf(columns, state.metric)?.metric ?? ''
  return [
    segmented(
      'Metric',
      metrics.map((metric) => metricChoice(metric, state.unit)),
      shown,
      (metric) => change({ metric }),
    ),
    segmented('Unit', unitChoices(columns), state.unit, (unit) => change({ unit })),
    ...resourceChooser(process, state, change),
    ...threadChooser(process, state, change),
    segmented(
      'Direction',
      [
        { value: 'down', label: 'Callers first', title: 'From the start of the program inwards' },
        {
          value: 'up',
          label: isCpu ? 'Callees first' : 'Allocations first',
          title: isCpu
            ? 'Inverted: from the function that ran out to who called it'
            : 'Inverted: from the function that allocates out to who called it',
        },
      ],
      state.isInverted ? 'up' : 'down',
      (direction) => change({ isInverted: direction === 'up' }),
    ),
    segmented(
      'One box for each',
      groupings.map((grouping) => ({ value: grouping, label: groupingLabels[grouping] })),
      state.grouping,
      (grouping) => change({ grouping }),
    ),
    segmented(
      'Show as',
      [
        { value: 'graph', label: 'Graph' },
        { value: 'table', label: 'Table', title: 'The same facts as a list of functions' },
      ],
      state.tab,
      (tab) => change({ tab }),
    ),
  ]
}
