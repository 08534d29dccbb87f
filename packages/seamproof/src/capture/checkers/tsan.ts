import { join } from 'node:path'
import { sanitizerFrameFormat } from '../sanitizer-frame-format.js'
import { type Checker, type LaunchQuestion, sanitizerOptions } from './checker.js'
import { sanitizerLibrary } from './sanitizer-library.js'

/**
 * ThreadSanitizer in a Node that was not built for it. V8's and libuv's locks are seen since they are pthread's; V8's atomics
 * are not, so V8 works on one thread.
 */
export const tsan: Checker = {
  name: 'tsan',
  effort: {
    rounds: 2,
    roundTargetMs: 600,
    operationsMin: 20,
    operationsMax: 500,
    warmupTargetMs: 1500,
    collections: 1,
  },
  seesLeaks: false,
  withoutBuild: 'nothing',
  launch,
  blindSpots: [
    'races with JavaScript itself: what V8 compiles is not instrumented',
    'races inside libraries that were not built with the addon, other than in malloc, memcpy and the like',
    'races in code that the workload does not run, or runs on one thread',
    'order that only V8’s own atomics give is not known to it',
  ],
  blindSpotsWithoutBuild: [],
}

function launch({ folder, compiler }: LaunchQuestion) {
  return {
    wrapper: [],
    preloads: [sanitizerLibrary('tsan', compiler)],
    env: {
      TSAN_OPTIONS: sanitizerOptions({
        exitcode: 0,
        history_size: 7,
        second_deadlock_stack: 1,
        atexit_sleep_ms: 0,
        halt_on_error: 0,
        stack_trace_format: sanitizerFrameFormat,
        log_path: join(folder, 'log'),
      }),
    },
    nodeOptions: ['--v8-pool-size=0'],
    nodeFlags: ['--single-threaded'],
  }
}
