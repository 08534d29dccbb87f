import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildNative, type NativeBuildOptions } from '@seamproof/kit/native-build'
import { nativeDir } from '../src/native-build.js'

const testDir = fileURLToPath(new URL('.', import.meta.url))

/** The parts of the native core that need no Node. */
const coreFiles = [
  'grid.c',
  'grid_scroll.c',
  'grid_tables.c',
  'grid_width.c',
  'grid_write.c',
  'kernels.c',
  'kernels_avx2.c',
  'kernels_neon.c',
  'kernels_scalar.c',
  'kernels_sse2.c',
  'parser.c',
  'parser_payload.c',
  'terminal.c',
  'terminal_cursor.c',
  'terminal_edit.c',
  'terminal_modes.c',
  'terminal_print.c',
  'terminal_sgr.c',
  'terminal_strings.c',
] as const

export type NativeTest = 'kernels_agree' | 'terminal_fuzz' | 'terminal_memory'

/** Builds a C test together with the native core. */
export function buildNativeTest(
  name: NativeTest,
  options: Pick<NativeBuildOptions, 'sanitizers' | 'flags' | 'compiler'> = {},
): string {
  return buildNative({
    ...options,
    name,
    kind: 'executable',
    sources: [join(testDir, `${name}.c`), ...coreFiles.map((file) => join(nativeDir, file))],
    includeDirs: [nativeDir, testDir],
    outDir: fileURLToPath(new URL('../build/tests', import.meta.url)),
  })
}

/** Runs it; all it said, with its end if that was not exit 0. */
export function runNativeTest(program: string, args: readonly string[]): string {
  const result = spawnSync(program, args, { encoding: 'utf8', timeout: 110_000 })
  const end = result.status === 0 ? '' : `\nended with ${result.status ?? result.signal}`
  return `${result.stderr}${result.stdout}${end}${result.error?.message ?? ''}`
}

export function requireCommand(command: string, debianPackages: string): void {
  if (spawnSync(command, ['--version']).status === 0) return
  throw new Error(`${command} is missing: apt-get install ${debianPackages}`)
}
