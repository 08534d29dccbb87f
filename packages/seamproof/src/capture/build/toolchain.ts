import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ExitCode, SeamproofError } from '../../base/seamproof-error.js'
import { findInPath } from '../find-in-path.js'
import { inputsFolder } from './build-inputs.js'
import type { CompilerFamily } from './variant.js'

export interface Compiler {
  family: CompilerFamily
  cc: string
  cxx: string | undefined
  /** First line of `--version`; part of the key of a cached build. */
  version: string
}

const namesOf: Record<CompilerFamily, { cc: string; cxx: string; remedy: string }> = {
  gcc: { cc: 'gcc', cxx: 'g++', remedy: 'apt-get install --yes gcc g++ libc6-dev' },
  clang: { cc: 'clang', cxx: 'clang++', remedy: 'apt-get install --yes clang libclang-rt-dev' },
}

/** `gcc`, `clang`, or the path of one, such as `/opt/llvm/bin/clang-18`. */
export function findCompiler(asked = 'gcc', path = process.env.PATH ?? ''): Compiler {
  const family: CompilerFamily = basename(asked).includes('clang') ? 'clang' : 'gcc'
  const isPlainName = asked === family
  const cc = findInPath(isPlainName ? namesOf[family].cc : asked, path)
  if (cc === undefined)
    throw new SeamproofError('COMPILER_MISSING', `there is no compiler "${asked}"`, {
      exitCode: ExitCode.machineLacks,
      hint: namesOf[family].remedy,
    })
  const cxxName = isPlainName
    ? namesOf[family].cxx
    : asked.replace(/(gcc|clang)(?=(-[\d.]+)?$)/, (name) => (name === 'gcc' ? 'g++' : 'clang++'))
  return {
    family,
    cc,
    cxx: findInPath(cxxName, path),
    version: execFileSync(cc, ['--version'], { encoding: 'utf8' }).split('\n')[0]!,
  }
}

/** What would undo the flags, or cannot be had together with them. */
const droppedArguments = [
  '-s',
  '-flto',
  '-flto=*',
  '-Wl,-s',
  '-Wl,--strip-all',
  '-Wl,--strip-debug',
  '-Wl,-S',
  '-Wl,--no-undefined',
  '-Wl,-z,defs',
  '-D_FORTIFY_SOURCE=*',
  '-Wp,-D_FORTIFY_SOURCE=*',
  '-Wp,-U_FORTIFY_SOURCE,-D_FORTIFY_SOURCE=*',
]

/**
 * Compilers of all usual names that add our flags. Any build meets them, whether it reads CC, CFLAGS or neither: they are
 * first in PATH as well.
 */
export function writeToolchain(
  folder: string,
  compiler: Compiler,
  flags: readonly string[],
): { cc: string; cxx: string } {
  const inputs = join(folder, inputsFolder)
  mkdirSync(inputs, { recursive: true })
  const cNames = compiler.family === 'gcc' ? ['cc', 'gcc', 'x86_64-linux-gnu-gcc'] : ['cc', 'clang']
  const cxxNames =
    compiler.family === 'gcc' ? ['c++', 'g++', 'x86_64-linux-gnu-g++'] : ['c++', 'clang++']
  const cxx = compiler.cxx ?? compiler.cc
  const { family } = compiler
  for (const name of cNames) writeCompiler(join(folder, name), compiler.cc, flags, family, inputs)
  for (const name of cxxNames) writeCompiler(join(folder, name), cxx, flags, family, inputs)
  return { cc: join(folder, cNames[1]!), cxx: join(folder, cxxNames[1]!) }
}

/**
 * Besides its flags, it leaves in `inputs` what each call read: where it ran, the rules for make that the compiler wrote, and the
 * archives it was given. gcc writes rules unasked only where the build itself wants none; those of the build are copied, since
 * some builds remove them.
 */
function writeCompiler(
  path: string,
  real: string,
  flags: readonly string[],
  family: CompilerFamily,
  inputs: string,
): void {
  const added = flags.map(shellQuote).join(' ')
  // gcc takes the name of a file up to the first blank.
  const note = /\s/.test(inputs) ? '/dev/null' : '$note'
  const listed =
    family === 'clang'
      ? 'CC_PRINT_HEADERS=1 CC_PRINT_HEADERS_FILE="$note.headers"'
      : `SUNPRO_DEPENDENCIES="${note}.rules"`
  const script = `#!/bin/sh
note=${shellQuote(inputs)}/$$
printf '%s\\n' "$PWD" > "$note.cwd"
count=$#
previous=
rules=
while [ $count -gt 0 ]; do
  argument=$1
  shift
  count=$((count - 1))
  if [ "$previous" = -MF ]; then rules=$argument; fi
  previous=$argument
  case $argument in
    ${droppedArguments.join(' | ')}) ;;
    *) set -- "$@" "$argument" ;;
  esac
  case $argument in
    -MF?*) rules=\${argument#-MF} ;;
    *.a) printf '%s\\n' "$argument" >> "$note.archives" ;;
  esac
done
${listed} ${shellQuote(real)} "$@" ${added}
status=$?
if [ -n "$rules" ] && [ -f "$rules" ]; then cp "$rules" "$note.own-rules"; fi
exit $status
`
  writeFileSync(path, script)
  chmodSync(path, 0o755)
}

export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`
}
