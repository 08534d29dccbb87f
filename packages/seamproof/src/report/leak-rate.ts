import type { AllocationKind, GrowthGroup } from '../contract/facts.js'
import { formatByteRate, formatRate } from './format-quantity.js'
import { hasBytesKind } from './metric.js'

const unitWords: Partial<Record<AllocationKind, string>> = {
  fd: 'descriptor',
  thread: 'thread',
  child: 'child process',
  mmap: 'mapping',
}

/** `64 B/op, 1.00 block/op`; per second for a program without rounds. */
export function leakRateText(group: GrowthGroup): string {
  const per = group.evidence === 'rounds' ? 'op' : 's'
  const blocks = `${formatRate(group.blocksPerOperation.value)} ${unitWords[group.kind] ?? 'block'}/${per}`
  if (!hasBytesKind(group.kind)) return blocks
  return `${formatByteRate(group.bytesPerOperation.value)}/${per}, ${blocks}`
}
