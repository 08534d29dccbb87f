import { join } from 'node:path'
import { sanitizerFrameFormat } from '../sanitizer-frame-format.js'
import { type Checker, type LaunchQuestion, sanitizerOptions } from './checker.js'
import { findSanitizerLibrary } from './sanitizer-library.js'

/** UndefinedBehaviorSanitizer: costs next to nothing, and its library comes with the addon. */
export const ubsan: Checker = {
  name: 'ubsan',
  effort: {
    rounds: 2,
    roundTargetMs: 300,
    operationsMin: 20,
    operationsMax: 2000,
    warmupTargetMs: 1000,
    collections: 1,
  },
  seesLeaks: false,
  withoutBuild: 'nothing',
  launch,
  blindSpots: [
    'memory errors on the heap (asan and memcheck see them)',
    'each place in the code is reported once in a process',
  ],
  blindSpotsWithoutBuild: [],
}

function launch({ folder, compiler }: LaunchQuestion) {
  // The addon names its library; clang's lies where the loader does not look.
  const clangs = compiler.family === 'clang' ? findSanitizerLibrary('ubsan', compiler) : undefined
  return {
    wrapper: [],
    preloads: clangs === undefined ? [] : [clangs],
    env: {
      UBSAN_OPTIONS: sanitizerOptions({
        print_stacktrace: 1,
        halt_on_error: 0,
        stack_trace_format: sanitizerFrameFormat,
        log_path: join(folder, 'log'),
      }),
    },
    nodeOptions: [],
    nodeFlags: [],
  }
}
