import { accessSync, constants, mkdirSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
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

/** The package's own folder, or one of the user's where packages are installed read-only. */
function writableBuildDir(): string {
  if (process.env.TERMCORE_BUILD_DIR !== undefined) return process.env.TERMCORE_BUILD_DIR
  try {
    mkdirSync(buildDir, { recursive: true })
    accessSync(buildDir, constants.W_OK)
    return buildDir
  } catch {
    return join(homedir(), '.cache', 'seamproof-termcore')
  }
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
    outDir: writableBuildDir(),
  })
}
