/**
 * Findings that are not the addon's to mend: bugs of Node itself, and patterns of libraries that are meant so. Matched by
 * rule and function; each has a reason and a place where it can be read up.
 */
export interface LayerKnown {
  id: string
  /** `node`: shown as advice, under Node's name. `pattern`: not counted, and listed with its reason. */
  origin: 'node' | 'pattern'
  ruleId: string
  /** The Node-API functions it is seen in; absent: any. */
  functionNames?: readonly string[]
  /** A note that the finding must have. */
  note?: { name: string; value: string }
  /** One frame of its stacks has such a name; `*` stands for any text. */
  frame?: string
  /**
   * Of Node's bugs: the first release of each major line that has the fix. Lines between that are not named never got it;
   * every line after the last has it.
   */
  fixedIn?: readonly string[]
  reason: string
  url: string
}

export const layerKnown: readonly LayerKnown[] = [
  {
    id: 'node-tsfn-freed-while-held',
    origin: 'node',
    ruleId: 'SEAM-TSFN-001',
    functionNames: [
      'napi_call_threadsafe_function',
      'napi_acquire_threadsafe_function',
      'napi_release_threadsafe_function',
      'napi_get_threadsafe_function_context',
    ],
    note: { name: 'still held by its threads', value: 'yes' },
    fixedIn: ['24.14.0', '25.4.0'],
    reason:
      'Node frees a thread-safe function when its env ends or it is aborted, although threads still hold it: by the documentation they may call it once more and are told napi_closing.',
    url: 'https://github.com/nodejs/node/issues/55706',
  },
  {
    id: 'node-tsfn-released-after-free',
    origin: 'node',
    ruleId: 'SEAM-TSFN-002',
    functionNames: ['napi_release_threadsafe_function'],
    note: { name: 'still held by its threads', value: 'yes' },
    fixedIn: ['24.14.0', '25.4.0'],
    reason:
      'Node freed the function when its env ended, before the last thread that holds it could release it.',
    url: 'https://github.com/nodejs/node/issues/55706',
  },
  {
    id: 'napi-rs-custom-gc',
    origin: 'pattern',
    ruleId: 'SEAM-TSFN-006',
    frame: '*napi_register_module_v1*',
    reason:
      'A thread-safe function that the module makes once, when it is loaded, and unrefs: napi-rs sends references there that are dropped on other threads (CustomGC). It is never released, by design.',
    url: 'https://github.com/jestjs/jest/issues/16378',
  },
  {
    id: 'napi-rs-custom-gc-worker',
    origin: 'pattern',
    ruleId: 'SEAM-ENV-006',
    frame: '*napi_register_module_v1*',
    reason:
      'The thread-safe function of the module itself (CustomGC of napi-rs) lives as long as its env.',
    url: 'https://github.com/jestjs/jest/issues/16378',
  },
]
