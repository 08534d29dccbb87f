// Nothing is wrong here until a call fails: `seamproof check --inject` makes them fail.
import { seed } from './addon.js'

const orNothing = (call: () => unknown) => {
  try {
    return call()
  } catch {
    return undefined
  }
}

seed('trustTheBuffer', 'writes to a Buffer although making it may have failed', (call) =>
  orNothing(call),
)
seed('trustMalloc', 'writes to a block although malloc may have given none', (call) =>
  orNothing(call),
)
seed('forgetOnRefusal', 'does not free its memory when the handoff is refused', (call) =>
  orNothing(call),
)
