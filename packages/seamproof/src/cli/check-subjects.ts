import { availableParallelism } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import {
  type CheckResult,
  type CheckRunOptions,
  type CheckTarget,
  extendedBaseline,
  fileTarget,
  programTarget,
  type ReadingOptions,
  runCheck,
  shellWord,
} from '../check-pipeline.js'
import { readBaseline, writeBaseline } from '../config/baseline-file.js'
import { type LoadedConfig, loadConfig } from '../config/load-config.js'
import { createCheckFolder } from '../pipeline.js'
import { shownPath } from './capture-options.js'
import type { CheckOptions } from './check.js'
import { publishFindings } from './check-output.js'
import { startCheckProgress } from './check-progress.js'
import { chooseInstruments } from './check-suites.js'
import { injectWishes, stressWishes } from './inject-options.js'
import { layerEnvironment, layerFilter } from './layer-options.js'
import { createTerminal } from './terminal.js'
import { configuredFiles } from './workload-files.js'

/** Every instrument on every workload or on the program, and one list of what they found. */
export async function checkSubjects(
  program: string[] | undefined,
  files: readonly string[],
  options: CheckOptions,
): Promise<number> {
  const cwd = process.cwd()
  const terminal = createTerminal(options)
  const loaded = await loadConfig({ cwd, configFile: options.config })
  const targets = await targetsOf(program, files, loaded)
  const chosen = chooseInstruments(options, loaded.config.check)
  const { required, areToolsRequired } = chosen
  const demand = { required: [...required], areToolsRequired, isStrict: options.strict ?? false }
  const judge = { ...readingOptions(options, loaded), demand }
  const folder = createCheckFolder({
    cwd,
    outDir: options.out,
    name: targets.length === 1 ? targets[0]!.name : basename(cwd),
    isForced: options.force ?? false,
    now: new Date(),
  })
  const runCounts = { instruments: chosen.instruments.length, targets: targets.length }
  const progress = await startCheckProgress(options.quiet ?? false)
  const interrupt = onInterrupt()
  let result: CheckResult
  try {
    result = await runCheck({
      cwd,
      env: layerEnvironmentWithoutLayer(options),
      targets,
      instruments: chosen.instruments,
      folder,
      jobs: options.jobs ?? loaded.config.check?.jobs ?? availableParallelism(),
      shard: options.shard,
      judge,
      signal: interrupt.signal,
      onEvent: progress.onEvent,
      nodePath: options.node,
      timeoutMs: options.timeout,
      only: options.only,
      rounds: options.rounds ?? loaded.config.rounds,
      operations: options.operations ?? loaded.config.operations,
      subjectModules: loaded.config.subjectModules,
      layerFilter: layerFilter(options),
      ...buildOptions(options, loaded),
      reproduceWith: repeatedOptions(options),
      inject: injectWishes(options, options.jobs, runCounts),
      stress: stressWishes(options, options.jobs, runCounts),
    })
  } finally {
    progress.stop()
    interrupt.stop()
  }
  publishFindings(result, { ...options, shown: shownPath(folder) }, terminal)
  if (options.writeBaseline) acceptAll(result, options, loaded, terminal.remark)
  if (interrupt.signal.aborted) return interruptedExitCode
  return options.writeBaseline && result.verdicts.exitCode === ExitCode.failed
    ? ExitCode.pass
    : result.verdicts.exitCode
}

const interruptedExitCode = 130

async function targetsOf(
  program: string[] | undefined,
  files: readonly string[],
  loaded: LoadedConfig,
): Promise<CheckTarget[]> {
  if (program !== undefined) return [programTarget(program)]
  const given = files.length > 0 ? files : await configuredFiles(loaded, nothingToCheck)
  return given.map((file) => fileTarget(file, process.cwd()))
}

export function nothingToCheck(): SeamproofError {
  return new SeamproofError('NOTHING_TO_CHECK', 'there is nothing to check', {
    exitCode: ExitCode.usage,
    hint: 'a program: seamproof check -- node app.js; a workload: seamproof check FILE.seam.ts; a first one: seamproof init',
  })
}

/** What a run of the layer is given besides being switched on. */
function layerEnvironmentWithoutLayer(options: CheckOptions): NodeJS.ProcessEnv {
  const { SEAMPROOF_LAYER: _, ...env } = layerEnvironment(process.env, options)
  return env
}

export function buildOptions(
  { project, compiler, build }: Pick<CheckOptions, 'project' | 'compiler' | 'build'>,
  { config, folder }: LoadedConfig,
): Pick<CheckRunOptions, 'compiler' | 'build' | 'projectDirs' | 'mustBuild'> {
  return {
    compiler: compiler ?? config.check?.compiler,
    build: config.check?.build,
    projectDirs:
      project?.map((one) => resolve(one)) ??
      config.check?.projects?.map((one) => resolve(folder, one)),
    mustBuild: build,
  }
}

/** The options that a finding depends on. */
function repeatedOptions({
  rounds,
  operations,
  node,
  project,
  compiler,
  build,
}: CheckOptions): string | undefined {
  const words = [
    ...(project ?? []).map((one) => ['--project', one]),
    compiler === undefined ? [] : ['--compiler', compiler],
    build === false ? ['--no-build'] : [],
    rounds === undefined ? [] : ['--rounds', String(rounds)],
    operations === undefined ? [] : ['--operations', String(operations)],
    node === undefined ? [] : ['--node', node],
  ].flat()
  return words.length === 0 ? undefined : words.map(shellWord).join(' ')
}

const baselineName = 'seamproof.baseline.json'

export function baselinePath(
  options: { baseline?: string },
  { config, folder }: LoadedConfig,
): string {
  if (options.baseline !== undefined) return resolve(options.baseline)
  return config.check?.baseline === undefined
    ? join(folder, baselineName)
    : resolve(folder, config.check.baseline)
}

/** What is accepted, here and today. */
export function readingOptions(
  options: { baseline?: string; strict?: boolean },
  loaded: LoadedConfig,
): ReadingOptions {
  return {
    baseline: readBaseline(baselinePath(options, loaded)),
    suppressions: loaded.config.suppressions ?? [],
    today: new Date().toISOString().slice(0, 10),
    isStrict: options.strict,
  }
}

/** Everything new becomes known, for one reason: the way to begin with checks on code that has findings. */
function acceptAll(
  { list }: CheckResult,
  options: CheckOptions,
  loaded: LoadedConfig,
  remark: (text: string) => void,
): void {
  const path = baselinePath(options, loaded)
  const before = readBaseline(path)
  const { reason, expires } = options
  const accepted = extendedBaseline(before, list.findings, {
    reason: reason!,
    ...(expires === undefined ? {} : { expires }),
  })
  const added = list.findings.filter(({ status }) => status === 'new').length
  writeBaseline(path, accepted)
  remark(
    `seamproof: ${added} accepted in ${shownPath(path)}, which holds ${accepted.length}: commit it`,
  )
}

/** The first Ctrl-C starts nothing more and waits for what is being written; the second ends at once. */
function onInterrupt(): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController()
  const listener = () => {
    if (controller.signal.aborted) process.exit(interruptedExitCode)
    controller.abort()
    process.stderr.write(
      'seamproof: interrupted; what is finished is kept. Once more to end at once\n',
    )
  }
  process.on('SIGINT', listener)
  return { signal: controller.signal, stop: () => process.removeListener('SIGINT', listener) }
}
