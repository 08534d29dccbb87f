import { join } from 'node:path'
import type { SeamproofError } from './base/seamproof-error.js'
import { captureProgram } from './capture/capture-program.js'
import { captureWorkload, type WorkloadCapture } from './capture/capture-workload.js'
import type { CheckJob } from './capture/check-plan.js'
import type { CaptureMode } from './contract/capture.js'
import type { CheckRun, DefectReport, Instrument } from './contract/finding.js'
import type { CheckVerdict } from './contract/verdict.js'
import { judgeLayer, type LayerFilter } from './judge/judge-layer.js'
import { layerReports } from './judge/layer-reports.js'
import { leakReports } from './judge/leak-reports.js'
import { type CheckerName, type ReadCapture, readCapture, runChecker } from './pipeline.js'
import { type InjectWishes, runInjectCheck } from './pipeline-inject.js'
import { runStressCheck, type StressWishes } from './pipeline-stress.js'
import type { TrialCheckOptions, TrialSubject } from './pipeline-trial.js'

/** What every run of a check is given. */
export interface CheckRunOptions {
  cwd: string
  env: NodeJS.ProcessEnv
  /** The Node that runs workloads; ours by default. */
  nodePath?: string | undefined
  /** Of one run. */
  timeoutMs?: number | undefined
  only?: string | undefined
  rounds?: number | undefined
  operations?: number | undefined
  subjectModules?: readonly string[] | undefined
  layerFilter?: LayerFilter | undefined
  /** `gcc`, `clang` or a path, for the builds that sanitizers need. */
  compiler?: string | undefined
  /** For a project whose build is none that is known. */
  build?: { command: string; output: string | string[] } | undefined
  /** Projects to build besides the one that the workload lies in. */
  projectDirs?: readonly string[] | undefined
  /** False: checked as it is installed, even where it could be built. */
  mustBuild?: boolean | undefined
  /** Options of this command line that its reproduce lines must repeat. */
  reproduceWith?: string | undefined
  inject?: InjectWishes | undefined
  stress?: StressWishes | undefined
  /** Ends what runs. */
  signal?: AbortSignal | undefined
}

export interface InstrumentRunOptions extends CheckRunOptions {
  /** Absolute; does not exist yet. */
  outDir: string
  onStep: (text: string) => void
}

type InstrumentRun = (job: CheckJob, options: InstrumentRunOptions) => Promise<CheckRun>

/** How each instrument makes its run. */
export const instrumentRuns: Record<Instrument, InstrumentRun> = {
  layer: runLayer,
  track: runTrack,
  asan: runTool('asan'),
  ubsan: runTool('ubsan'),
  tsan: runTool('tsan'),
  memcheck: runTool('memcheck'),
  helgrind: runTool('helgrind'),
  drd: runTool('drd'),
  inject: runInject,
  stress: runStress,
}

/** A sanitizer or a tool of valgrind, on a build of the subject for it. */
function runTool(instrument: CheckerName): InstrumentRun {
  return async (job, options) => {
    const { target } = job
    const run = await runChecker(instrument, {
      ...options,
      ...(target.kind === 'file' ? { file: target.file } : { program: target.command }),
      timeoutMs: options.timeoutMs ?? toolTimeoutMs,
    })
    const reproduce = reproduceLine(job, options)
    return { ...run, target: target.shown, folder: job.folder, reproduce }
  }
}

const megabyte = 1024 ** 2

/** What a run was seen to take on small subjects, with room; decides only how many run at once. */
export const memoryBytesOf: Record<Instrument, number> = {
  layer: 256 * megabyte,
  track: 384 * megabyte,
  asan: 512 * megabyte,
  ubsan: 256 * megabyte,
  tsan: 768 * megabyte,
  memcheck: 768 * megabyte,
  helgrind: 768 * megabyte,
  drd: 640 * megabyte,
  inject: 256 * megabyte,
  stress: 384 * megabyte,
}

/** Before the first run of a target is measured: what to start first. */
export const usualMsOf: Record<Instrument, number> = {
  layer: 10_000,
  track: 15_000,
  asan: 20_000,
  ubsan: 15_000,
  tsan: 40_000,
  memcheck: 90_000,
  helgrind: 90_000,
  drd: 80_000,
  inject: 40_000,
  stress: 40_000,
}

const workloadTimeoutMs = 600_000
/** Valgrind is fifty times slower than nothing. */
const toolTimeoutMs = 1_200_000
const outputFile = 'output.txt'

/** One process with the agent in it. */
async function capture(
  { target }: CheckJob,
  options: InstrumentRunOptions,
  mode: CaptureMode,
): Promise<WorkloadCapture> {
  const common = {
    cwd: options.cwd,
    env: options.env,
    mode,
    outDir: options.outDir,
    isForced: false,
    outputFile,
    cancelSignal: options.signal,
  }
  if (target.kind === 'program') {
    const [command, ...args] = target.command
    const run = await captureProgram({
      ...common,
      command: command!,
      args,
      isExact: false,
      timeoutMs: options.timeoutMs,
    })
    return run
  }
  const { operations } = options
  return await captureWorkload({
    ...common,
    file: target.file,
    // Every line in a stack should be the line of the call.
    isExact: true,
    nodePath: options.nodePath,
    timeoutMs: options.timeoutMs ?? workloadTimeoutMs,
    only: options.only,
    rounds: options.rounds,
    operationsPerRound: operations,
    ...(operations === undefined ? {} : { warmupOperations: operations }),
    onStep: options.onStep,
  })
}

async function runTrack(job: CheckJob, options: InstrumentRunOptions): Promise<CheckRun> {
  const made = await capture(job, options, 'full')
  const read = await readRun(made, options)
  return runOf(job, options, made, leakReports(read.facts, read.verdicts), read.verdicts.checks, [
    'only memory that grows is seen: no overflow, no use after free, no race',
  ])
}

async function runLayer(job: CheckJob, options: InstrumentRunOptions): Promise<CheckRun> {
  const env = { ...options.env, SEAMPROOF_LAYER: '1', SEAMPROOF_LAYER_ONLY: '1' }
  // Totals are enough: what the layer writes is there in both modes.
  const made = await capture(job, { ...options, env }, 'aggregate')
  return layerRun(job, options, made, await readRun(made, options))
}

export function layerRun(
  job: CheckJob,
  options: CheckRunOptions,
  made: WorkloadCapture,
  { facts, manifest }: ReadCapture,
): CheckRun {
  const layer = judgeLayer(facts, options.layerFilter ?? {}, manifest.workloads ?? [])
  const unseen = layer.checks.flatMap(({ check, status, reason }) =>
    status === 'not-run' && reason !== undefined ? [`${check}: ${reason}`] : [],
  )
  return runOf(job, options, made, layerReports(facts, layer), layer.checks, [
    'only calls of Node-API are seen: what the addon does with its own memory in between is not',
    ...unseen,
  ])
}

async function runInject(job: CheckJob, options: InstrumentRunOptions): Promise<CheckRun> {
  const { inject = {} } = options
  const { resumeFrom } = inject
  return await runInjectCheck({
    ...inject,
    ...(resumeFrom === undefined ? {} : { resumeFrom: join(resumeFrom, job.folder) }),
    ...trialOptions(job, options),
  })
}

async function runStress(job: CheckJob, options: InstrumentRunOptions): Promise<CheckRun> {
  return await runStressCheck({ ...options.stress, ...trialOptions(job, options) })
}

function trialOptions(job: CheckJob, options: InstrumentRunOptions): TrialCheckOptions {
  return {
    subject: trialSubject(job, options),
    cwd: options.cwd,
    env: options.env,
    folder: options.outDir,
    timeoutMs: options.timeoutMs,
    subjectModules: options.subjectModules,
    signal: options.signal,
    onStep: options.onStep,
  }
}

function trialSubject({ target }: CheckJob, { only, nodePath }: CheckRunOptions): TrialSubject {
  if (target.kind === 'file')
    return { kind: 'workload', file: target.file, shown: target.shown, only, nodePath }
  const [command, ...args] = target.command
  return { kind: 'program', command: command!, args, shown: target.shown }
}

async function readRun(made: WorkloadCapture, options: InstrumentRunOptions): Promise<ReadCapture> {
  const { subjectModules, onStep } = options
  return await readCapture(made.captureDir, { subjectModules, onStep })
}

function runOf(
  job: CheckJob,
  options: CheckRunOptions,
  { manifest, fault, didTimeOut }: WorkloadCapture,
  reports: DefectReport[],
  checks: readonly CheckVerdict[],
  blindSpots: string[],
): CheckRun {
  // A leak is told by the findings; a check that could not be made is told by the run.
  const unmade = checks.filter(({ status }) => status === 'not-run')
  const isAllUnmade = unmade.length === checks.length
  const trouble = troubleOf(manifest.exit.signal, fault, didTimeOut, isAllUnmade ? unmade : [])
  const workloads = (manifest.workloads ?? []).map(({ name }) => name)
  return {
    instrument: job.instrument,
    target: job.target.shown,
    ...(job.target.kind === 'file' ? { workloads } : {}),
    status: 'ran',
    ...trouble,
    reports,
    foreignCount: 0,
    blindSpots,
    notes: isAllUnmade ? [] : unmade.map(({ check, reason }) => `${check}: not run: ${reason}`),
    wallMs: manifest.wallMs,
    reproduce: reproduceLine(job, options),
    folder: job.folder,
  }
}

/** What makes a run that was started `not-run`. */
function troubleOf(
  signal: string | null,
  fault: SeamproofError | undefined,
  didTimeOut: boolean,
  unmade: readonly CheckVerdict[],
): Pick<CheckRun, 'cause' | 'reason'> & { status?: 'not-run' } {
  if (fault !== undefined) {
    const hint = fault.hint === undefined ? '' : `; ${fault.hint}`
    return { status: 'not-run', cause: 'subject-not-driven', reason: `${fault.message}${hint}` }
  }
  if (didTimeOut)
    return {
      status: 'not-run',
      cause: 'subject-not-driven',
      reason: 'the program was stopped at its time limit; allow more with --timeout',
    }
  if (signal !== null)
    return {
      status: 'not-run',
      cause: 'subject-not-driven',
      reason: `the program was ended by ${signal}`,
    }
  if (unmade.length === 0) return {}
  const reason = unmade.map((check) => check.reason ?? check.evidence).join('; ')
  return { status: 'not-run', cause: 'not-applicable', reason }
}

export function reproduceLine(
  { instrument, target }: CheckJob,
  { reproduceWith }: CheckRunOptions,
): string {
  const options = reproduceWith === undefined ? '' : ` ${reproduceWith}`
  const subject = target.kind === 'file' ? target.shown : `-- ${target.shown}`
  return `seamproof check --with ${instrument}${options} ${subject}`
}
