'use strict'
// A clock in nanoseconds that makes no objects, a tick finer than a millisecond, and real-time scheduling of the main thread:
// what a load on schedule needs. Works with the agent recording and without it.

/** `library` is the agent's, as `agentLibrary()` names it; the one that records in this process is taken when there is one. */
exports.loadTicker = function loadTicker(library) {
  const native = require('./control.cjs').native ?? open(library)
  const cell = new Float64Array(1)
  native.clockInto(cell.buffer)
  return {
    cell,
    clock: native.clock,
    start(periodUs, callback) {
      const errno = native.tick(periodUs, callback)
      if (errno !== 0) throw new Error(`the ticker could not be started: errno ${errno}`)
    },
    stop: () => void native.tick(0),
    realtime: (priority) => native.realtime(priority),
  }
}

function open(library) {
  const addon = { exports: {} }
  process.dlopen(addon, library)
  return addon.exports
}
