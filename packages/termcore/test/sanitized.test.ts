import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildNative } from '@seamproof/kit/native-build'
import { expect, test } from 'vitest'
import { buildAddon } from '../src/native-build.js'
import { buildCommandsFuzz } from './native-fuzz.js'

const abuse = fileURLToPath(new URL('sanitized-abuse.mjs', import.meta.url))

/** The sanitizer's runtime has to come first in a process that was not built with it. */
function runtime(name: string): string {
  const path = execFileSync('cc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()
  if (!existsSync(path))
    throw new Error(`${name} is missing: apt-get install libgcc-12-dev (or your gcc's)`)
  return path
}

function run(environment: Record<string, string>) {
  return spawnSync(process.execPath, [abuse], {
    encoding: 'utf8',
    timeout: 110_000,
    env: { PATH: process.env.PATH, ...environment },
  })
}

test('abused in any order and in workers, the addon answers with typed errors', () => {
  const result = run({})
  expect(`${result.stderr}${result.stdout}`).toBe('survived\n')
})

test('under AddressSanitizer and UBSan the same abuse finds no invalid access', () => {
  const result = run({
    TERMCORE_BINARY: buildAddon({ sanitizers: ['address', 'undefined'], flags: ['-O1'] }),
    LD_PRELOAD: runtime('libasan.so'),
    // Leaks of the node process itself are not ours to judge here; live blocks are counted elsewhere.
    ASAN_OPTIONS: 'detect_leaks=0',
  })
  expect(`${result.stderr}${result.stdout}`).toBe('survived\n')
})

test('the same way of running finds a read past the end in a library that has one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'termcore-canary-'))
  const source = join(folder, 'canary.c')
  writeFileSync(
    source,
    `#include <stdlib.h>
     __attribute__((constructor)) void start(void) {
       volatile char *p = malloc(8);
       if (p[8] == 1) abort();
     }`,
  )
  const canary = buildNative({
    name: 'canary',
    sources: [source],
    flags: ['-O0'],
    sanitizers: ['address'],
    outDir: folder,
  })
  const result = run({
    TERMCORE_BINARY: canary,
    LD_PRELOAD: runtime('libasan.so'),
    ASAN_OPTIONS: 'detect_leaks=0',
  })
  expect(result.stderr).toContain('heap-buffer-overflow')
  rmSync(folder, { recursive: true })
})

test('in debug mode of the kit, with every freed block poisoned, the same abuse finds no misuse', () => {
  const result = run({ SEAMPROOF_KIT_DEBUG: '1' })
  expect(`${result.stderr}${result.stdout}`).toBe('survived\n')
})

test('20,000 batches of made-up commands leave the grid well formed, under ASan and UBSan', () => {
  const seed = String(Math.floor(Math.random() * 2 ** 32))
  const result = spawnSync(buildCommandsFuzz(), [seed, '20000'], { encoding: 'utf8' })
  expect(`${result.stderr}${result.stdout}`).toBe(`seed ${seed}, 20000 rounds\nsurvived\n`)
})
