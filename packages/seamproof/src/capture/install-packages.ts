import { execa } from 'execa'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { findInPath } from './find-in-path.js'

/** The line that installs packages, for a person to type. */
export function installLine(
  packages: readonly string[],
  isRoot = process.getuid?.() === 0,
): string {
  const line = `apt-get install --yes --no-install-recommends ${packages.join(' ')}`
  return isRoot ? line : `sudo ${line}`
}

/** Installs what is missing from Debian's packages. Where that cannot be done here, the error says the line to type. */
export async function installPackages(packages: readonly string[]): Promise<void> {
  const isRoot = process.getuid?.() === 0
  const aptGet = findInPath('apt-get')
  if (aptGet === undefined)
    throw cannot(
      'there is no apt-get on this machine',
      `install what these Debian packages hold: ${packages.join(' ')}`,
    )
  if (!isRoot) throw cannot('installing needs root', installLine(packages, false))
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  // Its output is no result of ours; and without fresh lists what is there may do.
  const output = { stdin: 'ignore', stdout: process.stderr, stderr: 'inherit' } as const
  await execa(aptGet, ['update', '--quiet'], { env, ...output, reject: false })
  const args = ['install', '--yes', '--no-install-recommends', ...packages]
  const { exitCode } = await execa(aptGet, args, { env, ...output, reject: false })
  if (exitCode !== 0)
    throw cannot(`apt-get ended with exit code ${exitCode}`, installLine(packages, true))
}

function cannot(message: string, hint: string): SeamproofError {
  return new SeamproofError('NOT_INSTALLED', message, { exitCode: ExitCode.machineLacks, hint })
}
