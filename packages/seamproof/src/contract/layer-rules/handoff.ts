import type { LayerRule } from '../layer.js'

const family = 'handoff'

export const handoffRules: LayerRule[] = [
  {
    id: 'SEAM-HANDOFF-001',
    family,
    severity: 'error',
    title: 'memory freed while JavaScript owns it',
    rule: 'Memory behind an external ArrayBuffer, Buffer or string stays valid until its finalizer has been called.',
    anchor: 'napi_create_external_arraybuffer',
    otherwise: 'Nothing: JavaScript reads and writes whatever is there next.',
    detection:
      'Every free and realloc of the process is compared with the blocks that were handed over and whose finalizer has not begun. Memory that is unmapped, or freed by an allocator of its own, is not seen. A block without a finalizer gets one of the layer, so that its end is known.',
    fix: 'Free in the finalizer and nowhere else, or detach the ArrayBuffer first.',
  },
  {
    id: 'SEAM-HANDOFF-002',
    family,
    severity: 'error',
    title: 'a freed pointer comes back from JavaScript',
    rule: 'What napi_wrap or napi_create_external holds must be removed from its object before it is freed.',
    anchor: 'napi_remove_wrap',
    otherwise: 'Nothing: napi_unwrap returns the old pointer.',
    detection:
      'A free of a wrapped block is remembered; the rule fires when napi_unwrap or napi_get_value_external hands the pointer out again. Freeing alone is not reported: the object may never be asked.',
    fix: 'Call napi_remove_wrap before the free, or free in the finalizer only.',
  },
  {
    id: 'SEAM-HANDOFF-004',
    family,
    severity: 'warning',
    title: 'an object wrapped a second time',
    rule: 'An object can hold one wrapped pointer; a second napi_wrap fails and the caller keeps the memory.',
    anchor: 'napi_wrap',
    otherwise:
      'The call returns napi_invalid_arg, and what was to be wrapped leaks unless the caller frees it.',
    detection: 'napi_wrap was refused, and the object holds a pointer already.',
    fix: 'Unwrap first, and wrap only when there is nothing; free the new block when the call fails.',
  },
  {
    id: 'SEAM-HANDOFF-005',
    family,
    severity: 'error',
    title: 'more external memory given back than taken',
    rule: 'The sum of all changes that an env reports with napi_adjust_external_memory is never negative.',
    anchor: 'napi_adjust_external_memory',
    otherwise: 'The call succeeds, and V8 collects garbage too seldom from then on.',
    detection: 'A running sum for each env; reported when it goes below zero.',
    fix: 'Report the same number of bytes at release as at allocation.',
  },
  {
    id: 'SEAM-HANDOFF-006',
    family,
    severity: 'error',
    title: 'a finalizer frees what was freed before',
    rule: 'A block that JavaScript holds is freed once.',
    anchor: 'napi_finalize',
    otherwise: 'A double free: an abort of the allocator, or a corrupt heap.',
    detection:
      'The block was freed while it was wrapped, and is freed again while its own finalizer runs.',
    fix: 'Call napi_remove_wrap where the block is freed early: the finalizer is then no longer called.',
  },
  {
    id: 'SEAM-HANDOFF-007',
    family,
    severity: 'advice',
    title: 'the same memory handed over twice',
    rule: 'Two external buffers over one address need finalizers that count.',
    anchor: 'napi_create_external_buffer',
    otherwise:
      'It works, and the memory is freed twice unless the finalizers count references. V8 with its sandbox, as in Electron, and Node up to 14 abort.',
    detection: 'An external ArrayBuffer or Buffer is made over the address of one that is alive.',
    fix: 'Make one ArrayBuffer and views on it.',
  },
]
