import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ExitCode, SeamproofError } from '../../base/seamproof-error.js'

const ownFile = /^profile-\d{8}T\d{6}Z-\d+\.pb\.gz$/

/** A folder of profiles, one for each span of time, that never grows beyond its bound: the oldest go first. */
export class ProfileRing {
  readonly folder: string
  readonly #keepBytes: number

  constructor(folder: string, keepBytes: number) {
    this.folder = folder
    this.#keepBytes = keepBytes
    try {
      mkdirSync(folder, { recursive: true })
    } catch (cause) {
      throw new SeamproofError(
        'RING_UNWRITABLE',
        `${folder} cannot be made: ${(cause as Error).message}`,
        { exitCode: ExitCode.usage, hint: 'name a folder that you may write to', cause },
      )
    }
  }

  /** Gives the path. Files that are not ours are neither counted nor removed. */
  add(startedAt: string, pid: number, profile: Uint8Array): string {
    const time = startedAt.replace(/[-:]|\.\d+/g, '')
    const path = join(this.folder, `profile-${time}-${pid}.pb.gz`)
    const draft = `${path}.tmp`
    writeFileSync(draft, profile)
    renameSync(draft, path)
    this.#prune()
    return path
  }

  #prune(): void {
    const files = readdirSync(this.folder)
      .filter((name) => ownFile.test(name))
      .sort()
      .map((name) => join(this.folder, name))
      .map((path) => ({ path, bytes: statSync(path, { throwIfNoEntry: false })?.size ?? 0 }))
    let total = files.reduce((sum, { bytes }) => sum + bytes, 0)
    // The newest stays, even if it alone is more.
    for (const { path, bytes } of files.slice(0, -1)) {
      if (total <= this.#keepBytes) return
      rmSync(path, { force: true })
      total -= bytes
    }
  }
}
