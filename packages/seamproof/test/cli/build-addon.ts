import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Compiles an addon of `test/fixtures/native` into a folder, and gives its path. */
export function buildAddon(name: string, folder: string): string {
  const addon = join(folder, `${name}.node`)
  compileAddon(join(import.meta.dirname, '../fixtures/native', `${name}.c`), addon)
  return addon
}

export function compileAddon(source: string, addon: string): void {
  const headers = dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json'))
  const flags = ['-O1', '-g', '-fPIC', '-shared', '-Wall', '-Wextra', '-Werror', '-pthread']
  execFileSync('gcc', [...flags, '-I', join(headers, 'include'), '-o', addon, source])
}
