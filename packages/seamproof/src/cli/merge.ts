import { basename, join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { mergeShards, readFindings, writeFindings } from '../check-pipeline.js'
import { type LoadedConfig, loadConfig } from '../config/load-config.js'
import { parseTargets } from '../config/parse-targets.js'
import type { Validation } from '../contract/validation.js'
import { createCheckFolder } from '../pipeline.js'
import { readBaseline } from '../pipeline-compare.js'
import { mergeValidations } from '../pipeline-merge-validations.js'
import { addCaptureOptions, type CaptureOptions, shownPath } from './capture-options.js'
import { publishFindings } from './check-output.js'
import { readingOptions } from './check-subjects.js'
import { addJudgedAgainOptions, type JudgedAgainOptions } from './findings-options.js'
import { createTerminal } from './terminal.js'
import { publishValidation, readValidation } from './validation-output.js'

interface MergeOptions extends CaptureOptions, JudgedAgainOptions {
  out?: string
  force?: boolean
}

const examples = `
Examples:
  $ seamproof check --shard 1/3 -o part-1.seamproof       on the first of three machines
  $ seamproof merge part-*.seamproof -o all.seamproof     where their folders were brought together
  $ seamproof validate --shard 1/3 -o part-1              … the same for whole validations: the first shard times, too
  $ seamproof merge part-1 part-2 part-3 -o report        one table, report.html, .md, .json, .sarif and .junit.xml

What a shard that is missing would have run is not run, and the merged check does not pass. The same defect in two shards is
one finding. Raw logs stay in the folders of the shards.`

export function mergeCommand(): Command {
  return addJudgedAgainOptions(
    addCaptureOptions(new Command('merge'))
      .description('Put the shards of a check or of a validation together, and judge them as one.')
      .argument('<folders...>', 'what seamproof check or validate made on each machine')
      .option('-o, --out <folder>', 'where the list goes (default: merged-TIME.seamproof)')
      .option('--force', 'replace a folder that is there already'),
  )
    .addHelpText('after', examples)
    .action(async (folders: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<MergeOptions>()
      const cwd = process.cwd()
      const terminal = createTerminal(options)
      const loaded = await loadConfig({ cwd, configFile: options.config })
      const validations = folders.map((folder) => readValidation(resolve(folder)))
      if (validations.some((one) => one !== undefined)) {
        process.exitCode = mergeValidationParts(folders, validations, { cwd, loaded, options })
        return
      }
      const lists = folders.map((folder) => {
        const list = readFindings(resolve(folder))
        return { ...list, runs: list.runs.map((run) => withShard(run, folder)) }
      })
      assertOneCheck(lists.map(({ shard }) => shard?.count))
      const result = mergeShards(lists, readingOptions(options, loaded))
      const folder = mergedFolder(cwd, options)
      writeFindings(folder, result.list)
      publishFindings(result, { ...options, shown: shownPath(folder) }, terminal)
      process.exitCode = result.verdicts.exitCode
    })
}

function mergeValidationParts(
  folders: readonly string[],
  validations: readonly (Validation | undefined)[],
  { cwd, loaded, options }: { cwd: string; loaded: LoadedConfig; options: MergeOptions },
): number {
  const missing = folders.find((_, index) => validations[index] === undefined)
  if (missing !== undefined)
    throw new SeamproofError('PARTS_OF_SEVERAL', `${missing} holds no validation, others do`, {
      exitCode: ExitCode.usage,
      hint: 'merge folders of seamproof validate, or folders of seamproof check',
    })
  assertOneCheck(validations.map((one) => one!.findings.shard?.count))
  const folder = mergedFolder(cwd, options)
  const merged = mergeValidations(
    folders.map((part, index) => ({
      folder: relative(folder, resolve(part)).replaceAll('\\', '/'),
      validation: validations[index]!,
    })),
    {
      components: loaded.config.components ?? {},
      targets: parseTargets(loaded.config.targets ?? {}),
      baseline: readBaseline('baseline', loaded.folder),
      reading: readingOptions(options, loaded),
    },
  )
  writeFindings(join(folder, 'check'), merged.findings)
  return publishValidation(folder, merged, options, createTerminal(options))
}

function mergedFolder(cwd: string, options: MergeOptions): string {
  return createCheckFolder({
    cwd,
    outDir: options.out,
    name: 'merged',
    isForced: options.force ?? false,
    now: new Date(),
  })
}

/** The raw logs are where they were made. */
function withShard<T extends { folder: string }>(run: T, folder: string): T {
  return run.folder === '' ? run : { ...run, folder: `${basename(folder)}/${run.folder}` }
}

function assertOneCheck(counts: readonly (number | undefined)[]): void {
  const known = [...new Set(counts.filter((count) => count !== undefined))]
  if (known.length < 2) return
  throw new SeamproofError(
    'SHARDS_OF_SEVERAL',
    `these are shards of different checks: of ${known.join(' and of ')}`,
    { exitCode: ExitCode.usage, hint: 'merge the folders of one check' },
  )
}
