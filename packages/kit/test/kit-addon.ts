import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { NativeHandoff } from '@seamproof/kit'
import { buildNative, type Sanitizer } from '@seamproof/kit/native-build'

const require = createRequire(import.meta.url)
const nativeDir = fileURLToPath(new URL('native', import.meta.url))
const outDir = fileURLToPath(new URL('../build', import.meta.url))

export interface KitAddon {
  readonly handoff: NativeHandoff
  drain(): number
  commandsMemory(): ArrayBuffer
  metricsMemory(): ArrayBuffer
  results(): [number, number, number, number, number, number, string]
  makeBlock(sizeBytes: number): number
  misuse(what: 0 | 1 | 2): number
  count(times: number): number
  closeGuard(): void
}

export function buildKitAddon(): string {
  const { include_dir: nodeApi } = require('node-api-headers') as { include_dir: string }
  return buildNative({
    name: 'kit_addon',
    sources: [join(nativeDir, 'kit_addon.c')],
    includeDirs: [nativeDir, nodeApi],
    flags: ['-DNAPI_VERSION=8'],
    outDir,
  })
}

/** A fresh instance each time is not possible in one process, so tests share this one. */
export const loadKitAddon = (): KitAddon => require(buildKitAddon()) as KitAddon

export function buildKitTest(sanitizers: readonly Sanitizer[]): string {
  return buildNative({
    name: `kit_test_${['c', ...sanitizers].join('_')}`,
    kind: 'executable',
    sources: [join(nativeDir, 'kit_test.c')],
    includeDirs: [nativeDir],
    flags: ['-O1'],
    sanitizers,
    outDir,
  })
}
