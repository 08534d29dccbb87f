import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildNative } from '@seamproof/kit/native-build'
import { afterAll, describe, expect, test } from 'vitest'
import { buildKitTest } from './kit-addon.js'

const environment = { PATH: process.env.PATH, TSAN_OPTIONS: 'halt_on_error=1' }

describe('the headers', () => {
  test.each([
    ['plain', []],
    ['under AddressSanitizer and UBSan', ['address', 'undefined']],
    ['under ThreadSanitizer', ['thread']],
  ] as const)('keep every promise %s', (_, sanitizers) => {
    const result = spawnSync(buildKitTest(sanitizers), { encoding: 'utf8', env: environment })
    expect(`${result.stdout}${result.stderr}`).toBe('0 failures\n')
    expect(result.status).toBe(0)
  })

  test.each(['monitor', 'handoff', 'callback_guard', 'vtable', 'command_buffer', 'pool'])(
    '%s.h compiles alone, as strict C11, without a warning',
    (header) => {
      const folder = mkdtempSync(join(tmpdir(), 'kit-header-'))
      const source = join(folder, 'alone.c')
      writeFileSync(source, `#include <seamproof/${header}.h>\nint main(void) { return 0; }\n`)
      const flags = ['-Wpedantic', '-Wshadow', '-Wconversion', '-Werror']
      expect(() =>
        buildNative({
          name: 'alone',
          kind: 'executable',
          sources: [source],
          flags,
          outDir: folder,
        }),
      ).not.toThrow()
      rmSync(folder, { recursive: true })
    },
  )
})

describe('buildNative', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kit-build-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const source = join(folder, 'answer.c')
  const options = { name: 'answer', kind: 'executable', sources: [source], outDir: folder } as const

  test('keeps a result until a source, a header or a flag changes', () => {
    writeFileSync(source, '#include "number.h"\nint main(void) { return NUMBER; }\n')
    writeFileSync(join(folder, 'number.h'), '#define NUMBER 3\n')
    const includeDirs = [folder]
    const first = buildNative({ ...options, includeDirs })
    expect(buildNative({ ...options, includeDirs })).toBe(first)
    expect(spawnSync(first).status).toBe(3)
    writeFileSync(join(folder, 'number.h'), '#define NUMBER 4\n')
    const second = buildNative({ ...options, includeDirs })
    expect(second).not.toBe(first)
    expect(spawnSync(second).status).toBe(4)
    expect(buildNative({ ...options, includeDirs, flags: ['-O0'] })).not.toBe(second)
  })

  test("says what the compiler said, and how to run it by hand, when a source doesn't compile", () => {
    writeFileSync(source, 'int main(void) { return undeclared_thing; }\n')
    expect(() => buildNative(options)).toThrow(
      expect.objectContaining({
        code: 'KIT_BUILD_FAILED',
        message: expect.stringContaining('undeclared_thing'),
        hint: expect.stringContaining(source),
      }),
    )
  })

  test('names the missing compiler and how to get one', () => {
    expect(() => buildNative({ ...options, compiler: 'no-such-cc' })).toThrow(
      expect.objectContaining({
        code: 'KIT_COMPILER_MISSING',
        message: expect.stringContaining('no-such-cc'),
        hint: expect.stringContaining('install'),
      }),
    )
  })
})
