import { ExitCode } from '../base/seamproof-error.js'
import {
  type CheckTarget,
  fileTarget,
  programTarget,
  writeLayerFindings,
} from '../check-pipeline.js'
import { loadConfig } from '../config/load-config.js'
import {
  captureProgram,
  captureWorkload,
  judgeLayer,
  type ReadCapture,
  type WorkloadCapture,
} from '../pipeline.js'
import { layerJson } from '../report/json/layer-json.js'
import { renderLayer } from '../report/text/render-layer.js'
import { readWithProgress, shownPath } from './capture-options.js'
import type { CheckOptions } from './check.js'
import { nothingToCheck, readingOptions } from './check-subjects.js'
import { layerEnvironment, layerFilter } from './layer-options.js'
import { startProgress } from './progress.js'
import { reportFailure } from './report-failure.js'
import { createTerminal, type Terminal } from './terminal.js'
import { configuredFiles } from './workload-files.js'

const workloadTimeoutMs = 600_000

/** Runs the subject with the seam layer in it and says what it broke. The worst of several workload files decides. */
export async function checkLayer(
  program: string[] | undefined,
  files: readonly string[],
  options: CheckOptions,
): Promise<number> {
  const terminal = createTerminal(options)
  const outcomes: { exitCode: number; json: unknown }[] = []
  if (program !== undefined)
    outcomes.push(
      await report(programTarget(program), await runProgram(program, options), options, terminal),
    )
  else {
    const loaded = await loadConfig({ cwd: process.cwd(), configFile: options.config })
    const given = files.length > 0 ? files : await configuredFiles(loaded, nothingToCheck)
    for (const file of given)
      outcomes.push(
        await report(
          fileTarget(file, process.cwd()),
          await runWorkload(file, options),
          options,
          terminal,
        ),
      )
  }
  if (options.json)
    terminal.printJson(outcomes.length === 1 ? outcomes[0]!.json : outcomes.map((one) => one.json))
  return Math.max(...outcomes.map((one) => one.exitCode))
}

async function runProgram(
  [command, ...args]: readonly string[],
  options: CheckOptions,
): Promise<WorkloadCapture> {
  await loadConfig({ cwd: process.cwd(), configFile: options.config })
  return await captureProgram({
    ...commonOptions(options),
    command: command!,
    args,
    timeoutMs: options.timeout,
    isExact: false,
  })
}

async function runWorkload(file: string, options: CheckOptions): Promise<WorkloadCapture> {
  const progress = await startProgress(!options.json)
  progress.step(`running ${file}`)
  try {
    return await captureWorkload({
      ...commonOptions(options),
      file,
      isExact: true,
      nodePath: options.node,
      timeoutMs: options.timeout ?? workloadTimeoutMs,
      only: options.only,
      rounds: options.rounds,
      operationsPerRound: options.operations,
      ...(options.operations === undefined ? {} : { warmupOperations: options.operations }),
    })
  } finally {
    progress.stop()
  }
}

/** No allocation is recorded: the layer sees what it needs by itself, and a subject that allocates much is not slowed down. */
function commonOptions(options: CheckOptions) {
  return {
    cwd: process.cwd(),
    env: { ...layerEnvironment(process.env, options), SEAMPROOF_LAYER_ONLY: '1' },
    mode: 'aggregate' as const,
    outDir: options.out,
    isForced: options.force ?? false,
  }
}

async function report(
  target: CheckTarget,
  run: WorkloadCapture,
  options: CheckOptions,
  terminal: Terminal,
): Promise<{ exitCode: number; json: unknown }> {
  const capture = await readWithProgress(run.captureDir, options)
  const { facts, manifest } = capture
  await storeFindings(target, run, capture, options)
  const layer = judgeLayer(facts, layerFilter(options), manifest.workloads ?? [])
  if (!options.json) {
    const limit = options.limit === undefined ? {} : { limit: options.limit }
    terminal.print(renderLayer(facts, layer, { ...terminal.textOptions, ...limit }))
    terminal.remark(`seamproof: capture: ${shownPath(run.captureDir)}`)
    remarkOnEnd(capture, terminal)
  }
  if (run.fault !== undefined) reportFailure(run.fault)
  const isBad = layer.checks.some(({ status }) => status === 'fail' || status === 'not-run')
  const exitCode = isBad ? ExitCode.failed : (run.fault?.exitCode ?? endCode(capture))
  return { exitCode, json: { captureDir: run.captureDir, ...layerJson(facts, layer) } }
}

/** The same list as of all instruments: to be merged with others, and read again. */
async function storeFindings(
  target: CheckTarget,
  run: WorkloadCapture,
  capture: ReadCapture,
  options: CheckOptions,
): Promise<void> {
  const cwd = process.cwd()
  const loaded = await loadConfig({ cwd, configFile: options.config })
  writeLayerFindings(run, capture, target, {
    cwd,
    env: process.env,
    layerFilter: layerFilter(options),
    judge: {
      ...readingOptions(options, loaded),
      demand: { required: ['layer'], areToolsRequired: true, isStrict: options.strict ?? false },
    },
  })
}

/** A program that a signal ended broke something, whether a rule says what or not. */
function endCode({ manifest }: ReadCapture): number {
  return manifest.exit.signal === null ? ExitCode.pass : ExitCode.subjectNotDriven
}

function remarkOnEnd({ manifest }: ReadCapture, terminal: Terminal): void {
  const { code, signal } = manifest.exit
  if (signal !== null) terminal.remark(`seamproof: the subject was ended by ${signal}`)
  else if (code !== 0) terminal.remark(`seamproof: the subject ended with exit code ${code}`)
}
