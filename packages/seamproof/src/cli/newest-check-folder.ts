import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'

/** Of the folders that checks made here, the one changed last. */
export function newestCheckFolder(cwd: string): string {
  const found = readdirSync(cwd, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.endsWith('.seamproof'))
    .flatMap(({ name }) => {
      const stat = statSync(join(cwd, name, 'findings.json'), { throwIfNoEntry: false })
      return stat === undefined ? [] : [{ name, changedMs: stat.mtimeMs }]
    })
    .sort((a, b) => b.changedMs - a.changedMs)
  if (found[0] !== undefined) return found[0].name
  throw new SeamproofError('FINDINGS_NOT_FOUND', `there is no check in ${cwd}`, {
    exitCode: ExitCode.usage,
    hint: 'make one: seamproof check FILE.seam.ts',
  })
}
