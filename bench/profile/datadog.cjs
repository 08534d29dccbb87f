'use strict'
// Required before a workload: @datadog/pprof over all of it, at the same rate, into the folder that BENCH_CAPTURE names.
const { writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { isMainThread } = require('node:worker_threads')

if (isMainThread) {
  const { time, encodeSync } = require(process.env.BENCH_DATADOG)
  time.start({ intervalMicros: 1000, durationMillis: 60_000 })
  // Before the profiler's own listener, which stops it and throws the samples away.
  process.prependListener('exit', () => {
    writeFileSync(join(process.env.BENCH_CAPTURE, 'profile.pb.gz'), encodeSync(time.stop()))
  })
}
