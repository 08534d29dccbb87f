import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildNative, type NativeBuildOptions } from '@seamproof/kit/native-build'
import { buildDir, nativeDir } from '../src/native-build.js'

const testDir = fileURLToPath(new URL('.', import.meta.url))

/** The fuzzer of the command buffer, with ASan and UBSan: `commands_fuzz SEED ROUNDS`. */
export function buildCommandsFuzz(
  options: Pick<NativeBuildOptions, 'compiler' | 'flags'> = {},
): string {
  const parts = readdirSync(nativeDir).filter((file) => /^(grid|kernels)[a-z0-9_]*\.c$/.test(file))
  return buildNative({
    name: 'commands_fuzz',
    kind: 'executable',
    sources: [
      join(testDir, 'native/commands_fuzz.c'),
      join(nativeDir, 'bridge_canvas.c'),
      ...parts.filter((file) => !file.includes('bindings')).map((file) => join(nativeDir, file)),
    ],
    includeDirs: [nativeDir, testDir],
    flags: ['-O1', ...(options.flags ?? [])],
    sanitizers: ['address', 'undefined'],
    outDir: buildDir,
    ...(options.compiler === undefined ? {} : { compiler: options.compiler }),
  })
}
