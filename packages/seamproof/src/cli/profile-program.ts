import { loadConfig } from '../config/load-config.js'
import { captureProgram, shellExitCode } from '../pipeline.js'
import { shownPath } from './capture-options.js'
import { layerEnvironment } from './layer-options.js'
import { keptBytes, liveProfileOf } from './live/live-options.js'
import type { ProfileOptions } from './profile.js'
import { printProfile, readProfiles } from './profile-summary.js'
import { reportFailure } from './report-failure.js'
import { createTerminal } from './terminal.js'

/** Runs any program under the sampler. Its exit code is ours, unless we stopped it; everything we say goes to stderr. */
export async function profileProgram(
  [command, ...args]: readonly string[],
  options: ProfileOptions,
): Promise<number> {
  const terminal = createTerminal(options)
  const cwd = process.cwd()
  const { config } = await loadConfig({ cwd, configFile: options.config })
  const live = liveProfileOf([command!, ...args], options, terminal, config.subjectModules)
  await live?.prepare()
  const { captureDir, manifest, didTimeOut } = await captureProgram({
    command: command!,
    args,
    cwd,
    ...sampledCaptureOptions(options),
    timeoutMs: options.duration,
    onCaptureDir: (captureDir) => live?.begin(captureDir),
  }).finally(() => live?.end())
  if (didTimeOut) terminal.remark(`seamproof: stopped after ${options.duration! / 1000} s`)
  try {
    const profiles = await readProfiles(captureDir, options)
    printProfile(profiles, captureDir, options, { terminal, isToStderr: true })
  } catch (thrown) {
    // The program ran and its capture is kept: its exit code still is what the caller waits for.
    reportFailure(thrown)
    terminal.remark(`  the capture is kept in ${shownPath(captureDir)}`)
  }
  return didTimeOut ? 0 : shellExitCode(manifest.exit)
}

/** What programs and workloads are sampled with alike. */
export function sampledCaptureOptions(options: ProfileOptions) {
  const { crossings, out, force, depth, wall, rate, paused } = options
  const keepBytes = keptBytes(options)
  return {
    env: crossings ? layerEnvironment(process.env) : process.env,
    mode: 'samples' as const,
    isExact: false,
    outDir: out,
    isForced: force ?? false,
    maxDepth: depth,
    sampler: {
      clock: wall ? ('wall' as const) : ('cpu' as const),
      rateHz: rate,
      isPaused: paused ?? false,
      ...(keepBytes !== undefined && { keepBytes }),
    },
  }
}
