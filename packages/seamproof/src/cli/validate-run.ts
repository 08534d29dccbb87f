import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { seamproofVersion } from '../base/seamproof-version.js'
import { loadConfig } from '../config/load-config.js'
import { parseTargets } from '../config/parse-targets.js'
import { createCheckFolder } from '../pipeline.js'
import { readBaseline } from '../pipeline-compare.js'
import { type StageName, validate } from '../validate-pipeline.js'
import { createTerminal } from './terminal.js'
import { checkStage, measuringStages, type ValidateSetting } from './validate-stages.js'
import { subjectOf } from './validate-subject.js'
import { publishValidation, validationFile } from './validation-output.js'
import { configuredFiles } from './workload-files.js'

export const skippable = ['check', 'bench', 'experiments', 'soak'] as const

export interface ValidateCommandOptions {
  color: boolean
  config?: string
  json?: boolean
  github?: boolean
  full?: boolean
  soakFor?: number
  /** Folder of a soak that was made before. */
  soak?: string
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
  beginIn(folder)
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
  return publishValidation(folder, validation, options, terminal)
}

/** Timed stages are not split: the first shard makes them. */
function skippedStages({ skip = [], shard }: ValidateCommandOptions): Map<StageName, string> {
  const others: StageName[] = shard === undefined || shard.index === 1 ? [] : skippable.slice(1)
  return new Map([
    ...others.map((name) => [name, 'the first shard makes what is timed'] as const),
    ...skip.map((name) => [name, `--skip ${name}`] as const),
  ])
}

/** Tells our folder from another's, from the beginning on: what was cut short can be replaced. */
const begunFile = 'validation-begun.json'

function beginIn(folder: string): void {
  const begun = { formatVersion: 1, seamproofVersion, createdAt: new Date().toISOString() }
  writeFileSync(join(folder, begunFile), `${JSON.stringify(begun)}\n`)
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
    if ([validationFile, begunFile].some((name) => existsSync(join(folder, name))))
      rmSync(folder, { recursive: true })
  }
  return createCheckFolder({
    cwd,
    outDir: options.out,
    name: `validate-${basename(cwd)}`,
    isForced: options.force ?? false,
    now: new Date(),
  })
}

function nothingToValidate(): SeamproofError {
  return new SeamproofError('NOTHING_TO_VALIDATE', 'there is nothing to validate', {
    exitCode: ExitCode.usage,
    hint: 'a workload: seamproof validate FILE.seam.ts; a first one and a config: seamproof init',
  })
}
