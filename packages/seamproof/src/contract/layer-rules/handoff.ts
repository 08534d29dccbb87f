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
    otherwise:
      'Up to Node 22 the call succeeds, and V8 collects garbage too seldom from then on; Node 24 aborts.',
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
  {
    id: 'SEAM-HANDOFF-008',
    family,
    severity: 'error',
    title: 'memory of a failed handoff is never freed',
    rule: 'When a call that hands memory to JavaScript fails, the memory is still the caller’s.',
    anchor: 'napi_wrap',
    otherwise: 'Nothing: it leaks each time the call fails, which is seldom tested.',
    detection:
      'napi_wrap, napi_create_external and the external buffers with a finalizer were refused, the pointer is a block of malloc, and until the end of the process it was neither freed nor handed over after all. Failures that are made on purpose are counted too.',
    fix: 'Look at the status and free the block when it is not napi_ok.',
  },
  {
    id: 'SEAM-HANDOFF-009',
    family,
    severity: 'warning',
    title: 'memory handed over without a finalizer',
    rule: 'What is handed to JavaScript has somebody who frees it when the object is collected.',
    anchor: 'napi_wrap',
    otherwise: 'Nothing: V8 frees the object, and the native block stays.',
    detection:
      'napi_wrap, napi_create_external or an external buffer with a NULL finalizer and a block of malloc.',
    fix: 'Pass a finalizer, or napi_remove_wrap and free where the object is given up.',
    optIn: 'a list of the addon’s own may own the block',
  },
  {
    id: 'SEAM-HANDOFF-010',
    family,
    severity: 'warning',
    title: 'one native object wrapped by two objects',
    rule: 'A native object belongs to one JavaScript object.',
    anchor: 'napi_wrap',
    otherwise: 'It works until both are collected: then the finalizer frees the same memory twice.',
    detection:
      'napi_wrap with a finalizer of a block of malloc that a living object wraps already.',
    fix: 'Keep a reference to the first object and return that one, or count owners in the native object.',
  },
  {
    id: 'SEAM-HANDOFF-011',
    family,
    severity: 'warning',
    title: 'objects of two classes are unwrapped as one',
    rule: 'A function makes sure of the class of an object before it unwraps it.',
    anchor: 'napi_type_tag_object',
    otherwise:
      'Nothing: the pointer of another class is used as if it were of the one that was meant.',
    detection:
      'One place in the code is given pointers that two constructors wrapped, and the callback asked neither napi_instanceof nor napi_check_object_type_tag. V8 itself refuses methods of a class on objects of another one.',
    fix: 'Tag objects with napi_type_tag_object and check the tag before napi_unwrap, or ask napi_instanceof.',
    optIn:
      'a helper that every class calls unwraps objects of all of them, and may know the class by other means',
  },
  {
    id: 'SEAM-HANDOFF-012',
    family,
    severity: 'warning',
    title: 'a buffer was detached while a callback has its pointer',
    rule: 'After JavaScript has run, pointers into ArrayBuffers are asked for again.',
    anchor: 'napi_get_arraybuffer_info',
    otherwise: 'Nothing: the memory belongs to somebody else by then.',
    detection:
      'After each call into JavaScript the ArrayBuffers that this callback got pointers of are asked whether they are detached.',
    fix: 'Ask for the pointer after the call, or copy before it.',
    optIn: 'the addon may not use the pointer any more',
  },
]
