import { existsSync, mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { matchesPattern } from '../base/name-pattern.js'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { type CheckOptions, fileTarget, mergeShards, runCheck } from '../check-pipeline.js'
import { findFlag } from '../config/find-flag.js'
import type { LoadedConfig } from '../config/load-config.js'
import { parseTargets } from '../config/parse-targets.js'
import type { ExperimentResult } from '../contract/comparison.js'
import type { FindingList, Instrument } from '../contract/finding.js'
import type { MeasurementList } from '../contract/measurement.js'
import { isSoakComplete, machineFactsOf, readSoak, runSoak } from '../pipeline.js'
import { benchParts, benchWorkloads } from '../pipeline-bench.js'
import { runExperiment } from '../pipeline-experiment.js'
import { takeKeptSoak } from '../pipeline-kept-soak.js'
import { experimentList, type StageWork, type ValidatePlan } from '../validate-pipeline.js'
import { startCheckProgress } from './check-progress.js'
import { buildOptions, readingOptions } from './check-subjects.js'
import { chooseInstruments, shortInstruments, standIns } from './check-suites.js'
import { ratePerSecond } from './option-values.js'
import { startProgress } from './progress.js'
import type { ValidateCommandOptions } from './validate-run.js'

export interface ValidateSetting {
  files: readonly string[]
  loaded: LoadedConfig
  options: ValidateCommandOptions
  cwd: string
}

export function checkStage(setting: ValidateSetting): ValidatePlan['check'] {
  return {
    name: 'check',
    file: 'findings.json',
    run: async (folder) => {
      const { options, loaded, cwd, files } = setting
      const progress = await startCheckProgress(options.json ?? false)
      try {
        const { instruments, required } = instrumentsOf(setting)
        const common = checkOptions(setting, required, progress.onEvent)
        const targets = files.map((file) => fileTarget(file, cwd))
        const { list } = await runCheck({ ...common, targets, instruments, folder })
        const lists = [list]
        for (const { of, by } of options.full ? [] : standIns) {
          const blind = blindTargets(list, of)
          if (blind.length === 0 || instruments.includes(by)) continue
          const made = await runCheck({
            ...common,
            shard: undefined,
            targets: targets.filter(({ shown }) => blind.includes(shown)),
            instruments: [by],
            folder,
          })
          lists.push(made.list)
        }
        const merged = mergeShards(lists, readingOptions({}, loaded)).list
        return options.shard === undefined ? merged : { ...merged, ...ownShard(list, merged) }
      } finally {
        progress.stop()
      }
    },
  }
}

/** A short run takes what answers soonest; the config and `--full` take what they name, or all. */
function instrumentsOf({ options, loaded: { config } }: ValidateSetting) {
  const isChosen = options.full || config.check?.instruments !== undefined
  return chooseInstruments(
    {},
    isChosen ? config.check : { ...config.check, instruments: shortInstruments },
  )
}

function checkOptions(
  { loaded, options, cwd }: ValidateSetting,
  required: readonly Instrument[],
  onEvent: NonNullable<CheckOptions['onEvent']>,
): Omit<CheckOptions, 'targets' | 'instruments' | 'folder'> {
  const demand = { required: [...required], areToolsRequired: false, isStrict: false }
  return {
    cwd,
    env: process.env,
    jobs: options.jobs ?? loaded.config.check?.jobs ?? availableParallelism(),
    shard: options.shard,
    judge: { ...readingOptions({}, loaded), demand },
    onEvent,
    nodePath: options.node,
    rounds: loaded.config.rounds,
    operations: loaded.config.operations,
    subjectModules: loaded.config.subjectModules,
    ...buildOptions({}, loaded),
    // One instrument of many is not to be what all wait for.
    inject: { budgetMs: injectBudgetMs },
  }
}

const injectBudgetMs = 60_000

/** Where an instrument was asked for and could not look, or only at a part. */
function blindTargets({ runs }: FindingList, instrument: Instrument): string[] {
  return runs
    .filter((run) => run.instrument === instrument)
    .filter(({ status, isPartial, cause }) =>
      status === 'ran' ? isPartial : cause === 'not-applicable' || cause === 'tool-missing',
    )
    .map(({ target }) => target)
}

/** The runs of other shards are theirs: here they are neither missing nor made. */
function ownShard(own: FindingList, merged: FindingList): Partial<FindingList> {
  return {
    runs: merged.runs.filter(({ cause }) => cause !== 'shard-missing'),
    checks: merged.checks.filter(({ instrument, target }) =>
      merged.runs.some(
        (run) =>
          run.instrument === instrument && run.target === target && run.cause !== 'shard-missing',
      ),
    ),
    ...(own.shard === undefined ? {} : { shard: own.shard }),
  }
}

export function measuringStages(setting: ValidateSetting): ValidatePlan['measuring'] {
  return [benchStage(setting), experimentStage(setting), soakStage(setting)]
}

const timeoutMs = 600_000
/** What a short validation gives up is width of intervals, never a limit. Below five processes there is no interval. */
const efforts = {
  short: { processCount: 5, benchTimeMs: 12_000, pairCount: 6, experimentTimeMs: 6000 },
  full: { processCount: 10, benchTimeMs: 30_000, pairCount: 12, experimentTimeMs: 20_000 },
}

const effortOf = ({ full }: ValidateCommandOptions) => (full ? efforts.full : efforts.short)
const noiseRatio = 0.03

/** What bench and experiments share. */
function benchSetting({ files, loaded, options, cwd }: ValidateSetting, command: string[]) {
  return {
    files,
    cwd,
    env: process.env,
    command: ['seamproof', ...command, ...files],
    nodePath: options.node,
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
          timeMs: options.time ?? effortOf(options).benchTimeMs,
          processCount: effortOf(options).processCount,
          isQuick: !options.full,
          hasLatency: options.full ? undefined : latencyAsked(setting),
          ratePerS: options.rate,
          isRealtime: options.realtime,
          onStep,
        }),
      ),
  }
}

/** A short run measures latency where a target asks for it, or everywhere where none does. */
function latencyAsked({ loaded: { config } }: ValidateSetting) {
  const asked = parseTargets(config.targets ?? {}).filter(
    ({ metric, level }) => metric.startsWith('latency') && level !== 'off',
  )
  if (asked.length === 0) return undefined
  return ({ name, component }: { name: string; component?: string }) =>
    asked.some(
      (target) =>
        (target.workload === undefined || matchesPattern(target.workload, name)) &&
        (target.component === undefined || target.component === component),
    )
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
            timeMs: effortOf(options).experimentTimeMs,
            processCount: effortOf(options).pairCount,
            isQuick: !options.full,
            onStep: (text) => onStep(`flag ${name}: ${text}`),
          })
          results.push({ flag: name, result })
        }
        return experimentList(results, machineOf(options))
      }),
  }
}

const shortSoakMs = 40_000
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
        const { suppressions, subjectModules } = loaded.config
        const reading = { suppressions, subjectModules, onStep }
        if (options.soak !== undefined) {
          onStep('taking the soak that was made before')
          return await takeKeptSoak({
            from: resolve(cwd, options.soak),
            folder,
            validationFolder: dirname(folder),
            file,
            reading: { subjectModules: loaded.config.subjectModules, onStep },
          })
        }
        // It was cut short after its load, before its report.
        if (existsSync(join(folder, 'soak.json')) && isSoakComplete(folder))
          return (await readSoak(folder, reading)).measurements
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
          reading,
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
