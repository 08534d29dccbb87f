import type { ProcessFacts } from '../contract/facts.js'
import type { ReadCapture } from '../pipeline.js'
import { formatBytes, formatCounted } from '../report/format-quantity.js'
import { processLabel } from '../report/process-choice.js'

const processesShown = 6

/** What a person wants to know right after a program ended: did it work, how much was it, what to type next. */
export function trackSummary(
  { facts, verdicts, manifest, notes }: ReadCapture,
  shown: string,
): string {
  const processes = [...facts.processes].sort((a, b) => b.totals.eventCount - a.totals.eventCount)
  const lines = processes.slice(0, processesShown).map(processLine)
  if (processes.length > processesShown)
    lines.push(
      `and ${formatCounted(processes.length - processesShown, 'smaller process', 'smaller processes')}`,
    )
  const signal = manifest.exit.signal
  if (signal) lines.push(`the subject was ended by ${signal}; what it did until then is recorded`)
  for (const { check, status, evidence } of verdicts.checks)
    if (status === 'fail' || status === 'inconclusive')
      lines.push(`${status}: ${check}: ${evidence}`)
  lines.push(...notes, `capture: ${shown}`)
  for (const command of ['summary', 'leaks', 'flamegraph'])
    lines.push(`  seamproof ${command} ${shown}`)
  return lines.map((line) => `seamproof: ${line}`).join('\n')
}

function processLine(process: ProcessFacts): string {
  const { totals, end } = process
  return [
    `${shortened(processLabel(process))}: ${formatCounted(totals.allocatedCount, 'allocation')}`,
    `peak ${formatBytes(totals.peakBytes)}`,
    `${formatBytes(totals.liveBytes)} live at the end${endings[end]}`,
  ].join(', ')
}

/** A long command keeps its beginning and its pid. */
function shortened(label: string): string {
  return label.length <= 60
    ? label
    : `${label.slice(0, 44)}… ${label.slice(label.lastIndexOf('('))}`
}

const endings: Record<ProcessFacts['end'], string> = {
  closed: '',
  killed: ' (it was killed: no proper end)',
  'disk-full': ' (PARTIAL: the disk was full)',
  'file-limit': ' (PARTIAL: the file limit was reached)',
  exec: ' (it went on as another program)',
}
