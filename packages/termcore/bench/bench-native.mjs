// Builds the benchmarks' own native parts.

import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildNative } from '@seamproof/kit/native-build'
import { buildDir, nativeDir } from '../dist/native-build.js'

const require = createRequire(import.meta.url)
const here = fileURLToPath(new URL('native', import.meta.url))
const parts = (pattern) =>
  readdirSync(nativeDir)
    .filter((file) => pattern.test(file))
    .sort()
    .map((file) => join(nativeDir, file))

export const benchAddonPath = () =>
  buildNative({
    name: 'termcore_bench',
    sources: [
      join(here, 'bench_addon.c'),
      ...parts(/^(grid|kernels|event_loop)[a-z0-9_]*\.c$/).filter(
        (file) => !file.includes('bindings'),
      ),
    ],
    includeDirs: [nativeDir, require('node-api-headers').include_dir],
    flags: ['-DNAPI_VERSION=8'],
    outDir: process.env.TERMCORE_BUILD_DIR ?? buildDir,
  })

export const loadBenchAddon = () => ({ ...require(benchAddonPath()) })

export const countMallocPath = () =>
  buildNative({
    name: 'count_malloc',
    kind: 'shared',
    sources: [join(here, 'count_malloc.c')],
    flags: ['-fno-builtin'],
    outDir: buildDir,
  })

export const floorPath = () =>
  buildNative({
    name: 'floor',
    kind: 'executable',
    sources: [join(here, 'floor.c')],
    outDir: buildDir,
  })

export const kitCostsPath = () =>
  buildNative({
    name: 'kit_costs',
    kind: 'executable',
    sources: [join(here, 'kit_costs.c')],
    outDir: buildDir,
  })
