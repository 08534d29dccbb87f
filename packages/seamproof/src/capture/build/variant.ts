import type { Instrument } from '../../contract/finding.js'

/** What is different in a build that an instrument wants. `debug`: line numbers and honest stacks for valgrind, nothing more. */
export type BuildVariant = 'address' | 'undefined' | 'thread' | 'debug'

const variants: Partial<Record<Instrument, BuildVariant>> = {
  asan: 'address',
  ubsan: 'undefined',
  tsan: 'thread',
  memcheck: 'debug',
  helgrind: 'debug',
  drd: 'debug',
}

export function variantOf(instrument: Instrument): BuildVariant | undefined {
  return variants[instrument]
}

/** -O1: at -O2 compilers delete the very allocations and branches that a checker would complain about. */
const commonFlags = ['-g', '-O1', '-fno-omit-frame-pointer', '-fno-lto', '-Wno-error']

const sanitizerFlags: Record<BuildVariant, readonly string[]> = {
  // Recovering: one run then shows all that is wrong, not only what is met first.
  address: ['-fsanitize=address', '-fsanitize-recover=address', '-U_FORTIFY_SOURCE'],
  // vptr needs run-time type information, which addons are compiled without.
  undefined: ['-fsanitize=undefined,float-cast-overflow', '-fno-sanitize=vptr'],
  thread: ['-fsanitize=thread', '-U_FORTIFY_SOURCE'],
  debug: [],
}

/** Read from a library that was built: the flags reached its compiler, or they did not. */
export const variantSymbol: Partial<Record<BuildVariant, string>> = {
  address: '__asan_',
  undefined: '__ubsan_',
  thread: '__tsan_',
}

export type CompilerFamily = 'gcc' | 'clang'

/** Appended to every command line of the compiler, so that they win over the project's own. */
export function variantFlags(variant: BuildVariant, family: CompilerFamily): string[] {
  // A worker's end unloads its addons, and stacks into unloaded code have no names.
  const linkFlags = ['-Wl,-z,nodelete']
  // The thread sanitizer's library is left open: that of clang 14 crashes where it is preloaded, and gcc's serves as well.
  const isLinked = variant === 'address' || variant === 'undefined'
  const familyFlags =
    family === 'clang' ? ['-Qunused-arguments', ...(isLinked ? ['-shared-libsan'] : [])] : []
  return [...commonFlags, ...sanitizerFlags[variant], ...linkFlags, ...familyFlags]
}
