import type { ProcessFacts } from '../contract/facts.js'
import type { ReadCapture } from '../pipeline.js'
import { formatBytes, formatCounted } from '../report/format-quantity.js'

/** What a person wants to know right after a program ended: did it work, how much was it, what to type next. */
export function trackSummary(
  { facts, verdicts, manifest, notes }: ReadCapture,
  shown: string,
): string {
  const lines = facts.processes.map(processLine)
  const signal = manifest.exit.signal
  if (signal) lines.push(`the subject was ended by ${signal}; what it did until then is recorded`)
  for (const { check, status, evidence } of verdicts.checks)
    if (status !== 'pass') lines.push(`${status}: ${check}: ${evidence}`)
  lines.push(...notes, `capture: ${shown}`)
  for (const command of ['summary', 'leaks', 'flamegraph'])
    lines.push(`  seamproof ${command} ${shown}`)
  return lines.map((line) => `seamproof: ${line}`).join('\n')
}

function processLine({ pid, argv, totals, end }: ProcessFacts): string {
  const ending = endings[end]
  return [
    `process ${pid} (${argv.slice(0, 2).join(' ')}): ${formatCounted(totals.allocatedCount, 'allocation')}`,
    `peak ${formatBytes(totals.peakBytes)}`,
    `${formatBytes(totals.liveBytes)} live at the end${ending}`,
  ].join(', ')
}

const endings: Record<ProcessFacts['end'], string> = {
  closed: '',
  killed: ' (it was killed: no proper end)',
  'disk-full': ' (PARTIAL: the disk was full)',
  'file-limit': ' (PARTIAL: the file limit was reached)',
  exec: ' (it went on as another program)',
}
