import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const cacheFolder = resolve(import.meta.dirname, '../../../../.cache/real-packages')

/** A folder with exactly these packages from the npm registry; installed once, then taken from the cache. */
export function installPackages(name: string, dependencies: Record<string, string>): string {
  const folder = join(cacheFolder, name)
  const manifest = JSON.stringify({ private: true, type: 'module', dependencies })
  const stamp = join(folder, 'package.json')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === manifest) return folder
  // Made beside its place and moved there whole: an installation that broke off is not taken for one.
  const draft = `${folder}.${process.pid}`
  for (const path of [draft, folder]) rmSync(path, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true })
  writeFileSync(join(draft, 'package.json'), manifest)
  const options = [
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--ignore-scripts',
    '--loglevel=error',
  ]
  execFileSync('npm', ['install', ...options], {
    cwd: draft,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  renameSync(draft, folder)
  return folder
}
