'use strict'
// Inside the subject: marks, heap numbers and GC events for the trace. Does nothing where the agent is not loaded.
// Required through NODE_OPTIONS before the program, in workers too, so it must be quick and must never throw.

const { profileControl } = require('./profile.cjs')

const none = {
  isRecording: false,
  mark() {},
  jsHeap() {},
  stats: () => Number.NaN,
  profile: profileControl(null),
  native: null,
}

function load() {
  const library = process.env.SEAMPROOF_AGENT
  if (!library || !process.env.SEAMPROOF_CAPTURE) return none
  try {
    const addon = { exports: {} }
    process.dlopen(addon, library)
    const native = addon.exports
    if (!native.isRecording()) return none
    // Without this V8 keeps no source positions for most functions, and their frames would have no call line.
    require('node:v8').setFlagsFromString('--no-enable-lazy-source-positions')
    return {
      isRecording: true,
      /** kind: 0 user, 1 round begins, 2 round ends, 3 warm-up ends, 4 program ends. A point in time for all threads. */
      mark: (name, kind = 0) => native.mark(kind, String(name)),
      jsHeap() {
        const { heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage()
        native.jsHeap(heapUsed, heapTotal, external, arrayBuffers)
      },
      stats: (name) => native.stats(name),
      profile: profileControl(native),
      native,
    }
  } catch {
    return none
  }
}

module.exports = load()
