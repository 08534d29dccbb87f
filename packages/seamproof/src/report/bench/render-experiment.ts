import { estimateText, ratioText } from '../../base/quantity-text.js'
import type { ExperimentResult } from '../../contract/comparison.js'
import type { VerdictRow } from '../../contract/validation.js'
import {
  heading,
  joinLines,
  printable,
  type TextOptions,
  textStyle,
  wrap,
} from '../text/text-style.js'
import { missingLines } from './bench-table.js'
import { changeText } from './comparison-table.js'
import { targetLines } from './render-bench.js'
import { renderComparison } from './render-comparison.js'

/** A flag off and on: both sides, then what it gives beside what was predicted. */
export function renderExperiment(
  result: ExperimentResult,
  rows: readonly VerdictRow[],
  options: TextOptions,
): string {
  const style = textStyle(options)
  const sides = (variables: Record<string, string>) =>
    Object.entries(variables)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')
  const gains = result.measurements.map((one) => {
    const predicted = result.predicted.find(
      ({ metric, workload }) =>
        metric === one.metric && (workload === undefined || workload === one.workload),
    )
    const weakness = one.weakness === undefined ? '' : `; inconclusive: ${one.weakness}`
    const beside =
      predicted === undefined
        ? ''
        : `; predicted ${predicted.metric === 'speedup' ? changeText(predicted.ratio) : ratioText(predicted.ratio)} (${predicted.basis})`
    const text = `${one.workload}: ${one.metric} ${estimateText(one.estimate, one.unit, one.sampleCount)}${beside}${weakness}`
    return `  ${wrap(printable(text), style.width - 2, '    ')}`
  })
  return joinLines([
    renderComparison(
      `Flag ${result.flag}: ${sides(result.off)} (before), ${sides(result.on)} (after)`,
      result.comparisons,
      options,
    ),
    heading(style, 'What it gives'),
    ...(gains.length === 0 ? ['  nothing that was measured on both sides'] : gains),
    '',
    ...[...new Set(missingLines(result))],
    ...result.machine.disturbances.map((text) =>
      style.warn(wrap(`! ${printable(text)}`, style.width, '  ')),
    ),
    ...result.notes,
    ...(rows.length === 0 ? [] : ['', ...targetLines(rows, style)]),
  ])
}
