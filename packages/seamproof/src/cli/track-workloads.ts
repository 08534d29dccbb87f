import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { type LoadedConfig, loadConfig } from '../config/load-config.js'
import {
  captureWorkload,
  judgeLayer,
  type ReadCapture,
  shellExitCode,
  type WorkloadCapture,
} from '../pipeline.js'
import { renderLayer } from '../report/text/render-layer.js'
import { renderLeaks } from '../report/text/render-leaks.js'
import { captureJson } from './capture-json.js'
import { readWithProgress, shownPath } from './capture-options.js'
import { layerEnvironment } from './layer-options.js'
import { leakExitCode } from './leak-exit-code.js'
import { startProgress } from './progress.js'
import { reportFailure } from './report-failure.js'
import { createTerminal, type Terminal } from './terminal.js'
import type { TrackOptions } from './track.js'
import { configuredFiles } from './workload-files.js'

const workloadTimeoutMs = 600_000

/** Runs workload files one after the other, each into a capture of its own. The worst of them decides the exit code. */
export async function trackWorkloads(given: string[], options: TrackOptions): Promise<number> {
  const cwd = process.cwd()
  const terminal = createTerminal(options)
  const loaded = await loadConfig({ cwd, configFile: options.config })
  const files = given.length > 0 ? given : await configuredFiles(loaded, nothingToTrack)
  if (files.length > 1 && options.out !== undefined)
    throw new SeamproofError(
      'ONE_FOLDER',
      `${files.length} workload files cannot share ${options.out}`,
      {
        exitCode: ExitCode.usage,
        hint: 'leave -o out, or track one file',
      },
    )
  const outcomes: TrackOutcome[] = []
  for (const file of files) {
    const outcome = await trackOne(file, loaded, options, terminal)
    outcomes.push(outcome)
    if (outcome.isInterrupted) break
  }
  if (options.json)
    terminal.printJson(outcomes.length === 1 ? outcomes[0]!.json : outcomes.map((one) => one.json))
  return Math.max(...outcomes.map((one) => one.exitCode))
}

interface TrackOutcome {
  exitCode: number
  json: unknown
  isInterrupted?: true
}

async function trackOne(
  file: string,
  loaded: LoadedConfig,
  options: TrackOptions,
  terminal: Terminal,
): Promise<TrackOutcome> {
  const run = await captureOne(file, loaded, options)
  if (run.manifest.exit.signal === 'SIGINT') {
    // Who presses Ctrl-C does not want to wait for a report.
    const shown = shownPath(run.captureDir)
    terminal.remark(`seamproof: interrupted; what was recorded is kept: seamproof leaks ${shown}`)
    const exitCode = shellExitCode(run.manifest.exit)
    return { exitCode, json: { formatVersion: 1, captureDir: run.captureDir }, isInterrupted: true }
  }
  const capture = await readWithProgress(run.captureDir, options)
  const json = captureJson(capture, run.fault)
  if (!options.json) printOutcome(capture, terminal)
  if (options.layer && !options.json) {
    const layer = judgeLayer(capture.facts, {}, capture.manifest.workloads ?? [])
    terminal.print(renderLayer(capture.facts, layer, terminal.textOptions))
  }
  if (run.fault === undefined) return { exitCode: leakExitCode(capture.verdicts), json }
  reportFailure(run.fault)
  return { exitCode: run.fault.exitCode, json }
}

async function captureOne(
  file: string,
  { config }: LoadedConfig,
  options: TrackOptions,
): Promise<WorkloadCapture> {
  const progress = await startProgress(!options.json)
  progress.step(`running ${file}`)
  try {
    return await captureWorkload({
      file,
      cwd: process.cwd(),
      env: options.layer ? layerEnvironment(process.env) : process.env,
      mode: options.mode ?? config.mode ?? 'full',
      // A workload is about allocations, not speed: every line in a stack should be the line of the call.
      isExact: options.exact ?? true,
      outDir: options.out,
      isForced: options.force ?? false,
      nodePath: options.node,
      timeoutMs: options.timeout ?? workloadTimeoutMs,
      only: options.only,
      rounds: options.rounds ?? config.rounds,
      operationsPerRound: options.operations ?? config.operations,
      warmupOperations: options.warmup,
      maxDepth: options.depth,
      fileLimitBytes: options.fileLimit,
      onStep: (text) => progress.step(text),
    })
  } finally {
    progress.stop()
  }
}

function printOutcome(
  { facts, verdicts, notes, captureDir }: ReadCapture,
  terminal: Terminal,
): void {
  const shown = shownPath(captureDir)
  terminal.print(renderLeaks(facts, verdicts, { ...terminal.textOptions, capture: shown }))
  for (const note of notes) terminal.remark(`note: ${note}`)
}

function nothingToTrack(): SeamproofError {
  return new SeamproofError('NOTHING_TO_TRACK', 'there is nothing to track', {
    exitCode: ExitCode.usage,
    hint: 'a program: seamproof track -- node app.js; a workload: seamproof track FILE.seam.ts; a first one: seamproof init',
  })
}
