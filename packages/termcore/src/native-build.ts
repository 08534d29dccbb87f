import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildNative, type Sanitizer } from '@seamproof/kit/native-build'

const require = createRequire(import.meta.url)

/** Where the C sources are, for tests and benchmarks that build programs of their own. */
export const nativeDir = fileURLToPath(new URL('../native', import.meta.url))
export const buildDir = fileURLToPath(new URL('../build', import.meta.url))

const { include_dir: nodeApiIncludeDir } = require('node-api-headers') as { include_dir: string }

export interface AddonBuildOptions {
  readonly sanitizers?: readonly Sanitizer[]
  readonly flags?: readonly string[]
}

/** Builds the addon unless it is there already; returns its path. */
export function buildAddon(options: AddonBuildOptions = {}): string {
  return buildNative({
    name: 'termcore',
    sources: readdirSync(nativeDir)
      .filter((file) => file.endsWith('.c'))
      .sort()
      .map((file) => join(nativeDir, file)),
    includeDirs: [nativeDir, nodeApiIncludeDir],
    flags: ['-DNAPI_VERSION=8', ...(options.flags ?? [])],
    ...(options.sanitizers === undefined ? {} : { sanitizers: options.sanitizers }),
    outDir: process.env.TERMCORE_BUILD_DIR ?? buildDir,
  })
}
