import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KitError } from './kit-error.js'

export type Sanitizer = 'address' | 'undefined' | 'thread'

export interface NativeBuildOptions {
  /** Name of the result, without hash and extension. */
  readonly name: string
  /** `addon` is a shared object for `require`, `shared` one for `LD_PRELOAD` or dlopen. Default `addon`. */
  readonly kind?: 'addon' | 'executable' | 'shared'
  /** Absolute paths of C files. */
  readonly sources: readonly string[]
  /** Absolute paths; every header below them is part of the cache key. The kit's own are always included. */
  readonly includeDirs?: readonly string[]
  /** Appended to the compiler's command line, so they win over the defaults. */
  readonly flags?: readonly string[]
  readonly sanitizers?: readonly Sanitizer[]
  /** Where results are kept; safe to delete. */
  readonly outDir: string
  /** Default: `CC` from the environment, else `cc`. */
  readonly compiler?: string
}

/** Folder to pass to the compiler for `#include <seamproof/handoff.h>`. */
export const kitIncludeDir = fileURLToPath(new URL('../include', import.meta.url))

// Frame pointers: what walks stacks through JavaScript (the kit's debug mode, profilers) needs them.
const baseFlags = [
  '-std=c11',
  '-D_GNU_SOURCE',
  '-O2',
  '-g',
  '-Wall',
  '-Wextra',
  '-fPIC',
  '-pthread',
  '-fno-omit-frame-pointer',
]

function headersBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  const found: string[] = []
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) found.push(...headersBelow(path))
    else if (extname(entry.name) === '.h') found.push(path)
  }
  return found.sort()
}

function commandLine(options: NativeBuildOptions): string[] {
  const kind = options.kind ?? 'addon'
  const line = [...baseFlags]
  for (const sanitizer of options.sanitizers ?? []) line.push(`-fsanitize=${sanitizer}`)
  if (options.sanitizers?.includes('undefined')) line.push('-fno-sanitize-recover=undefined')
  if (kind !== 'executable') line.push('-shared')
  if (kind === 'addon') {
    line.push('-fvisibility=hidden')
    // The addon's napi_* and uv_* symbols come from the node executable at load time.
    if (process.platform === 'darwin') line.push('-undefined', 'dynamic_lookup')
  }
  for (const folder of [kitIncludeDir, ...(options.includeDirs ?? [])]) line.push(`-I${folder}`)
  line.push(...(options.flags ?? []))
  return line
}

function cacheKey(options: NativeBuildOptions, compiler: string, line: readonly string[]): string {
  const hash = createHash('sha256')
  // Not the compiler's version: a machine that has the result needs no compiler to use it.
  hash.update(`${process.platform} ${process.arch} ${compiler}\n`)
  // Folders move between machines, their contents decide: the key leaves -I paths out.
  hash.update(line.filter((flag) => !flag.startsWith('-I')).join('\0'))
  const headers = [kitIncludeDir, ...(options.includeDirs ?? [])].flatMap(headersBelow)
  for (const file of [...options.sources, ...headers]) {
    hash.update(`\0${basename(file)}\0`)
    hash.update(readFileSync(file))
  }
  return hash.digest('hex').slice(0, 16)
}

/**
 * Compiles C sources with the system's compiler and returns the path of the result. A result is
 * kept under the hash of everything that went into it, so a second call with nothing changed only
 * reads the sources. Safe to call from several processes at once: the result appears by rename.
 */
export function buildNative(options: NativeBuildOptions): string {
  const compiler = options.compiler ?? process.env.CC ?? 'cc'
  const line = commandLine(options)
  const extension = { addon: '.node', shared: '.so', executable: '' }[options.kind ?? 'addon']
  const key = cacheKey(options, compiler, line)
  const target = join(options.outDir, `${options.name}-${key}${extension}`)
  if (existsSync(target)) return target
  mkdirSync(options.outDir, { recursive: true })
  const temporary = `${target}.${process.pid}.${Math.random().toString(36).slice(2)}`
  const args = [...line, '-o', temporary, ...options.sources]
  if (process.platform === 'linux') args.push('-lm', '-ldl')
  const result = spawnSync(compiler, args, { encoding: 'utf8', maxBuffer: 1 << 26 })
  if (result.error !== undefined && 'code' in result.error && result.error.code === 'ENOENT')
    throw new KitError(
      'KIT_COMPILER_MISSING',
      `${options.name} has to be built, and there is no C compiler "${compiler}"`,
      'install one (Debian: apt-get install gcc; macOS: xcode-select --install) or set CC',
      { cause: result.error },
    )
  if (result.status !== 0) {
    rmSync(temporary, { force: true })
    throw new KitError(
      'KIT_BUILD_FAILED',
      `building ${options.name} failed (exit ${result.status ?? result.signal}):\n${result.stderr}`,
      `run it by hand: ${compiler} ${args.join(' ')}`,
      { cause: result.error },
    )
  }
  renameSync(temporary, target)
  return target
}
