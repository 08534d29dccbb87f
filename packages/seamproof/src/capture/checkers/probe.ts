import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildCacheFolder } from '../build/build-cache.js'

const source = fileURLToPath(new URL('../../../native/probe.c', import.meta.url))
/** Valgrind's requests are macros of its headers: a probe that was built without them cannot make them. */
const valgrindHeader = '/usr/include/valgrind/memcheck.h'

/** The addon that asks a checker for leaks from inside; built once. Undefined where there is no compiler for it. */
export function probeLibrary(env: NodeJS.ProcessEnv): string | undefined {
  const key = createHash('sha256')
    .update(readFileSync(source))
    .update(String(existsSync(valgrindHeader)))
    .digest('hex')
    .slice(0, 16)
  const folder = join(buildCacheFolder(env), 'probe')
  const path = join(folder, `seamproof-probe-${key}.so`)
  if (existsSync(path)) return path
  const draft = `${path}.${process.pid}`
  try {
    mkdirSync(folder, { recursive: true })
    const buildEnv = { ...process.env, LD_PRELOAD: '' }
    const flags = [
      '-O1',
      '-g',
      '-fPIC',
      '-shared',
      '-fvisibility=hidden',
      '-fno-omit-frame-pointer',
    ]
    execFileSync(process.env.CC || 'cc', [...flags, '-o', draft, source, '-ldl'], {
      env: buildEnv,
      stdio: 'ignore',
    })
    renameSync(draft, path)
    return path
  } catch {
    return undefined
  }
}
