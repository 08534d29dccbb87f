import { seed } from './addon.js'

seed('callFromAnotherThread', (call) => call())
seed('useAfterScope', (call) => call())
seed('callWhilePending', (call) => {
  try {
    call()
  } catch {
    // Thrown by both twins.
  }
})
seed('neverRelease', (call) => call())
seed('neverResolve', (call) => call())
