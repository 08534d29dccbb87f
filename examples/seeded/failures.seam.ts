// Nothing is wrong here until a call fails: `seamproof check --inject` makes them fail.
import { seed } from './addon.js'

const orNothing = (call: () => unknown) => {
  try {
    return call()
  } catch {
    return undefined
  }
}

seed('trustTheBuffer', (call) => orNothing(call))
seed('trustMalloc', (call) => orNothing(call))
seed('forgetOnRefusal', (call) => orNothing(call))
