import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { fileTarget, runCheck } from '../check-pipeline.js'
import { findFlag } from '../config/find-flag.js'
import { type LoadedConfig, loadConfig } from '../config/load-config.js'
import { parseTargets } from '../config/parse-targets.js'
import type { ExperimentResult } from '../contract/comparison.js'
import type { MeasurementList } from '../contract/measurement.js'
import type { Validation } from '../contract/validation.js'
import { createCheckFolder, machineFactsOf, runSoak } from '../pipeline.js'
import { benchParts, benchWorkloads } from '../pipeline-bench.js'
import { readBaseline } from '../pipeline-compare.js'
import { runExperiment } from '../pipeline-experiment.js'
import { githubAnnotations } from '../report/ci/github-annotations.js'
import { findingsSarif } from '../report/ci/sarif.js'
import { validationJunit } from '../report/ci/validation-junit.js'
import { renderValidation } from '../report/text/render-validation.js'
import { renderValidationHtml } from '../report/validation/render-validation-html.js'
import { renderValidationMarkdown } from '../report/validation/render-validation-markdown.js'
import {
  evidenceBodies,
  experimentList,
  type StageName,
  type StageWork,
  type ValidatePlan,
  validate,
} from '../validate-pipeline.js'
import { shownPath } from './capture-options.js'
import { startCheckProgress } from './check-progress.js'
import { readingOptions } from './check-subjects.js'
import { chooseInstruments } from './check-suites.js'
import { ratePerSecond } from './option-values.js'
import { startProgress } from './progress.js'
import { createTerminal, type Terminal } from './terminal.js'
import { configuredFiles } from './workload-files.js'

export const skippable = ['check', 'bench', 'experiments', 'soak'] as const

export interface ValidateCommandOptions {
  color: boolean
  config?: string
  json?: boolean
  github?: boolean
  full?: boolean
  soakFor?: number
  rate?: number
  time?: number
  skip?: StageName[]
  resume?: boolean
  realtime?: boolean
  jobs?: number
  shard?: { index: number; count: number }
  node?: string
  out?: string
  force?: boolean
}

interface ValidateSetting {
  files: readonly string[]
  loaded: LoadedConfig
  options: ValidateCommandOptions
  cwd: string
}

export async function runValidateCommand(
  given: readonly string[],
  options: ValidateCommandOptions,
): Promise<number> {
  const cwd = process.cwd()
  const terminal = createTerminal(options)
  const loaded = await loadConfig({ cwd, configFile: options.config })
  const found = given.length > 0 ? given : await configuredFiles(loaded, nothingToValidate)
  const files = found.map((file) => relative(cwd, resolve(file)))
  const folder = folderOf(cwd, options)
  const setting: ValidateSetting = { files, loaded, options, cwd }
  const validation = await validate({
    folder,
    kind: options.full ? 'full' : 'short',
    nodePath: options.node ?? process.execPath,
    subject: subjectOf(loaded.folder),
    components: loaded.config.components ?? {},
    targets: parseTargets(loaded.config.targets ?? {}),
    baseline: readBaseline('baseline', loaded.folder),
    skip: skippedStages(options),
    check: checkStage(setting),
    measuring: measuringStages(setting),
    onStage: (name, text) => terminal.remark(`seamproof: ${name}: ${text}`),
  })
  writeReports(folder, validation)
  annotate(validation, options)
  if (options.json) terminal.printJson(validation)
  else terminal.print(renderValidation(validation, terminal.textOptions))
  remarkOnFolder(folder, terminal)
  return exitCodeOf(validation)
}

/** Timed stages are not split: the first shard makes them. */
function skippedStages({ skip = [], shard }: ValidateCommandOptions): StageName[] {
  const others: StageName[] = shard === undefined || shard.index === 1 ? [] : skippable.slice(1)
  return [...new Set([...skip, ...others])]
}

function folderOf(cwd: string, options: ValidateCommandOptions): string {
  if (options.resume) {
    if (options.out === undefined)
      throw new SeamproofError('RESUME_WHAT', '--resume needs the folder to go on in', {
        exitCode: ExitCode.usage,
        hint: 'seamproof validate --resume --out FOLDER',
      })
    const folder = resolve(cwd, options.out)
    mkdirSync(folder, { recursive: true })
    return folder
  }
  if (options.force && options.out !== undefined) {
    const folder = resolve(cwd, options.out)
    // Only what we made ourselves is ours to replace.
    if (existsSync(join(folder, validationFile))) rmSync(folder, { recursive: true })
  }
  return createCheckFolder({
    cwd,
    outDir: options.out,
    name: `validate-${basename(cwd)}`,
    isForced: options.force ?? false,
    now: new Date(),
  })
}

function checkStage({ files, loaded, options, cwd }: ValidateSetting): ValidatePlan['check'] {
  return {
    name: 'check',
    file: 'findings.json',
    run: async (folder) => {
      const { instruments, required, areToolsRequired } = chooseInstruments({}, loaded.config.check)
      const demand = { required: [...required], areToolsRequired, isStrict: false }
      const progress = await startCheckProgress(options.json ?? false)
      try {
        const { list } = await runCheck({
          cwd,
          env: process.env,
          targets: files.map((file) => fileTarget(file, cwd)),
          instruments,
          folder,
          jobs: options.jobs ?? loaded.config.check?.jobs ?? availableParallelism(),
          shard: options.shard,
          judge: { ...readingOptions({}, loaded), demand },
          onEvent: progress.onEvent,
          nodePath: options.node,
          rounds: loaded.config.rounds,
          operations: loaded.config.operations,
          subjectModules: loaded.config.subjectModules,
        })
        return list
      } finally {
        progress.stop()
      }
    },
  }
}

function measuringStages(setting: ValidateSetting): ValidatePlan['measuring'] {
  return [benchStage(setting), experimentStage(setting), soakStage(setting)]
}

const processCount = 10
const timeoutMs = 600_000
const benchTimeMs = 30_000
const experimentTimeMs = 12_000
const noiseRatio = 0.03

/** What bench and experiments share. */
function benchSetting({ files, loaded, options, cwd }: ValidateSetting, command: string[]) {
  return {
    files,
    cwd,
    env: process.env,
    command: ['seamproof', ...command, ...files],
    nodePath: options.node,
    processCount,
    components: loaded.config.components,
    subjectModules: loaded.config.subjectModules,
    timeoutMs,
  }
}

function benchStage(setting: ValidateSetting): StageWork<MeasurementList> {
  const { options } = setting
  return {
    name: 'bench',
    file: 'measurements.json',
    run: (folder) =>
      withProgress(options, (onStep) =>
        benchWorkloads({
          ...benchSetting(setting, ['bench']),
          folder,
          parts: benchParts.filter((part) => part !== 'instructions' || options.full),
          timeMs: options.time ?? benchTimeMs,
          ratePerS: options.rate,
          isRealtime: options.realtime,
          onStep,
        }),
      ),
  }
}

/** Every flag of the config, one after the other: on and off in turns. */
function experimentStage(setting: ValidateSetting): StageWork<MeasurementList> {
  const { options, loaded } = setting
  const flags = loaded.config.flags ?? {}
  return {
    name: 'experiments',
    file: 'measurements.json',
    run: (folder) =>
      withProgress(options, async (onStep) => {
        const results: { flag: string; result: ExperimentResult }[] = []
        for (const name of Object.keys(flags)) {
          const own = join(folder, name)
          mkdirSync(own, { recursive: true })
          const result = await runExperiment({
            ...benchSetting(setting, ['experiment', '--flag', name]),
            folder: own,
            flag: findFlag(name, flags),
            noiseRatio: loaded.config.bench?.noise ?? noiseRatio,
            timeMs: experimentTimeMs,
            onStep: (text) => onStep(`flag ${name}: ${text}`),
          })
          results.push({ flag: name, result })
        }
        return experimentList(results, machineOf(options))
      }),
  }
}

const shortSoakMs = 60_000
const fullSoakMs = 3_600_000
const soakShareOfCapacity = 0.25

function soakStage({ files, loaded, options, cwd }: ValidateSetting): StageWork<MeasurementList> {
  const { soak } = loaded.config
  return {
    name: 'soak',
    file: 'measurements.json',
    isResumable: true,
    run: (folder, before) =>
      withProgress(options, async (onStep) => {
        const file = soak?.file === undefined ? files[0]! : resolve(loaded.folder, soak.file)
        const asked =
          options.rate ?? (soak?.rate === undefined ? undefined : ratePerSecond(soak.rate))
        const { measurements, fault } = await runSoak(
          {
            file,
            only: soak?.workloads,
            isAll: true,
            cwd,
            env: process.env,
            ...(existsSync(join(folder, 'soak.json'))
              ? { resumeFolder: folder }
              : { outDir: folder }),
            isForced: true,
            nodePath: options.node,
            forMs: options.soakFor ?? (options.full ? fullSoakMs : shortSoakMs),
            ratePerS: asked ?? soakRateOf(before),
            onLine: (line) => onStep(`under load for ${Math.round(line.elapsedMs / 1000)} s`),
          },
          {
            suppressions: loaded.config.suppressions,
            subjectModules: loaded.config.subjectModules,
            onStep,
          },
        )
        // What the load did until then is in the folder; its figures are of no run that came to its end.
        if (fault !== undefined) throw fault
        return measurements
      }),
  }
}

/** A load that the slowest workload can hold with room to spare. */
function soakRateOf(before: readonly MeasurementList[]): number {
  const capacities = before
    .flatMap(({ measurements }) => measurements)
    .filter(({ metric }) => metric === 'throughput')
    .map(({ estimate }) => estimate.value)
  if (capacities.length === 0)
    throw new SeamproofError('NO_RATE', 'there is no rate to soak at: bench measured none', {
      exitCode: ExitCode.usage,
      hint: "say it: seamproof validate --rate 1k/s, or soak: { rate: '1k/s' } in the config",
    })
  return Math.max(1, Math.floor(Math.min(...capacities) * soakShareOfCapacity))
}

const machineOf = ({ node }: ValidateCommandOptions) => machineFactsOf(node ?? process.execPath)

async function withProgress<Result>(
  { json }: ValidateCommandOptions,
  work: (onStep: (text: string) => void) => Promise<Result>,
): Promise<Result> {
  const progress = await startProgress(!json)
  try {
    return await work((text) => progress.step(text))
  } finally {
    progress.stop()
  }
}

const validationFile = 'report.json'

function writeReports(folder: string, validation: Validation): void {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const { findings } = validation
  write(validationFile, `${JSON.stringify(validation, null, 1)}\n`)
  write('report.md', renderValidationMarkdown(validation))
  write(
    'report.html',
    renderValidationHtml({ validation, bodies: evidenceBodies(folder, validation) }),
  )
  const rootUri = `${pathToFileURL(process.cwd()).href}/`
  write('report.sarif', `${JSON.stringify(findingsSarif(findings, { rootUri }), null, 1)}\n`)
  write('report.junit.xml', validationJunit(validation))
}

function annotate({ findings }: Validation, options: ValidateCommandOptions): void {
  if (options.github ?? process.env.GITHUB_ACTIONS === 'true')
    process.stderr.write(githubAnnotations(findings, `${process.cwd()}/`))
}

function remarkOnFolder(folder: string, terminal: Terminal): void {
  terminal.remark(`seamproof: report: ${shownPath(join(folder, 'report.html'))}`)
}

/** Name and version out of package.json, the commit out of git: what the report is about. */
function subjectOf(folder: string): Validation['subject'] {
  const manifest = packageOf(folder)
  const commit = gitCommitOf(folder)
  return {
    name: manifest?.name ?? basename(folder),
    ...(manifest?.version === undefined ? {} : { version: manifest.version }),
    ...(commit === undefined ? {} : { gitCommit: commit }),
  }
}

function packageOf(folder: string): { name?: string; version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string }
  } catch {
    return undefined
  }
}

function gitCommitOf(folder: string): string | undefined {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, {
        cwd: folder,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
    const isDirty = git('status', '--porcelain', '--untracked-files=no').trim() !== ''
    return `${git('rev-parse', '--short', 'HEAD').trim()}${isDirty ? ' with changes' : ''}`
  } catch {
    // No git, or no repository: the report says so by leaving it out.
    return undefined
  }
}

function exitCodeOf({ status }: Validation): number {
  return status === 'pass' ? ExitCode.pass : ExitCode.failed
}

function nothingToValidate(): SeamproofError {
  return new SeamproofError('NOTHING_TO_VALIDATE', 'there is nothing to validate', {
    exitCode: ExitCode.usage,
    hint: 'a workload: seamproof validate FILE.seam.ts; a first one and a config: seamproof init',
  })
}
