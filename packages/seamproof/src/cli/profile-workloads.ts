import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { loadConfig } from '../config/load-config.js'
import { captureWorkload } from '../pipeline.js'
import type { ProfileOptions } from './profile.js'
import { sampledCaptureOptions } from './profile-program.js'
import { printProfile, readProfiles } from './profile-summary.js'
import { startProgress } from './progress.js'
import { reportFailure } from './report-failure.js'
import { createTerminal } from './terminal.js'

const profileMs = 10_000
const workloadTimeoutMs = 600_000

/** Runs workload files one after the other, each warmed up and then sampled. The worst of them decides the exit code. */
export async function profileWorkloads(
  files: readonly string[],
  options: ProfileOptions,
): Promise<number> {
  if (files.length > 1 && options.out !== undefined)
    throw new SeamproofError(
      'ONE_FOLDER',
      `${files.length} workload files cannot share ${options.out}`,
      { exitCode: ExitCode.usage, hint: 'leave -o out, or profile one file' },
    )
  const exitCodes: number[] = []
  for (const file of files) exitCodes.push(await profileOne(file, options))
  return Math.max(...exitCodes)
}

async function profileOne(file: string, options: ProfileOptions): Promise<number> {
  const cwd = process.cwd()
  await loadConfig({ cwd, configFile: options.config })
  const progress = await startProgress(!options.json)
  progress.step(`running ${file}`)
  const sampledMs = options.duration ?? profileMs
  const sampled = sampledCaptureOptions(options)
  const run = await captureWorkload({
    file,
    cwd,
    ...sampled,
    // The runner starts the sampler once the workload is warm.
    sampler: { ...sampled.sampler, isPaused: true },
    nodePath: options.node,
    timeoutMs: workloadTimeoutMs + sampledMs,
    only: options.only,
    warmupOperations: options.warmup,
    profileMs: sampledMs,
    onStep: (text) => progress.step(text),
  }).finally(() => progress.stop())
  if (run.fault !== undefined) reportFailure(run.fault)
  const terminal = createTerminal(options)
  const profiles = await readProfiles(run.captureDir, options)
  printProfile(profiles, run.captureDir, options, { terminal, isToStderr: false })
  return run.fault?.exitCode ?? ExitCode.pass
}
