import { execFile } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { extname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'

/** The package that a first workload is written for. */
export interface InitSubject {
  name: string
  /** As a workload beside package.json imports it: `./index.js`. */
  specifier: string
  /** CommonJS gives one value; a module of ES has names. */
  isCommonJs: boolean
  /** Exported functions, in their order. Empty when it could not be loaded. */
  functionNames: string[]
  /** Why it could not be loaded, in one line. */
  loadFault?: string
}

interface PackageJson {
  name?: unknown
  type?: unknown
  main?: unknown
  module?: unknown
  exports?: unknown
}

/** What package.json says is the package's entry; undefined where there is none, or it is not built. */
export async function findInitSubject(folder: string): Promise<InitSubject | undefined> {
  const manifest = readManifest(join(folder, 'package.json'))
  if (manifest === undefined) return undefined
  const entry = entryOf(manifest, folder)
  if (entry === undefined) return undefined
  const specifier = `./${relative(folder, entry)}`
  const isCommonJs =
    ['.cjs', '.node'].includes(extname(entry)) ||
    (extname(entry) !== '.mjs' && manifest.type !== 'module')
  const name = typeof manifest.name === 'string' ? manifest.name : 'this package'
  return { name, specifier, isCommonJs, ...(await exportedFunctions(entry, folder)) }
}

function readManifest(path: string): PackageJson | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as PackageJson
  } catch {
    return undefined
  }
}

function entryOf({ exports, main, module }: PackageJson, folder: string): string | undefined {
  const candidates = [exportTarget(exports), main, module, 'index.js', 'index.mjs', 'index.cjs']
  return candidates
    .filter((one): one is string => typeof one === 'string' && one !== '')
    .flatMap((one) => [one, `${one}.js`, join(one, 'index.js')])
    .map((one) => resolve(folder, one))
    .find((path) => existsSync(path) && statSync(path).isFile())
}

/** `exports` is a path, or conditions, or subpaths of conditions: what `import` would take of the main one. */
function exportTarget(exports: unknown): unknown {
  if (typeof exports !== 'object' || exports === null) return exports
  const table = exports as Record<string, unknown>
  const next = table['.'] ?? table.import ?? table.node ?? table.require ?? table.default
  return next === exports ? undefined : exportTarget(next)
}

const loadTimeoutMs = 20_000

/** Asked in a process of its own: the package may not load, may not end, and may print. */
async function exportedFunctions(
  entry: string,
  folder: string,
): Promise<Pick<InitSubject, 'functionNames' | 'loadFault'>> {
  const code = `import(${JSON.stringify(entry)}).then((m) => {
    const from = m.default !== null && typeof m.default === 'object' ? m.default : m
    const names = Object.keys(from).filter((name) => typeof from[name] === 'function' && /^[\\p{ID_Start}$_][\\p{ID_Continue}$]*$/u.test(name) && name !== 'default')
    process.stdout.write('\\u0000' + JSON.stringify(names) + '\\u0000', () => process.exit(0))
  }, (error) => { process.stderr.write('\\u0000' + String(error?.message ?? error).split('\\n')[0] + '\\u0000', () => process.exit(1)) })`
  const run = promisify(execFile)
  try {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], {
      cwd: folder,
      timeout: loadTimeoutMs,
      encoding: 'utf8',
    })
    return { functionNames: JSON.parse(stdout.split('\0')[1] ?? '[]') as string[] }
  } catch (error) {
    const { stderr, killed } = error as { stderr?: string; killed?: boolean }
    const told = killed
      ? `it did not load within ${loadTimeoutMs / 1000} s`
      : stderr?.split('\0')[1]
    return { functionNames: [], loadFault: told ?? 'it could not be loaded' }
  }
}
