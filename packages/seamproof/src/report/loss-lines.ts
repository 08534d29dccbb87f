import type { ProcessFacts } from '../contract/facts.js'
import { formatBytes, formatCounted, formatPercent } from './format-quantity.js'

const endings: Record<ProcessFacts['end'], string | undefined> = {
  closed: undefined,
  exec: undefined,
  killed: 'the process was killed: what it did in its last instants may be missing',
  'disk-full': 'the disk was full: the trace ends before the process did',
  'file-limit': 'the trace reached its size limit and ends before the process did',
}

/** Everything that was not seen, in sentences. Empty when nothing was lost. */
export function lossLines(process: ProcessFacts): string[] {
  const { losses } = process
  const lines: string[] = []
  const add = (count: number, text: string) => {
    if (count > 0) lines.push(text)
  }
  const ending = endings[process.end]
  if (ending !== undefined) lines.push(ending)
  add(losses.eventsDropped, `${formatCounted(losses.eventsDropped, 'event')} dropped`)
  add(
    losses.stacksTruncated,
    `${formatCounted(losses.stacksTruncated, 'stack')} cut at the depth limit (outer frames unknown)`,
  )
  add(
    losses.walksEndedEarly,
    `${formatCounted(losses.walksEndedEarly, 'stack walk')} ended before the root`,
  )
  add(
    losses.nodeTableFull,
    `${formatCounted(losses.nodeTableFull, 'stack')} cut because the stack table was full`,
  )
  add(
    losses.foreignStackWalks,
    `${formatCounted(losses.foreignStackWalks, 'walk')} on a stack that is not the thread's own`,
  )
  add(
    losses.untrackedCalls,
    `${formatCounted(losses.untrackedCalls, 'call')} passed untracked (thread starting or ending, or inside the agent)`,
  )
  add(
    losses.damagedChunks,
    `${formatCounted(losses.damagedChunks, 'damaged chunk')} skipped (${formatBytes(losses.damagedBytes)} of the trace)`,
  )
  const { frameCount, frameNamedCount, userFrameCount, userFrameNamedCount } = process.jsFrames
  if (frameNamedCount < frameCount)
    lines.push(
      `JavaScript frames without a name: ${formatPercent(1 - frameNamedCount / frameCount)} of all, ${
        userFrameCount === 0 ? 'none' : formatPercent(1 - userFrameNamedCount / userFrameCount)
      } of the program's own`,
    )
  return [...lines, ...losses.notes]
}
