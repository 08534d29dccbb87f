import { quantityText } from '../../base/quantity-text.js'
import type { Measurement, MeasurementList } from '../../contract/measurement.js'
import { formatPercent } from '../format-quantity.js'

/** A line of a bench report: the same cells in the terminal and in Markdown. */
interface BenchLine {
  name: string
  value: string
  interval: string
  count: string
  spread: string
  /** Number of the note below the table, where the value is worth less than it looks. */
  noteNumber?: number
}

export interface BenchTable {
  workload: string
  component?: string
  lines: BenchLine[]
  notes: string[]
}

export const benchHeads = ['', 'value', '95 % interval', 'n', 'spread'] as const

/** One table per workload, in the order in which they were measured. */
export function benchTables({ measurements }: Pick<MeasurementList, 'measurements'>): BenchTable[] {
  const tables: BenchTable[] = []
  for (const measurement of measurements) {
    const workload = measurement.workload ?? ''
    let table = tables.find((one) => one.workload === workload)
    if (table === undefined) {
      const { component } = measurement
      table = { workload, ...(component === undefined ? {} : { component }), lines: [], notes: [] }
      tables.push(table)
    }
    table.lines.push(benchLine(measurement, table.notes))
  }
  return tables
}

function benchLine(measurement: Measurement, notes: string[]): BenchLine {
  const { estimate, unit, sampleCount, spread, weakness } = measurement
  const { value, low, high } = estimate
  const isExact = low === value && high === value
  return {
    name: lineName(measurement),
    value: quantityText(value, unit),
    interval: isExact
      ? sampleCount > 1
        ? 'always'
        : ''
      : `${quantityText(low, unit)} to ${quantityText(high, unit)}`,
    count: String(sampleCount),
    spread: spread === undefined || sampleCount < 2 || isExact ? '' : formatPercent(spread),
    ...(weakness === undefined ? {} : { noteNumber: noteNumber(notes, weakness) }),
  }
}

/** The same weakness is said once. */
function noteNumber(notes: string[], weakness: string): number {
  const known = notes.indexOf(weakness)
  return known < 0 ? notes.push(weakness) : known + 1
}

function lineName({ metric, detail }: Measurement): string {
  return detail === undefined ? metric : `${metric}: ${detail}`
}

/** What could not be measured, a line for each reason. */
export function missingLines({ missing }: Pick<MeasurementList, 'missing'>): string[] {
  const byReason = new Map<string, string[]>()
  for (const { metric, workload, reason } of missing) {
    const key = `${workload === undefined ? '' : `${workload}: `}${reason}`
    byReason.set(key, [...(byReason.get(key) ?? []), metric])
  }
  return [...byReason].map(([reason, names]) => `not measured: ${names.join(', ')}: ${reason}`)
}
