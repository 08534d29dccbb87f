import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ExitCode, SeamproofError } from '../../base/seamproof-error.js'

const lockPollMs = 200
/** Builds of one project that are kept: the variants of its last versions. */
const keptBuilds = 12

export function buildCacheFolder(env: NodeJS.ProcessEnv): string {
  const home = env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return env.SEAMPROOF_CACHE || join(home, 'seamproof', 'builds')
}

/** One builds, others wait: two checks of one project want the same build at the same time. */
export async function withLock<T>(
  folder: string,
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const lock = `${folder}.lock`
  const endMs = Date.now() + timeoutMs
  while (!takeLock(lock)) {
    if (Date.now() > endMs)
      throw new SeamproofError('BUILD_LOCKED', `another check has held ${lock} for too long`, {
        exitCode: ExitCode.machineLacks,
        hint: `if nothing is being built, remove it: rm -r ${lock}`,
      })
    await sleep(lockPollMs)
  }
  try {
    return await work()
  } finally {
    releaseLock(lock)
  }
}

/**
 * A folder in the lock names the process that holds it, so that who died in the middle does not lock others out. Both appear in one
 * step: a folder can be moved onto an empty one, and onto no other.
 */
function takeLock(lock: string): boolean {
  const draft = lock.replace(/\.lock$/, `.${process.pid}.lock`)
  mkdirSync(join(draft, String(process.pid)), { recursive: true })
  try {
    renameSync(draft, lock)
    return true
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST' && code !== 'ENOTEMPTY') throw error
    const holder = ownerOf(lock)
    if (holder !== undefined && !isAlive(holder)) removeIfEmpty(join(lock, String(holder)))
    return false
  }
}

function releaseLock(lock: string): void {
  removeIfEmpty(join(lock, String(process.pid)))
  removeIfEmpty(lock)
}

/** Between two steps another process may have taken it: then there is something in it. */
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
  }
}

function ownerOf(lock: string): number | undefined {
  try {
    const [name] = readdirSync(lock)
    return name === undefined ? undefined : Number(name)
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch {
    return undefined
  }
}

/** Marks a build as used now, and removes those of the same project that were not for longest. */
export function tidyCache(projectFolder: string, usedFolder: string): void {
  const now = new Date()
  utimesSync(usedFolder, now, now)
  const builds = readdirSync(projectFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.endsWith('.lock'))
    .map((entry) => join(projectFolder, entry.name))
    .map((path) => ({ path, usedMs: statSync(path).mtimeMs }))
    .sort((a, b) => b.usedMs - a.usedMs)
  for (const { path } of builds.slice(keptBuilds)) rmSync(path, { recursive: true, force: true })
}
