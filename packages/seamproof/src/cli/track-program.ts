import { loadConfig } from '../config/load-config.js'
import { captureProgram, shellExitCode } from '../pipeline.js'
import { renderTrackSummary } from '../report/text/render-track-summary.js'
import { captureJson } from './capture-json.js'
import { readWithProgress } from './capture-options.js'
import { reportFailure } from './report-failure.js'
import { createTerminal } from './terminal.js'
import type { TrackOptions } from './track.js'

/** Runs any program. Its exit code is ours; everything we say goes to stderr. */
export async function trackProgram(
  [command, ...args]: string[],
  options: TrackOptions,
): Promise<number> {
  const terminal = createTerminal(options)
  const cwd = process.cwd()
  const { config } = await loadConfig({ cwd, configFile: options.config })
  const { captureDir, manifest } = await captureProgram({
    command: command!,
    args,
    cwd,
    env: process.env,
    mode: options.mode ?? config.mode ?? 'full',
    isExact: options.exact ?? false,
    outDir: options.out,
    isForced: options.force ?? false,
    timeoutMs: options.timeout,
    maxDepth: options.depth,
    fileLimitBytes: options.fileLimit,
  })
  try {
    const capture = await readWithProgress(captureDir, options)
    terminal.remark(
      options.json
        ? JSON.stringify(captureJson(capture))
        : renderTrackSummary(capture, { hasColor: false }),
    )
  } catch (thrown) {
    // The program ran and its capture is kept: its exit code still is what the caller waits for.
    reportFailure(thrown)
    terminal.remark(`  the capture is kept: seamproof leaks ${captureDir}`)
  }
  return shellExitCode(manifest.exit)
}
