import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Validation } from '../contract/validation.js'
import { gitCommitOf } from '../pipeline.js'

/** Name and version out of package.json, the commit out of git: what the report is about. */
export function subjectOf(folder: string): Validation['subject'] {
  const manifest = packageOf(folder)
  const commit = gitCommitOf(folder)
  return {
    name: manifest?.name ?? basename(folder),
    ...(manifest?.version === undefined ? {} : { version: manifest.version }),
    ...(commit === undefined ? {} : { gitCommit: commit }),
  }
}

function packageOf(folder: string): { name?: string; version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string }
  } catch {
    return undefined
  }
}
