import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { ExitCode, SeamproofError } from '../../base/seamproof-error.js'
import { writeWholeFile } from '../../base/whole-file.js'
import type { SoakHead, SoakLine } from '../../contract/soak.js'
import { traceFilesIn } from '../capture-directory.js'

export const soakHeadFile = 'soak.json'
export const soakSeriesFile = 'series.jsonl'

/** The record of a soak: a head that is written once, and a series that is only ever appended to, line by line, to the disk. */
export class SoakRecord {
  readonly #descriptor: number
  #isClosed = false

  constructor(folder: string) {
    const path = join(folder, soakSeriesFile)
    const isCut = existsSync(path) && !endsWithLine(path)
    this.#descriptor = openSync(path, 'a')
    // What a power loss cut stays a line of its own.
    if (isCut) writeSync(this.#descriptor, '\n')
  }

  append(line: SoakLine): void {
    // The floor is a process of its own, and on a busy machine its last word may come when the soak has ended.
    if (this.#isClosed) return
    writeSync(this.#descriptor, `${JSON.stringify(line)}\n`)
    fsyncSync(this.#descriptor)
  }

  close(): void {
    this.#isClosed = true
    closeSync(this.#descriptor)
  }
}

function endsWithLine(path: string): boolean {
  const text = readFileSync(path, 'utf8')
  return text === '' || text.endsWith('\n')
}

export function writeSoakHead(folder: string, head: SoakHead): void {
  writeWholeFile(join(folder, soakHeadFile), `${JSON.stringify(head, null, 2)}\n`)
}

export function readSoakHead(folder: string): SoakHead {
  const path = join(folder, soakHeadFile)
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as SoakHead
  } catch (cause) {
    throw new SeamproofError('NO_SOAK', `${folder} holds no soak: ${(cause as Error).message}`, {
      exitCode: ExitCode.usage,
      hint: 'name the folder that `seamproof soak` left',
      cause,
    })
  }
}

/** A line that was cut by a power loss is left out: it can only be the last of its part. */
export function readSoakSeries(folder: string): SoakLine[] {
  const lines: SoakLine[] = []
  for (const text of readFileSync(join(folder, soakSeriesFile), 'utf8').split('\n')) {
    if (text === '') continue
    try {
      lines.push(JSON.parse(text) as SoakLine)
    } catch {}
  }
  return lines
}

export function traceBytesIn(folder: string): number {
  return traceFilesIn(folder).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
}

export function writePlan(folder: string, name: string, plan: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, `${JSON.stringify(plan, null, 2)}\n`)
  return path
}
