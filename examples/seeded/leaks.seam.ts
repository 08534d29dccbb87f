import { seed } from './addon.js'

seed('leakBlock', 'a block for every call', (call) => call())
seed('leakOnErrorPath', 'a block for every call with a wrong argument', (call) => call('no number'))
seed('leakOfAChild', 'frees a struct, and not what it points to', (call) => call())
seed('leakIntoAList', 'a list that only grows: everything in it can still be reached', (call) =>
  call(),
)
seed('leakOfAReference', 'a reference that is never deleted', (call) => call())
seed('leakOfAWrap', 'a wrapped struct without a finalizer', (call) => call())
seed('leakOfADescriptor', 'a file that is never closed', (call) => call())
seed('leakInThePool', 'a block that a pool thread allocates', (call) => call())
seed('leakOfAsyncWork', 'async work that is never deleted', (call) => call())
