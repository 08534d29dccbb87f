import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { packagesFrom } from './real-packages.js'

/** Where the workloads of popular addons lie, with the versions that they are for. */
export const popularFolder = resolve(import.meta.dirname, '../examples/addons')

/** Those addons from npm, better-sqlite3 built from its source; the first call takes minutes. */
export function popularPackages(): Promise<string> {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(popularFolder, 'package.json'), 'utf8'),
  ) as Record<'dependencies' | 'devDependencies', Record<string, string>>
  return packagesFrom(
    'popular-addons',
    { ...dependencies, ...devDependencies },
    {
      folder: 'node_modules/better-sqlite3',
      command: ['npx', 'node-gyp', 'rebuild', '--release'],
      product: 'build/Release/better_sqlite3.node',
    },
  )
}
