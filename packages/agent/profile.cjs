'use strict'
// Starting and stopping the CPU sampler from inside the subject, and naming stretches of its time.

const rangeBegins = 5
const rangeEnds = 6

/** Without an agent that samples everything is a no-op, so calls may stay in a program. */
function profileControl(native) {
  const mark = (kind, name) => native?.profileMark(kind, String(name))
  return {
    /** Whether samples are being taken now. */
    get isRunning() {
      return native?.profileIsRunning() ?? false
    },
    start: () => native?.profileStart(),
    stop: () => native?.profileStop(),
    /** Calls `run` and returns what it returns; the range lasts until that, or the promise it is, is settled. */
    range(name, run) {
      mark(rangeBegins, name)
      let isPending = false
      try {
        const result = run()
        if (typeof result?.then !== 'function') return result
        isPending = true
        return result.then(
          (value) => {
            mark(rangeEnds, name)
            return value
          },
          (error) => {
            mark(rangeEnds, name)
            throw error
          },
        )
      } finally {
        if (!isPending) mark(rangeEnds, name)
      }
    },
  }
}

module.exports = { profileControl }
