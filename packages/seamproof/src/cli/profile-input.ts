import { statSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { loadConfig } from '../config/load-config.js'
import type { CpuProfile } from '../contract/cpu-profile.js'
import type { LayerCrossing } from '../contract/layer.js'
import { readProfileFile } from '../pipeline.js'
import type { CaptureOptions } from './capture-options.js'
import { startProgress } from './progress.js'
import { createTerminal, type Terminal } from './terminal.js'

/** CPU time that a report is asked for: of a profile capture, or of a file that another tool made. */
export interface ProfileInput {
  /** One for each process. */
  profiles: CpuProfile[]
  terminal: Terminal
  /** As the user would type it. */
  shown: string
  /** What the seam layer counted, where it was on. */
  crossings?: LayerCrossing[]
  /** Where reports go by default, without an extension: `profile.cpuprofile` gives `profile`. */
  outBase: string
}

/** Undefined when what was named is a capture of allocations, or nothing was named. */
export async function openProfile(
  given: string | undefined,
  options: CaptureOptions,
): Promise<ProfileInput | undefined> {
  if (given === undefined) return undefined
  const path = resolve(given)
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined
  if (path.endsWith('.trace')) return undefined
  const { config } = await loadConfig({ cwd: process.cwd(), configFile: options.config })
  const progress = await startProgress(!options.json)
  try {
    progress.step(`reading ${given}`)
    const profile = readProfileFile(path, { subjectModules: config.subjectModules })
    const outBase = basename(path).replace(/\.(?:cpuprofile|txt|json)$/, '')
    return {
      profiles: [profile],
      terminal: createTerminal(options),
      shown: given,
      outBase: outBase || 'profile',
    }
  } finally {
    progress.stop()
  }
}
