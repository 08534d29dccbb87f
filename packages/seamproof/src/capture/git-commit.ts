import { execFileSync } from 'node:child_process'

/** `1a2b3c4`, or `1a2b3c4 with changes`; undefined outside of a repository. */
export function gitCommitOf(folder: string): string | undefined {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, {
        cwd: folder,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
    const isDirty = git('status', '--porcelain', '--untracked-files=no').trim() !== ''
    return `${git('rev-parse', '--short', 'HEAD').trim()}${isDirty ? ' with changes' : ''}`
  } catch {
    // No git, or no repository: the report says so by leaving it out.
    return undefined
  }
}
