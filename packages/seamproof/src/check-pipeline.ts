import { mkdirSync, readFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { mergeFindings } from './analyze/merge-findings.js'
import { summarizeLeaks } from './analyze/summarize-leaks.js'
import { ExitCode, SeamproofError } from './base/seamproof-error.js'
import { seamproofVersion } from './base/seamproof-version.js'
import { tryWriteWholeFile } from './base/whole-file.js'
import { findingsFile } from './capture/capture-directory.js'
import type { WorkloadCapture } from './capture/capture-workload.js'
import { CheckDurations } from './capture/check-durations.js'
import { type CheckJob, type CheckTarget, planChecks, plannedChecks } from './capture/check-plan.js'
import { runSideBySide } from './capture/side-by-side.js'
import {
  type CheckRunOptions,
  instrumentRuns,
  layerRun,
  memoryBytesOf,
  usualMsOf,
} from './check-runs.js'
import type {
  CheckDemand,
  CheckRun,
  FindingList,
  Instrument,
  PlannedCheck,
} from './contract/finding.js'
import {
  type FindingVerdicts,
  type JudgeFindingsOptions,
  judgeFindings,
} from './judge/judge-findings.js'
import type { ReadCapture } from './pipeline.js'

export { type CheckTarget, fileTarget, programTarget, shellWord } from './capture/check-plan.js'
export type { CheckRunOptions } from './check-runs.js'
export { extendedBaseline } from './judge/accepted-findings.js'

export interface CheckOptions extends CheckRunOptions {
  targets: readonly CheckTarget[]
  instruments: readonly Instrument[]
  /** The check's own folder, empty. */
  folder: string
  jobs: number
  shard?: { index: number; count: number } | undefined
  judge: JudgeFindingsOptions
  onEvent?: ((event: CheckEvent) => void) | undefined
}

export type CheckEvent =
  | { kind: 'planned'; jobCount: number; expectedMs?: number }
  | { kind: 'started'; job: CheckJob; expectedMs?: number }
  | { kind: 'step'; job: CheckJob; text: string }
  | { kind: 'ended'; job: CheckJob; run: CheckRun }

export interface CheckResult {
  list: FindingList
  verdicts: FindingVerdicts
}

/** Every instrument on every target, side by side, then one list of findings. What is finished is on disk at any time. */
export async function runCheck(options: CheckOptions): Promise<CheckResult> {
  const { cwd, folder, shard, signal, onEvent } = options
  const all = planChecks(options.instruments, options.targets, shard?.count)
  const planned = plannedChecks(all)
  const jobs = all.filter((job) => shard === undefined || job.shard === shard.index)
  if (jobs.length === 0)
    throw new SeamproofError(
      'SHARD_EMPTY',
      `shard ${shard?.index} of ${shard?.count} has nothing to do`,
      {
        exitCode: ExitCode.usage,
        hint: `there are ${all.length} runs: more shards than that are of no use`,
      },
    )
  const durations = new CheckDurations(options.env)
  const runs = new Map<CheckJob, CheckRun>()
  const keep = () => {
    const made = jobs.flatMap((job) => runs.get(job) ?? [])
    const result = checkResult(made, planned, options.judge, shard)
    if (signal?.aborted) result.list.isInterrupted = true
    writeFindings(folder, result.list)
    return result
  }
  const tasks = jobs.map((job) => {
    const expectedMs = durations.expectedMs(job, cwd)
    return {
      job,
      expectedMs: expectedMs ?? usualMsOf[job.instrument],
      memoryBytes: memoryBytesOf[job.instrument],
      run: async () => {
        onEvent?.({ kind: 'started', job, ...(expectedMs === undefined ? {} : { expectedMs }) })
        const run = await runJob(job, options)
        runs.set(job, run)
        if (run.status === 'ran') durations.note(job, cwd, run.wallMs)
        onEvent?.({ kind: 'ended', job, run })
        keep()
      },
    }
  })
  onEvent?.({ kind: 'planned', jobCount: jobs.length })
  const unstarted = await runSideBySide(tasks, {
    jobs: options.jobs,
    memoryBytes: availableMemoryBytes(),
    signal,
  })
  for (const { job } of unstarted)
    runs.set(job, notRun(job, 'interrupted', 'it was interrupted before this run began'))
  durations.save()
  return keep()
}

/** Never throws: what kept a run from being made is its result. */
async function runJob(job: CheckJob, options: CheckOptions): Promise<CheckRun> {
  const startedMs = performance.now()
  const onStep = (text: string) => options.onEvent?.({ kind: 'step', job, text })
  const outDir = join(options.folder, job.folder)
  try {
    const run = await instrumentRuns[job.instrument](job, { ...options, outDir, onStep })
    const { folder, target } = { folder: job.folder, target: job.target.shown }
    const isCutShort = options.signal?.aborted === true && run.status === 'not-run'
    return { ...run, folder, target, ...(isCutShort ? { cause: 'interrupted' as const } : {}) }
  } catch (thrown) {
    return { ...failedRun(job, thrown, options), wallMs: Math.round(performance.now() - startedMs) }
  }
}

function failedRun(job: CheckJob, thrown: unknown, { signal }: CheckOptions): CheckRun {
  if (signal?.aborted) return notRun(job, 'interrupted', 'it was interrupted')
  if (!(thrown instanceof SeamproofError)) {
    const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
    return notRun(job, 'own-bug', `a bug in Seamproof: ${text}`)
  }
  const cause = thrown.exitCode === ExitCode.machineLacks ? 'tool-missing' : 'subject-not-driven'
  const hint = thrown.hint === undefined ? '' : `; ${thrown.hint}`
  return notRun(job, cause, `${thrown.message}${hint}`)
}

function notRun(job: CheckJob, cause: CheckRun['cause'], reason: string): CheckRun {
  return emptyRun(job.instrument, job.target.shown, job.folder, cause, reason)
}

function emptyRun(
  instrument: Instrument,
  target: string,
  folder: string,
  cause: CheckRun['cause'],
  reason: string,
): CheckRun {
  return {
    instrument,
    target,
    status: 'not-run',
    reason,
    ...(cause === undefined ? {} : { cause }),
    reports: [],
    foreignCount: 0,
    blindSpots: [],
    notes: [],
    wallMs: 0,
    reproduce: `seamproof check --with ${instrument} ${target}`,
    folder,
  }
}

/** From runs alone to what is printed: used for one check, for one that is read again, and for shards that are merged. */
export function checkResult(
  runs: readonly CheckRun[],
  planned: readonly PlannedCheck[],
  judge: JudgeFindingsOptions,
  shard?: { index: number; count: number },
): CheckResult {
  const found = mergeFindings(runs)
  const leaks = summarizeLeaks(runs, found)
  const verdicts = judgeFindings({ runs, findings: found, leaks }, judge)
  return {
    verdicts,
    list: {
      formatVersion: 1,
      seamproofVersion,
      createdAt: new Date().toISOString(),
      runs: [...runs],
      findings: verdicts.findings,
      checks: verdicts.checks,
      leaks,
      planned: [...planned],
      demand: judge.demand,
      ...(shard === undefined ? {} : { shard }),
    },
  }
}

/** What is judged at every reading: acceptances may have changed. What was asked for stays. */
export type ReadingOptions = Omit<JudgeFindingsOptions, 'demand'> & {
  isStrict?: boolean | undefined
}

/** All shards as one. What a missing shard would have run is `not-run`; a run that is there twice counts once. */
export function mergeShards(lists: readonly FindingList[], reading: ReadingOptions): CheckResult {
  const planned = new Map<string, PlannedCheck>()
  const runs = new Map<string, CheckRun>()
  for (const list of lists) {
    for (const check of list.planned) planned.set(runKey(check), check)
    for (const run of list.runs)
      if (runs.get(runKey(run))?.status !== 'ran') runs.set(runKey(run), run)
  }
  for (const [key, { instrument, target, shard }] of planned)
    if (!runs.has(key)) runs.set(key, missingRun(instrument, target, shard))
  const ordered = new Set([...planned.keys(), ...runs.keys()])
  const judge = { ...reading, demand: commonDemand(lists, reading.isStrict) }
  return checkResult(
    [...ordered].map((key) => runs.get(key)!),
    [...planned.values()],
    judge,
  )
}

/** A stored list as it is judged today. A shard by itself stays a shard: the others are not missed. */
export function judgeAgain(list: FindingList, reading: ReadingOptions): CheckResult {
  const judge = { ...reading, demand: commonDemand([list], reading.isStrict) }
  const result = checkResult(list.runs, list.planned, judge, list.shard)
  const { seamproofVersion, createdAt, isInterrupted } = list
  Object.assign(
    result.list,
    { seamproofVersion, createdAt },
    isInterrupted ? { isInterrupted } : {},
  )
  return result
}

const runKey = (one: { instrument: Instrument; target: string }) =>
  `${one.instrument}\n${one.target}`

function missingRun(instrument: Instrument, target: string, shard: number): CheckRun {
  const reason = `shard ${shard}, which makes this run, is not among the folders`
  return emptyRun(instrument, target, '', 'shard-missing', reason)
}

function commonDemand(lists: readonly FindingList[], isStrict = false): CheckDemand {
  return {
    required: [...new Set(lists.flatMap(({ demand }) => demand.required))],
    areToolsRequired: lists.some(({ demand }) => demand.areToolsRequired),
    isStrict: isStrict || lists.some(({ demand }) => demand.isStrict),
  }
}

/** The layer by itself leaves the same list, beside its capture. */
export function writeLayerFindings(
  made: WorkloadCapture,
  read: ReadCapture,
  target: CheckTarget,
  options: CheckRunOptions & { judge: JudgeFindingsOptions },
): void {
  const job: CheckJob = { instrument: 'layer', target, folder: '.', shard: 1 }
  const run = layerRun(job, options, made, read)
  writeFindings(made.captureDir, checkResult([run], plannedChecks([job]), options.judge).list)
}

export function writeFindings(folder: string, list: FindingList): void {
  mkdirSync(folder, { recursive: true })
  tryWriteWholeFile(join(folder, findingsFile), `${JSON.stringify(list)}\n`)
}

export function readFindings(folder: string): FindingList {
  const path = join(folder, findingsFile)
  let list: FindingList
  try {
    list = JSON.parse(readFileSync(path, 'utf8')) as FindingList
  } catch (cause) {
    throw new SeamproofError('NO_FINDINGS', `${path} cannot be read: ${(cause as Error).message}`, {
      exitCode: ExitCode.usage,
      hint: 'name a folder that seamproof check made, such as resize-20260102-030405.seamproof',
      cause,
    })
  }
  if (list.formatVersion === 1 && Array.isArray(list.runs)) return list
  throw new SeamproofError(
    'FINDINGS_UNKNOWN',
    `${path} has format ${String(list.formatVersion)}; this Seamproof (${seamproofVersion}) reads format 1`,
    {
      exitCode: ExitCode.usage,
      hint: `read it with the Seamproof that wrote it: ${list.seamproofVersion ?? 'unknown'}`,
    },
  )
}

/** What a container allows, where it limits; Node before 22 knows only the machine's. */
function availableMemoryBytes(): number {
  const { availableMemory } = process as { availableMemory?: () => number }
  return availableMemory?.() ?? freemem()
}
