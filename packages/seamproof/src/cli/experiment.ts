import { relative, resolve } from 'node:path'
import { Command } from 'commander'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { findFlag, type SwitchedFlag } from '../config/find-flag.js'
import { type LoadedConfig, loadConfig } from '../config/load-config.js'
import { parseTargets } from '../config/parse-targets.js'
import type { ExperimentResult } from '../contract/comparison.js'
import { metrics } from '../contract/metrics.js'
import type { VerdictRow } from '../contract/validation.js'
import { type BenchPart, benchParts } from '../pipeline-bench.js'
import { createBenchFolder, judgeTargets } from '../pipeline-compare.js'
import { runExperiment } from '../pipeline-experiment.js'
import { renderExperiment } from '../report/bench/render-experiment.js'
import { noiseOf } from './bench-run.js'
import { shownPath } from './capture-options.js'
import { durationMs, listOf, wholeNumber } from './option-values.js'
import { startProgress } from './progress.js'
import { createTerminal } from './terminal.js'
import { configuredFiles } from './workload-files.js'

interface ExperimentCommandOptions {
  color: boolean
  flag: string
  on?: string[]
  off?: string[]
  config?: string
  json?: boolean
  out?: string
  force?: boolean
  only?: string
  parts?: BenchPart[]
  time?: number
  processes?: number
  noise?: string
  predicted?: string
  node?: string
  timeout?: number
}

const examples = `
Examples:
  $ seamproof experiment --flag simd                        a flag of the config, on every workload that shows it
  $ seamproof experiment --flag batch draw.seam.ts --time 60s
  $ seamproof experiment --flag jemalloc --on LD_PRELOAD=libjemalloc.so.2 --off LD_PRELOAD=
  $ seamproof experiment --flag batch --predicted opportunities.json

A flag in seamproof.config.ts: flags: { simd: 'MY_SIMD' }, a variable that takes 1 and 0. Processes with the flag on and off
take turns. Targets for speedup, overhead reduction and allocation reduction are judged; exits 1 when one is missed.`

export function experimentCommand(): Command {
  const collect = (value: string, before: string[] = []) => [...before, value]
  return new Command('experiment')
    .description('Measure an optimisation: a flag on and off, in turns.')
    .argument('[files...]', 'workload files (default: those of the config)')
    .requiredOption('--flag <name>', 'the flag, as the config calls it')
    .option('--on <name=value>', 'a variable that switches it on, without a config', collect)
    .option('--off <name=value>', 'a variable that switches it off', collect)
    .option('--only <name>', 'only the workload of this name')
    .option('--time <time>', 'how long is timed, over all processes (default: 30s)', durationMs)
    .option(
      '--processes <count>',
      'pairs of processes (default: 12)',
      wholeNumber({ min: 1, max: 200 }),
    )
    .option('--parts <names>', `of ${benchParts.join(', ')}`, listOf(benchParts))
    .option('--noise <share>', 'changes smaller than this are noise (default: 3%)')
    .option('--predicted <file>', 'opportunities.json, to hold the prediction beside it')
    .option('--node <path>', 'the Node that runs the workloads (default: this one)')
    .option('--timeout <time>', 'stop a process after this time (default: 10m)', durationMs)
    .option('--json', 'print JSON')
    .option('-o, --out <folder>', 'where samples go (default: experiment-TIME.seamproof)')
    .option('--force', 'replace a run that is there already')
    .option('--config <file>', 'config with the flag (default: seamproof.config.* here)')
    .addHelpText('after', examples)
    .action(async (files: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ExperimentCommandOptions>()
      process.exitCode = await runExperimentCommand(files, options)
    })
}

async function runExperimentCommand(
  given: readonly string[],
  options: ExperimentCommandOptions,
): Promise<number> {
  const terminal = createTerminal(options)
  const loaded = await loadConfig({ cwd: process.cwd(), configFile: options.config })
  const flag = chosenFlag(options, loaded)
  const found = given.length > 0 ? given : await configuredFiles(loaded, nothingToRun)
  const folder = createBenchFolder({
    cwd: process.cwd(),
    outDir: options.out,
    name: 'experiment',
    isForced: options.force ?? false,
  })
  const files = found.map((file) => relative(process.cwd(), resolve(file)))
  const result = await measure(files, folder, flag, loaded, options)
  const rows = judgeGains(result, loaded)
  if (options.json) terminal.printJson({ ...result, targets: rows })
  else terminal.print(renderExperiment(result, rows, terminal.textOptions))
  terminal.remark(`seamproof: samples: ${shownPath(folder)}`)
  const isMissed = rows.some(({ status, level }) => status === 'fail' && level === 'error')
  return isMissed ? ExitCode.failed : ExitCode.pass
}

async function measure(
  files: readonly string[],
  folder: string,
  flag: SwitchedFlag,
  { config }: LoadedConfig,
  options: ExperimentCommandOptions,
): Promise<ExperimentResult> {
  const progress = await startProgress(!options.json)
  try {
    return await runExperiment({
      folder,
      files,
      flag,
      cwd: process.cwd(),
      env: process.env,
      command: ['seamproof', ...process.argv.slice(2)],
      nodePath: options.node,
      only: options.only,
      parts: options.parts,
      timeMs: options.time ?? 30_000,
      processCount: options.processes ?? 12,
      noiseRatio: noiseOf(options) ?? config.bench?.noise ?? 0.03,
      predictedFile: options.predicted,
      components: config.components,
      subjectModules: config.subjectModules,
      timeoutMs: options.timeout ?? 600_000,
      onStep: (text) => progress.step(text),
    })
  } finally {
    progress.stop()
  }
}

/** Only targets of this flag, and those that name none, and only for what was measured. */
function judgeGains(result: ExperimentResult, { config }: LoadedConfig): VerdictRow[] {
  const targets = parseTargets(config.targets ?? {}).filter(
    ({ metric }) => metrics[metric].source === 'experiment',
  )
  const list = { ...result, machine: result.machine }
  return judgeTargets([list], targets).filter((row) => row.measurement !== undefined)
}

function chosenFlag(options: ExperimentCommandOptions, { config }: LoadedConfig): SwitchedFlag {
  if (options.on === undefined && options.off === undefined)
    return findFlag(options.flag, config.flags)
  return { name: options.flag, on: variables(options.on), off: variables(options.off) }
}

function variables(given: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const equals = text.indexOf('=')
      if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)]
      throw new SeamproofError('VARIABLE_UNCLEAR', `"${text}" is no NAME=VALUE`, {
        exitCode: ExitCode.usage,
        hint: 'write it like --on MY_FLAG=1 --off MY_FLAG=0',
      })
    }),
  )
}

function nothingToRun(): SeamproofError {
  return new SeamproofError('NOTHING_TO_BENCH', 'there is no workload to measure', {
    exitCode: ExitCode.usage,
    hint: 'name one: seamproof experiment --flag NAME FILE.seam.ts; a first one: seamproof init',
  })
}
