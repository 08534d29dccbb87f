import type { Comparison } from '../../contract/comparison.js'
import type { MeasurementList } from '../../contract/measurement.js'
import type { VerdictRow } from '../../contract/validation.js'
import { benchHeads, benchTables, missingLines } from './bench-table.js'
import { comparisonHeads, comparisonLines } from './comparison-table.js'

export function benchMarkdown(
  list: MeasurementList,
  rows: readonly VerdictRow[],
  comparisons: readonly Comparison[],
): string {
  const { machine } = list
  const parts = [
    `# Bench`,
    '',
    `${list.createdAt}, Node ${machine.nodeVersion}, ${machine.os}, ${machine.libc}, ${machine.cpuCount} × ${machine.cpuModel}`,
    '',
    `\`${list.command.join(' ')}\``,
    '',
    ...machine.disturbances.map((text) => `- ${text}`),
    '',
  ]
  if (rows.length > 0)
    parts.push(
      ...table(
        ['', 'target', 'asked', 'measured'],
        rows.map(({ status, name, target, evidence, reason }) => [
          status,
          name,
          target,
          reason === undefined ? evidence : `${evidence}; ${reason}`,
        ]),
      ),
    )
  if (comparisons.length > 0)
    parts.push('## Compared', '', ...table(comparisonHeads, comparisonLines(comparisons)))
  for (const { workload, component, lines, notes } of benchTables(list))
    parts.push(
      `## ${escapeCell(workload)}${component === undefined ? '' : ` (${escapeCell(component)})`}`,
      '',
      ...table(
        benchHeads,
        lines.map(({ name, value, interval, count, spread, noteNumber }) => [
          noteNumber === undefined ? name : `${name} [${noteNumber}]`,
          value,
          interval,
          count,
          spread,
        ]),
      ),
      ...notes.map((note, index) => `${index + 1}. inconclusive: ${note}`),
      '',
    )
  parts.push(...[...missingLines(list), ...list.notes].map((text) => `- ${text}`))
  return `${parts
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`
  const rule = heads.map((_, column) => (column === 0 ? '---' : '--:'))
  return [line(heads), `| ${rule.join(' | ')} |`, ...rows.map(line), '']
}

const escapeCell = (text: string): string =>
  text.replace(/[|\\`<>*_[\]]/g, '\\$&').replace(/\n/g, ' ')
