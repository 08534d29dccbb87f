import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A folder for the traces of one test file, removed after it. */
export function traceScratch(): { write(bytes: Uint8Array): string; path(name: string): string } {
  const folder = mkdtempSync(join(tmpdir(), 'seamproof-trace-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  let count = 0
  return {
    path: (name) => join(folder, name),
    write(bytes) {
      const path = join(folder, `process-${count++}-1.trace`)
      writeFileSync(path, bytes)
      return path
    },
  }
}
