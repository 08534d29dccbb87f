import { writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { type LoadedConfig, loadConfig } from '../config/load-config.js'
import { parseTargets } from '../config/parse-targets.js'
import type { Comparison } from '../contract/comparison.js'
import type { MeasurementList } from '../contract/measurement.js'
import { isMetricName, metrics } from '../contract/metrics.js'
import type { VerdictRow } from '../contract/validation.js'
import { type BenchOptions, type BenchPart, benchParts, benchWorkloads } from '../pipeline-bench.js'
import {
  compareWithBaseline,
  compareWithRevision,
  createBenchFolder,
  judgeTargets,
  readBaseline,
  saveBaseline,
} from '../pipeline-compare.js'
import { benchMarkdown } from '../report/bench/bench-markdown.js'
import { benchmarkTracker, type TrackerFormat } from '../report/bench/benchmark-tracker.js'
import { renderBench } from '../report/bench/render-bench.js'
import { renderComparison } from '../report/bench/render-comparison.js'
import type { benchFormats } from './bench.js'
import { shownPath } from './capture-options.js'
import { startProgress } from './progress.js'
import { createTerminal, type Terminal } from './terminal.js'
import { configuredFiles } from './workload-files.js'
import { writeReport } from './write-report.js'

export interface BenchCommandOptions {
  color: boolean
  config?: string
  json?: boolean
  format?: (typeof benchFormats)[number]
  markdown?: string
  out?: string
  force?: boolean
  rate?: number
  time?: number
  processes?: number
  only?: string
  parts?: BenchPart[]
  instructions?: boolean
  realtime?: boolean
  against?: string
  saveBaseline?: string
  noise?: string
  node?: string
  timeout?: number
}

const timeMsDefault = 20_000
const processesDefault = 10
const timeoutMsDefault = 600_000
const noiseDefault = 0.03

interface BenchOutcome {
  list: MeasurementList
  rows: VerdictRow[]
  comparisons: Comparison[]
}

export async function runBenchCommand(
  given: readonly string[],
  options: BenchCommandOptions,
): Promise<number> {
  const terminal = createTerminal(options)
  const loaded = await loadConfig({ cwd: process.cwd(), configFile: options.config })
  const found = given.length > 0 ? given : await configuredFiles(loaded, nothingToBench)
  // Relative, so that a checkout has files of the same names.
  const files = found.map((file) => relative(process.cwd(), resolve(file)))
  const folder = createBenchFolder({
    cwd: process.cwd(),
    outDir: options.out,
    name: 'bench',
    isForced: options.force ?? false,
  })
  const outcome = await measure(files, folder, loaded, options)
  writeFileSync(join(folder, 'targets.json'), `${JSON.stringify(outcome.rows, null, 2)}\n`)
  if (options.saveBaseline !== undefined) {
    const path = saveBaseline(options.saveBaseline, loaded.folder, outcome.list)
    terminal.remark(`seamproof: baseline: ${shownPath(path)}`)
  }
  if (options.markdown !== undefined)
    writeReport(options.markdown, benchMarkdown(outcome.list, outcome.rows, outcome.comparisons))
  print(outcome, options, terminal)
  terminal.remark(`seamproof: samples: ${shownPath(folder)}`)
  return exitCodeOf(outcome)
}

async function measure(
  files: readonly string[],
  folder: string,
  loaded: LoadedConfig,
  options: BenchCommandOptions,
): Promise<BenchOutcome> {
  const progress = await startProgress(!options.json)
  const { config } = loaded
  const bench = benchOptions(files, folder, loaded, options, (text) => progress.step(text))
  const noiseRatio = noiseOf(options) ?? config.bench?.noise ?? noiseDefault
  try {
    const stored =
      options.against === undefined ? undefined : readBaseline(options.against, loaded.folder)
    const isRevision = options.against !== undefined && stored === undefined
    const { list, comparisons } = isRevision
      ? await compareWithRevision(options.against!, bench, {
          noiseRatio,
          build: config.bench?.build,
        })
      : { list: await benchWorkloads(bench), comparisons: [] }
    const targets = parseTargets(config.targets ?? {}).filter(
      ({ metric }) => metrics[metric].source === 'bench',
    )
    const baseline = stored ?? readBaseline('baseline', loaded.folder)
    const judged = judgeTargets([list], targets, { baseline: baseline?.measurements })
    return {
      list,
      comparisons:
        stored === undefined ? comparisons : compareWithBaseline(stored, list, noiseRatio),
      rows: judged.filter((row) => row.measurement !== undefined || isWhole(options, row)),
    }
  } finally {
    progress.stop()
  }
}

/** Part of a run has no number for what the rest measures: only a whole run misses data. */
function isWhole({ only, parts }: BenchCommandOptions, row: VerdictRow): boolean {
  return only === undefined && parts === undefined && row.measurement === undefined
}

function benchOptions(
  files: readonly string[],
  folder: string,
  { config }: LoadedConfig,
  options: BenchCommandOptions,
  onStep: (text: string) => void,
): BenchOptions {
  const parts = options.parts ?? benchParts.filter((part) => part !== 'instructions')
  return {
    folder,
    files,
    cwd: process.cwd(),
    env: process.env,
    command: ['seamproof', ...process.argv.slice(2)],
    nodePath: options.node,
    only: options.only,
    parts: options.instructions ? [...new Set([...parts, 'instructions' as const])] : parts,
    timeMs: options.time ?? timeMsDefault,
    processCount: options.processes ?? processesDefault,
    ratePerS: options.rate,
    isRealtime: options.realtime,
    components: config.components,
    subjectModules: config.subjectModules,
    timeoutMs: options.timeout ?? timeoutMsDefault,
    onStep,
  }
}

export function noiseOf({ noise }: { noise?: string }): number | undefined {
  if (noise === undefined) return undefined
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(noise)
  if (match !== null) return Number(match[1]) / 100
  throw new SeamproofError('NOISE_UNCLEAR', `--noise ${noise} is no share`, {
    exitCode: ExitCode.usage,
    hint: 'write it like --noise 5%',
  })
}

function print(outcome: BenchOutcome, options: BenchCommandOptions, terminal: Terminal): void {
  const { list, rows, comparisons } = outcome
  const format = options.json ? 'json' : (options.format ?? 'text')
  if (format === 'json') terminal.printJson({ ...list, targets: rows, comparisons })
  else if (format === 'markdown') terminal.print(benchMarkdown(list, rows, comparisons))
  else if (format === 'text') {
    terminal.print(renderBench(list, rows, terminal.textOptions))
    if (comparisons.length > 0)
      terminal.print(
        `\n${renderComparison(`Against ${options.against}`, comparisons, terminal.textOptions)}`,
      )
  } else terminal.printJson(benchmarkTracker(list, format satisfies TrackerFormat))
}

function exitCodeOf({ rows, comparisons }: BenchOutcome): number {
  const isMissed = rows.some(({ status, level }) => status === 'fail' && level === 'error')
  const isWorse = comparisons.some(
    ({ outcome, metric }) => outcome === 'worse' && isMetricName(metric) && isGate(metric),
  )
  return isMissed || isWorse ? ExitCode.failed : ExitCode.pass
}

/** What says something about the machine rather than the subject gates nothing. */
function isGate(metric: string): boolean {
  return !['latency floor p99', 'latency max', 'run-queue wait'].includes(metric)
}

function nothingToBench(): SeamproofError {
  return new SeamproofError('NOTHING_TO_BENCH', 'there is nothing to measure', {
    exitCode: ExitCode.usage,
    hint: 'a workload: seamproof bench FILE.seam.ts; a first one: seamproof init',
  })
}
