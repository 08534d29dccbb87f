import type { LayerRule } from '../layer.js'
import { apiRules } from './api.js'
import { callbackRules } from './callback.js'
import { handoffRules } from './handoff.js'

/** Every rule of the seam layer, in the order of their ids. */
export const layerRules: readonly LayerRule[] = [
  ...handoffRules,
  ...callbackRules,
  ...apiRules,
].sort((a, b) => (a.id < b.id ? -1 : 1))

const byId = new Map(layerRules.map((rule) => [rule.id, rule]))

export const layerRule = (id: string): LayerRule | undefined => byId.get(id)

export const nodeDocsUrl = (rule: LayerRule): string =>
  `https://nodejs.org/api/n-api.html#${rule.anchor}`

/** Rules of Node-API that a layer between addon and Node cannot decide, and why. */
export const unseenRules: readonly { rule: string; why: string }[] = [
  {
    rule: 'The capacity in argc of napi_get_cb_info is that of argv.',
    why: 'An address does not say how much memory is behind it. AddressSanitizer sees the overflow.',
  },
  {
    rule: 'The text of napi_get_last_error_info is read before the next call.',
    why: 'Reading memory makes no call. AddressSanitizer does not see it either: the text is static.',
  },
  {
    rule: 'A string is read with room for all of it, and text with NAPI_AUTO_LENGTH ends with a zero.',
    why: 'A text that fills its buffer to the last byte looks the same as one that was cut, and addons that read in pieces do it on purpose. The zero is searched for inside Node; AddressSanitizer sees the overrun.',
  },
  {
    rule: 'Data of a Buffer is not used after the callback without a reference.',
    why: 'Keeping a pointer makes no call. Pointers that lie in the data of async work are found: SEAM-WORK-005 and SEAM-WORK-006. Those that a thread of the addon’s own was given are not.',
  },
  {
    rule: 'Every status is looked at.',
    why: 'Looking at a return value makes no call. What follows from it is seen: SEAM-ERROR-004, SEAM-HANDOFF-008, SEAM-TSFN-008, and with --rule-set all SEAM-ERROR-005.',
  },
  {
    rule: 'Threads and handles of libuv that an addon made are ended before its env.',
    why: 'Neither says for which env it was made. Thread-safe functions that are still held do: SEAM-ENV-006. A crash of such a thread is SEAM-CRASH-001; Node itself complains about open handles of a Worker.',
  },
  {
    rule: 'Memory that was handed over is not unmapped, nor freed by an allocator of the addon’s own.',
    why: 'Only malloc, realloc and free of the process are compared with it.',
  },
  {
    rule: 'A function pointer that was given to a C library is unregistered only when the library no longer calls it.',
    why: 'FFI libraries make such pointers without Node-API, and C calls them without it. koffi itself throws when one is used after koffi.unregister; what is registered and never unregistered piles up as SEAM-REF-004; a call of a pointer that is gone is SEAM-CRASH-001.',
  },
  {
    rule: 'A callback of an FFI library is not called from a thread when the process ends, nor on another stack.',
    why: 'The call comes from C code, past every function that the layer wraps. What it does with Node-API then is seen: SEAM-ENV-001, SEAM-ENV-004, SEAM-TSFN-007.',
  },
  {
    rule: 'Memory that an asynchronous FFI call was given lives until the call returns.',
    why: 'The pointer lies in memory of the FFI library that has no known shape. Where it is within the first bytes of its async work it is found as SEAM-WORK-005.',
  },
]
