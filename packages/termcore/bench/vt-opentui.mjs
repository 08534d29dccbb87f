// OpenTUI's native library by koffi. Its JavaScript package needs a newer Node, the library itself does not.
// Layouts: 32-bit words, the first two are the struct's size and the ABI version.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(import.meta.url)
const abiVersion = 2

export async function openOpenTui() {
  // Its exports name no file that require.resolve could find on every runtime, so look where it would lie.
  const file = (require.resolve.paths('@opentui/core-linux-x64') ?? [])
    .map((folder) => join(folder, '@opentui/core-linux-x64/libopentui.so'))
    .find((path) => existsSync(path))
  if (file === undefined)
    throw new Error('not installed: npm install --no-save @opentui/core-linux-x64@0.8')
  const koffi = require('koffi')
  const library = koffi.load(file)
  const version = library.func('uint32_t ot_context_abi_version()')
  if (version() !== abiVersion)
    throw new Error(`its ABI is ${version()}, this binding is for ${abiVersion}`)
  const createContext = library.func('int ot_context_create(void *options, _Out_ void **context)')
  const create = library.func(
    'int ot_embedded_terminal_create(void *context, void *options, void *handle)',
  )
  const write = library.func(
    'int ot_embedded_terminal_write(void *context, void *handle, void *bytes, uint32_t size)',
  )
  const destroy = library.func('int ot_embedded_terminal_destroy(void *context, void *handle)')
  const check = (name, status) => {
    if (status !== 0) throw new Error(`${name} answered ${status}`)
  }
  const context = [null]
  check(
    'ot_context_create',
    createContext(Uint32Array.of(32, abiVersion, 0, 16, 200 * 50, 0, 0, 0), context),
  )
  return (cols, rows) => {
    const handle = new Uint32Array(4)
    check(
      'ot_embedded_terminal_create',
      create(context[0], Uint32Array.of(24, abiVersion, cols, rows, 1000, 0), handle),
    )
    return {
      write: (chunk) =>
        check('ot_embedded_terminal_write', write(context[0], handle, chunk, chunk.length)),
      close: () => check('ot_embedded_terminal_destroy', destroy(context[0], handle)),
    }
  }
}
