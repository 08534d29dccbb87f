import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join, relative, resolve } from 'node:path'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { fileTarget, runCheck } from '../check-pipeline.js'
import { type LoadedConfig, loadConfig } from '../config/load-config.js'
import { parseTargets } from '../config/parse-targets.js'
import type { MeasurementList } from '../contract/measurement.js'
import type { Validation } from '../contract/validation.js'
import { createCheckFolder } from '../pipeline.js'
import { benchParts, benchWorkloads } from '../pipeline-bench.js'
import { readBaseline } from '../pipeline-compare.js'
import { renderValidation } from '../report/text/render-validation.js'
import { renderValidationHtml } from '../report/validation/render-validation-html.js'
import { renderValidationMarkdown } from '../report/validation/render-validation-markdown.js'
import {
  evidenceBodies,
  type StageName,
  type StageWork,
  type ValidatePlan,
  validate,
} from '../validate-pipeline.js'
import { shownPath } from './capture-options.js'
import { startCheckProgress } from './check-progress.js'
import { readingOptions } from './check-subjects.js'
import { chooseInstruments } from './check-suites.js'
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

const benchTimeMs = 30_000
const benchProcesses = 10
const benchTimeoutMs = 600_000

function measuringStages(setting: ValidateSetting): ValidatePlan['measuring'] {
  return [benchStage(setting)]
}

function benchStage({ files, loaded, options, cwd }: ValidateSetting): StageWork<MeasurementList> {
  const { config } = loaded
  return {
    name: 'bench',
    file: 'measurements.json',
    run: (folder) =>
      withProgress(options, (onStep) =>
        benchWorkloads({
          folder,
          files,
          cwd,
          env: process.env,
          command: ['seamproof', 'bench', ...files],
          nodePath: options.node,
          parts: benchParts,
          timeMs: options.time ?? benchTimeMs,
          processCount: benchProcesses,
          ratePerS: options.rate,
          isRealtime: options.realtime,
          components: config.components,
          subjectModules: config.subjectModules,
          timeoutMs: benchTimeoutMs,
          onStep,
        }),
      ),
  }
}

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
  write(validationFile, `${JSON.stringify(validation, null, 1)}\n`)
  write('report.md', renderValidationMarkdown(validation))
  write(
    'report.html',
    renderValidationHtml({ validation, bodies: evidenceBodies(folder, validation) }),
  )
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
