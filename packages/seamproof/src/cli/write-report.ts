import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'

/** Writes a report file and gives its absolute path. */
export function writeReport(file: string, content: string | Uint8Array): string {
  const path = resolve(file)
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  } catch (cause) {
    throw new SeamproofError(
      'REPORT_UNWRITABLE',
      `${path} cannot be written: ${(cause as Error).message}`,
      { exitCode: ExitCode.usage, hint: 'name another file with -o', cause },
    )
  }
  return path
}
