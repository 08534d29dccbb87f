import { seed } from './addon.js'

// A value that was never set is only wrong where it decides something.
let positiveCount = 0

seed('branchOnUninitialised', 'a jump depends on memory that was never set', (call) => call())
seed('returnUninitialised', 'gives JavaScript memory that was never set', (call) => {
  if ((call() as number) > 1000) positiveCount += 1
  return positiveCount
})
seed('signedOverflow', 'adds one to INT_MAX', (call) => call())
seed('misalignedLoad', 'loads four bytes from an odd address', (call) => call())
seed('shiftTooFar', 'shifts an int by 33', (call) => call())
seed('impossibleBool', 'reads a bool that is 7', (call) => call())
seed('subtractBelowMinimum', 'subtracts one from LONG_MIN', (call) => call())
