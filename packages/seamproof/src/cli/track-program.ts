import { loadConfig } from '../config/load-config.js'
import { captureProgram, judgeLayer, shellExitCode } from '../pipeline.js'
import { renderLayer } from '../report/text/render-layer.js'
import { captureJson } from './capture-json.js'
import { readWithProgress, shownPath } from './capture-options.js'
import { layerEnvironment } from './layer-options.js'
import { reportFailure } from './report-failure.js'
import { createTerminal } from './terminal.js'
import type { TrackOptions } from './track.js'
import { trackSummary } from './track-summary.js'

/** Runs any program. Its exit code is ours; everything we say goes to stderr. */
export async function trackProgram(
  [command, ...args]: readonly string[],
  options: TrackOptions,
): Promise<number> {
  const terminal = createTerminal(options)
  const cwd = process.cwd()
  const { config } = await loadConfig({ cwd, configFile: options.config })
  const { captureDir, manifest, didTimeOut } = await captureProgram({
    command: command!,
    args,
    cwd,
    env: options.layer ? layerEnvironment(process.env) : process.env,
    mode: options.mode ?? config.mode ?? 'full',
    isExact: options.exact ?? false,
    outDir: options.out,
    isForced: options.force ?? false,
    timeoutMs: options.timeout,
    maxDepth: options.depth,
    fileLimitBytes: options.fileLimit,
  })
  const shown = shownPath(captureDir)
  if (didTimeOut) terminal.remark(`seamproof: stopped after ${options.timeout! / 1000} s`)
  try {
    const capture = await readWithProgress(captureDir, options)
    if (options.json) terminal.remark(JSON.stringify(captureJson(capture)))
    else terminal.remark(trackSummary(capture, shown))
    if (options.layer && !options.json)
      terminal.remark(renderLayer(capture.facts, judgeLayer(capture.facts), terminal.textOptions))
  } catch (thrown) {
    // The program ran and its capture is kept: its exit code still is what the caller waits for.
    reportFailure(thrown)
    terminal.remark(`  the capture is kept in ${shown}`)
  }
  return shellExitCode(manifest.exit)
}
