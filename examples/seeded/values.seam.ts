import { seed } from './addon.js'

// A value that was never set is only wrong where it decides something.
let positiveCount = 0

seed('branchOnUninitialised', (call) => call())
seed('returnUninitialised', (call) => {
  if ((call() as number) > 1000) positiveCount += 1
  return positiveCount
})
seed('signedOverflow', (call) => call())
seed('misalignedLoad', (call) => call())
seed('shiftTooFar', (call) => call())
seed('impossibleBool', (call) => call())
seed('subtractBelowMinimum', (call) => call())
