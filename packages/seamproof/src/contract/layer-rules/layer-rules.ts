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
    rule: 'Data of a Buffer or TypedArray is not used after the callback without a reference.',
    why: 'Keeping a pointer makes no call. Pages would have to be protected after each callback.',
  },
  {
    rule: 'Every status is looked at.',
    why: 'Looking at a return value makes no call; addons probe with calls that may fail.',
  },
  {
    rule: 'Strings with NAPI_AUTO_LENGTH end with a zero.',
    why: 'The end is searched for inside Node. AddressSanitizer sees the overrun.',
  },
  {
    rule: 'call_js callbacks accept a NULL env at teardown.',
    why: 'Only a run that ends at the wrong moment shows it; that takes fault injection.',
  },
  {
    rule: 'Bound memory is unmapped or freed by the allocator of the addon only after its finalizer.',
    why: 'Only malloc, realloc and free of the process are watched.',
  },
]
