import { statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { loadConfig } from '../config/load-config.js'
import type { CpuProfile } from '../contract/cpu-profile.js'
import { findCapture, isCpuCapture, readCpuProfile, readProfileFile } from '../pipeline.js'
import { type CaptureOptions, shownPath } from './capture-options.js'
import { startProgress } from './progress.js'
import { createTerminal, type Terminal } from './terminal.js'

/** CPU time that a report is asked for: of a profile capture, or of a file that another tool made. */
export interface ProfileInput {
  /** One for each process, the busiest first. */
  profiles: CpuProfile[]
  terminal: Terminal
  /** As the user would type it. */
  shown: string
  /** Where reports go by default, without an extension: `profile.cpuprofile` gives `profile`. */
  outBase: string
}

/** Undefined when what was named, or the newest capture here, is one of allocations. */
export async function openProfile(
  given: string | undefined,
  options: CaptureOptions & { process?: number },
): Promise<ProfileInput | undefined> {
  const isFile = given !== undefined && isProfileFile(given)
  const captureDir =
    isFile || given?.endsWith('.trace') ? undefined : findCapture(given, process.cwd())
  if (!isFile && (captureDir === undefined || !isCpuCapture(captureDir))) return undefined
  const terminal = createTerminal(options)
  const shown = given ?? shownPath(captureDir!)
  if (given === undefined && !options.json) terminal.remark(`seamproof: reading ${shown}`)
  const { config } = await loadConfig({ cwd: process.cwd(), configFile: options.config })
  const { subjectModules } = config
  const progress = await startProgress(!options.json)
  try {
    progress.step(`reading ${shown}`)
    const onStep = (text: string) => progress.step(text)
    const all =
      captureDir === undefined
        ? [readProfileFile(resolve(shown), { subjectModules })]
        : await readCpuProfile(captureDir, { subjectModules, onStep })
    const profiles = ofProcess(all, options.process)
    const outBase = captureDir === undefined ? fileBase(shown) : join(captureDir, 'profile')
    return { profiles, terminal, shown, outBase }
  } finally {
    progress.stop()
  }
}

const isProfileFile = (given: string): boolean =>
  !given.endsWith('.trace') &&
  statSync(resolve(given), { throwIfNoEntry: false })?.isFile() === true

/** `x/profile.cpuprofile` gives `profile`, here: the file may lie where one may not write. */
const fileBase = (path: string): string =>
  basename(path).replace(/\.(?:cpuprofile|txt|json)$/, '') || 'profile'

/** The one that was asked for; else all, that of the process that used most CPU time first. */
function ofProcess(profiles: CpuProfile[], pid: number | undefined): CpuProfile[] {
  if (pid === undefined) {
    const time = ({ costs }: CpuProfile) =>
      costs.reduce(
        (sum, { state, ns }) => (state === 'idle' || state === 'runnable' ? sum : sum + ns),
        0,
      )
    return profiles
      .map((profile) => ({ profile, ns: time(profile) }))
      .sort((a, b) => b.ns - a.ns)
      .map(({ profile }) => profile)
  }
  const chosen = profiles.filter((profile) => profile.pid === pid)
  if (chosen.length > 0) return chosen
  throw new SeamproofError('NO_SUCH_PROCESS', `the profile holds no process ${pid}`, {
    exitCode: ExitCode.usage,
    hint: `it holds ${profiles.map((profile) => `${profile.pid} (${profile.command.join(' ')})`).join('; ')}`,
  })
}
