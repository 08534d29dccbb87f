import { mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { tryWriteWholeFile } from '../base/whole-file.js'
import type { CheckJob } from './check-plan.js'

const entriesMax = 1000

/** How long runs took the last time, kept in the user's cache: only to say how long this one may take, and what to start first. */
export class CheckDurations {
  readonly #path: string
  readonly #known: ReadonlyMap<string, number>
  readonly #noted = new Map<string, number>()

  constructor(env: NodeJS.ProcessEnv) {
    const cache = env.XDG_CACHE_HOME || join(homedir(), '.cache')
    this.#path = join(cache, 'seamproof', 'check-durations.json')
    this.#known = readDurations(this.#path)
  }

  expectedMs(job: CheckJob, cwd: string): number | undefined {
    return this.#known.get(keyOf(job, cwd))
  }

  note(job: CheckJob, cwd: string, wallMs: number): void {
    this.#noted.set(keyOf(job, cwd), Math.round(wallMs))
  }

  /** A cache that cannot be written is no cache; nothing else changes. */
  save(): void {
    try {
      mkdirSync(dirname(this.#path), { recursive: true })
    } catch {
      return
    }
    // Read again: another check may have ended in the meantime.
    const all = readDurations(this.#path)
    for (const [key, wallMs] of this.#noted) {
      all.delete(key)
      all.set(key, wallMs)
    }
    const youngest = [...all].slice(-entriesMax)
    tryWriteWholeFile(this.#path, `${JSON.stringify(Object.fromEntries(youngest))}\n`)
  }
}

function keyOf({ instrument, target }: CheckJob, cwd: string): string {
  return `${instrument} ${target.kind === 'file' ? target.file : `${cwd}: ${target.shown}`}`
}

function readDurations(path: string): Map<string, number> {
  try {
    const stored: unknown = JSON.parse(readFileSync(path, 'utf8'))
    const entries = Object.entries(stored as Record<string, unknown>)
    return new Map(
      entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    )
  } catch {
    return new Map()
  }
}
