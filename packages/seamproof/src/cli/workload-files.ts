import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import type { LoadedConfig } from '../config/load-config.js'

/** The workload files that the config names, in one order on every machine. */
export async function configuredFiles(
  { config, folder, file }: LoadedConfig,
  noneNamed: () => SeamproofError,
): Promise<string[]> {
  const patterns = config.workloads
  if (patterns === undefined) throw noneNamed()
  const { glob } = await import('tinyglobby')
  const found = await glob(patterns, {
    cwd: folder,
    absolute: true,
    ignore: ['**/node_modules/**'],
  })
  if (found.length > 0) return found.sort()
  throw new SeamproofError(
    'NO_WORKLOADS',
    `no file matches "${[patterns].flat().join('", "')}" of ${file} in ${folder}`,
    { exitCode: ExitCode.usage, hint: 'correct "workloads", or write a first one: seamproof init' },
  )
}
