import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { ElfFile } from './elf-file.js'

/** Distributions and `objcopy --only-keep-debug` put debug information into a file of its own. */
const systemDebugFolder = '/usr/lib/debug'

/**
 * Opens the separate debug file of a module: by build-id, else by its debuglink in the three places where debuggers look.
 * A file found by debuglink must carry the checksum that the module states, else it belongs to another build.
 */
export function openDebugFile(
  module: ElfFile,
  buildId: string,
  debugFolder = systemDebugFolder,
): ElfFile | undefined {
  if (buildId.length > 2) {
    const path = join(debugFolder, '.build-id', buildId.slice(0, 2), `${buildId.slice(2)}.debug`)
    const file = ElfFile.open(path)
    if (typeof file !== 'string') {
      if (file.buildId === buildId) return file
      file.close()
    }
  }
  const link = module.debugLink
  if (link === undefined) return undefined
  const folder = dirname(module.path)
  const name = basename(link.fileName)
  for (const path of [
    join(folder, name),
    join(folder, '.debug', name),
    join(debugFolder, folder, name),
  ]) {
    if (path === module.path) continue
    const file = ElfFile.open(path)
    if (typeof file === 'string') continue
    if (belongsTo(file, buildId, link.crc32)) return file
    file.close()
  }
  return undefined
}

/** Equal build-ids settle it without reading what may be gigabytes. */
function belongsTo(file: ElfFile, buildId: string, expectedCrc32: number): boolean {
  const id = file.buildId
  if (id !== '' && buildId !== '') return id === buildId
  try {
    return crc32(readFileSync(file.path)) === expectedCrc32
  } catch {
    return false
  }
}
