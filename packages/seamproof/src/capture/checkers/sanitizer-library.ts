import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { CompilerFamily } from '../build/variant.js'
import { toolMissing } from './checker.js'

export type SanitizerLibrary = 'asan' | 'tsan' | 'lsan' | 'ubsan'

const aptPackage: Record<SanitizerLibrary, string> = {
  asan: 'libasan8',
  tsan: 'libtsan2',
  lsan: 'liblsan0',
  ubsan: 'libubsan1',
}

/** The run-time library of a sanitizer, which must be the first that a process loads. */
export function sanitizerLibrary(
  library: SanitizerLibrary,
  compiler: { family: CompilerFamily; cc: string } | undefined,
): string {
  const found = findSanitizerLibrary(library, compiler)
  if (found !== undefined) return found
  if (compiler?.family === 'clang')
    throw toolMissing(
      'SANITIZER_MISSING',
      `${compiler.cc} has no run-time library for ${library}`,
      'apt-get install --yes libclang-rt-dev',
    )
  throw toolMissing(
    'SANITIZER_MISSING',
    `there is no lib${library}.so on this machine`,
    `apt-get install --yes gcc g++ (or only ${aptPackage[library]})`,
  )
}

export function findSanitizerLibrary(
  library: SanitizerLibrary,
  compiler: { family: CompilerFamily; cc: string } | undefined,
): string | undefined {
  if (compiler?.family === 'clang') {
    const name = library === 'ubsan' ? 'ubsan_standalone' : library
    const own = printedFile(compiler.cc, `libclang_rt.${name}-x86_64.so`)
    if (library !== 'tsan' || own === undefined || canBePreloaded(own)) return own
    return findSanitizerLibrary(library, { family: 'gcc', cc: 'gcc' })
  }
  const printed = compiler === undefined ? undefined : printedFile(compiler.cc, `lib${library}.so`)
  return printed ?? installedLibrary(library)
}

/** Clang 14's thread sanitizer ends every process that it is preloaded into. */
function canBePreloaded(path: string): boolean {
  const { status } = spawnSync('/bin/true', { env: { LD_PRELOAD: path }, stdio: 'ignore' })
  return status === 0
}

/** A compiler that does not know the file prints the name as it was given. */
function printedFile(cc: string, name: string): string | undefined {
  try {
    const path = execFileSync(cc, [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()
    return path.startsWith('/') && existsSync(path) ? realpathSync(path) : undefined
  } catch {
    return undefined
  }
}

const libraryFolders = ['/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64']

/** The library alone is enough for addons that are not rebuilt. */
function installedLibrary(library: SanitizerLibrary): string | undefined {
  for (const folder of libraryFolders) {
    if (!existsSync(folder)) continue
    const name = readdirSync(folder).find((entry) => entry.startsWith(`lib${library}.so.`))
    if (name !== undefined) return realpathSync(join(folder, name))
  }
  return undefined
}
