import { copyFileSync, existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { execa } from 'execa'
import { ExitCode, SeamproofError } from '../../base/seamproof-error.js'

export interface Checkout {
  /** What the current directory is there. */
  cwd: string
  commit: string
  remove(): Promise<void>
}

export interface CheckoutOptions {
  revision: string
  cwd: string
  /** An absolute folder that does not exist yet. */
  folder: string
  files: readonly string[]
  build?: string | undefined
  onStep?: ((text: string) => void) | undefined
}

/**
 * A revision of the user's repository in a folder of its own, made ready by the subject's own build. The workload files of
 * today are put there: both sides must do the same work.
 */
export async function checkOut(options: CheckoutOptions): Promise<Checkout> {
  const { revision, cwd, folder, files, onStep } = options
  const root = realpathSync(await git(cwd, ['rev-parse', '--show-toplevel'], options))
  const commit = await git(
    cwd,
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`],
    options,
  )
  onStep?.(`checking out ${revision}`)
  await git(cwd, ['worktree', 'add', '--detach', '--quiet', folder, commit], options)
  const remove = async () => {
    await git(cwd, ['worktree', 'remove', '--force', folder], options).catch(() => {
      rmSync(folder, { recursive: true, force: true })
    })
  }
  try {
    const there = join(folder, relative(root, realpathSync(cwd)))
    for (const file of files) putThere(resolve(cwd, file), root, folder)
    await buildThere(there, options)
    return { cwd: there, commit, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

function putThere(file: string, root: string, folder: string): void {
  const path = relative(root, realpathSync(file))
  if (path.startsWith('..')) return
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  copyFileSync(file, join(folder, path))
}

async function buildThere(there: string, { build, revision, onStep }: CheckoutOptions) {
  const hasPackage = existsSync(join(there, 'package.json'))
  const install = existsSync(join(there, 'package-lock.json')) ? 'npm ci' : 'npm install'
  const command = build ?? (hasPackage ? `${install} && npm run build --if-present` : undefined)
  if (command === undefined) return
  onStep?.(`building ${revision}: ${command}`)
  const result = await execa(command, { shell: true, cwd: there, all: true, reject: false })
  if (result.exitCode === 0) return
  const said = result.all.split('\n').slice(-15).join('\n')
  throw new SeamproofError(
    'REVISION_NOT_BUILT',
    `${revision} could not be built by "${command}":\n${said}`,
    {
      exitCode: ExitCode.subjectNotDriven,
      hint: 'say how it is built: bench: { build: "…" } in seamproof.config.ts',
    },
  )
}

async function git(
  cwd: string,
  args: readonly string[],
  { revision }: CheckoutOptions,
): Promise<string> {
  const result = await execa('git', [...args], { cwd, reject: false })
  if (result.exitCode === 0) return result.stdout.trim()
  throw new SeamproofError(
    'NO_SUCH_BASELINE',
    `"${revision}" is neither a stored baseline nor a revision of git in ${cwd}: ${result.stderr || result.shortMessage}`,
    {
      exitCode: ExitCode.usage,
      hint: 'store a baseline with seamproof bench --save-baseline NAME, or name a commit',
    },
  )
}
