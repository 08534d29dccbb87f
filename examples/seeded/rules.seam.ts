import { seed } from './addon.js'

seed('callFromAnotherThread', 'calls Node-API on a thread of its own', (call) => call())
seed('useAfterScope', 'uses a value after its handle scope was closed', (call) => call())
seed('callWhilePending', 'goes on calling while an exception is pending', (call) => {
  try {
    call()
  } catch {
    // Thrown by both twins.
  }
})
seed('neverRelease', 'a thread-safe function that is never released', (call) => call())
seed('neverResolve', 'a promise that is never settled', (call) => call())
