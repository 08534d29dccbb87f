import type { AllocationKind } from '../contract/facts.js'
import { KindCode } from '../trace/trace-format.js'

/** Names by `KindCode`. */
export const kindNames: Readonly<Record<number, AllocationKind>> = {
  [KindCode.malloc]: 'malloc',
  [KindCode.calloc]: 'calloc',
  [KindCode.realloc]: 'realloc',
  [KindCode.aligned]: 'aligned',
  [KindCode.mmap]: 'mmap',
  [KindCode.fd]: 'fd',
  [KindCode.thread]: 'thread',
  [KindCode.child]: 'child',
}

/** Blocks of the malloc family: what "the heap" means in totals, peak and timeline. */
export function isHeapKind(kind: number): boolean {
  return kind < KindCode.mmap
}
