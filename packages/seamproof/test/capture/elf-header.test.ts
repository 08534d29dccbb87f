import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readElfHeader } from '../../src/capture/elf-header.js'
import { preloadFault } from '../../src/capture/subject-executable.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seamproof-elf-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const faultOf = (path: string) => preloadFault(readElfHeader(path)!)

/** This Node with some bytes changed: a program of another kind that needs no other tool chain. */
function patchedNode(name: string, change: (bytes: Buffer) => void): string {
  const bytes = Buffer.from(readFileSync(process.execPath).subarray(0, 1 << 20))
  change(bytes)
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

describe('what the agent can be preloaded into', () => {
  test('this Node is a dynamically linked program of this machine', () => {
    expect(readElfHeader(process.execPath)).toMatchObject({ bits: 64, machine: process.arch })
    expect(faultOf(process.execPath)).toBeUndefined()
  })

  test('a statically linked program is refused', () => {
    const source = join(folder, 'static.c')
    const path = join(folder, 'static')
    writeFileSync(source, 'int main(void) { return 0; }\n')
    execFileSync('gcc', ['-static', '-o', path, source])
    expect(faultOf(path)).toBe('is statically linked')
  })

  test('a 32-bit program is refused', () => {
    const path = patchedNode('ia32', (bytes) => {
      bytes[4] = 1
    })
    expect(faultOf(path)).toBe('is a 32-bit program')
  })

  test('a program for another processor is refused, and both are named', () => {
    const path = patchedNode('arm64', (bytes) => bytes.writeUInt16LE(183, 18))
    expect(faultOf(path)).toBe(`is built for arm64, and this machine is ${process.arch}`)
  })

  test('a program linked against musl is refused', () => {
    const path = patchedNode('musl', (bytes) => {
      const glibcLoader = '/lib64/ld-linux-x86-64.so.2\0'
      const at = bytes.indexOf(glibcLoader)
      bytes.write('/lib/ld-musl-x86_64.so.1\0'.padEnd(glibcLoader.length, '\0'), at)
    })
    expect(faultOf(path)).toBe('is linked against musl (/lib/ld-musl-x86_64.so.1)')
  })

  test('a text file is no program', () => {
    const path = join(folder, 'text')
    writeFileSync(path, 'hello\n'.repeat(100))
    expect(readElfHeader(path)).toBeUndefined()
  })

  test('an empty file is no program', () => {
    const path = join(folder, 'empty')
    writeFileSync(path, '')
    expect(readElfHeader(path)).toBeUndefined()
  })
})
