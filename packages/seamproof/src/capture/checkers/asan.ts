import { join } from 'node:path'
import { sanitizerFrameFormat } from '../sanitizer-frame-format.js'
import { type Checker, type LaunchQuestion, sanitizerOptions } from './checker.js'
import { sanitizerLibrary } from './sanitizer-library.js'
import { suppressionFile } from './suppressions.js'

const stackDepth = 40

/** AddressSanitizer with LeakSanitizer in it. */
export const asan: Checker = {
  name: 'asan',
  effort: {
    rounds: 3,
    roundTargetMs: 300,
    operationsMin: 20,
    operationsMax: 1000,
    warmupTargetMs: 2000,
    collections: 3,
  },
  seesLeaks: true,
  withoutBuild: 'some',
  launch,
  blindSpots: [
    'uninitialised memory (memcheck sees it)',
    'JavaScript that reads native memory after it was freed (memcheck sees it)',
    'data races (tsan sees them)',
    'memory that something still points to: growth is what track and memcheck count',
  ],
  blindSpotsWithoutBuild: [
    'the addon was not built for AddressSanitizer: its own reads and writes are not checked, only leaks, frees, and what it passes to libc',
  ],
}

function launch({ folder, compiler, isInstrumented, canTraceProcesses }: LaunchQuestion) {
  return {
    wrapper: [],
    preloads: [sanitizerLibrary('asan', compiler)],
    env: {
      ASAN_OPTIONS: sanitizerOptions({
        // All that is wrong, not only what comes first.
        halt_on_error: 0,
        // Node handles SIGSEGV itself: without this a crash ends the process and nothing is said.
        handle_segv: 2,
        handle_abort: 2,
        handle_sigill: 2,
        handle_sigfpe: 2,
        handle_sigbus: 2,
        // The other unwinder stops at the first frame of V8.
        fast_unwind_on_fatal: 1,
        // Code that was not built by us may keep no frame pointers.
        fast_unwind_on_malloc: isInstrumented ? 1 : 0,
        malloc_context_size: stackDepth,
        // A failed allocation of many gigabytes is a RangeError to JavaScript, no defect.
        allocator_may_return_null: 1,
        detect_stack_use_after_return: 1,
        strict_string_checks: 1,
        detect_leaks: canTraceProcesses ? 1 : 0,
        stack_trace_format: sanitizerFrameFormat,
        log_path: join(folder, 'log'),
      }),
      // Leaks are read from the log, and must not change how the process ends.
      LSAN_OPTIONS: sanitizerOptions({
        exitcode: 0,
        print_suppressions: 0,
        suppressions: suppressionFile('lsan.supp'),
      }),
    },
    nodeOptions: ['--disable-wasm-trap-handler'],
    nodeFlags: [],
  }
}
