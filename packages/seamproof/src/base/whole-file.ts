import { renameSync, rmSync, writeFileSync } from 'node:fs'

/** Where one may not write, or cannot: a full disk, a read-only medium, somebody else's folder. */
const refusals = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM'])

/** Writes a file whole or not at all: a reader never sees half of it, also when two write it at once. */
export function writeWholeFile(path: string, text: string): void {
  const draft = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(draft, text)
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

/** For what can be made again: where it cannot be kept, says why instead of failing. */
export function tryWriteWholeFile(path: string, text: string): string | undefined {
  try {
    writeWholeFile(path, text)
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined || !refusals.has(code)) throw error
    return message
  }
}
