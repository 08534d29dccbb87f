import { freemem } from 'node:os'
import { join } from 'node:path'
import { ExitCode, SeamproofError } from './base/seamproof-error.js'
import type { WorkloadCapture } from './capture/capture-workload.js'
import { CheckDurations } from './capture/check-durations.js'
import { type CheckJob, type CheckTarget, planChecks, plannedChecks } from './capture/check-plan.js'
import { requireAgent } from './capture/require-agent.js'
import { runSideBySide } from './capture/side-by-side.js'
import {
  type CheckRunOptions,
  instrumentRuns,
  layerRun,
  memoryBytesOf,
  usualMsOf,
} from './check-runs.js'
import type { CheckRun, Instrument } from './contract/finding.js'
import { type CheckResult, checkResult, emptyRun, writeFindings } from './finding-list.js'
import type { JudgeFindingsOptions } from './judge/judge-findings.js'
import type { ReadCapture } from './pipeline.js'

export { type CheckTarget, fileTarget, programTarget, shellWord } from './capture/check-plan.js'
export type { CheckRunOptions } from './check-runs.js'
export {
  type CheckResult,
  judgeAgain,
  mergeShards,
  type ReadingOptions,
  readFindings,
  writeFindings,
} from './finding-list.js'
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
  | { kind: 'planned'; jobCount: number; expectedMs: number }
  | { kind: 'preparing'; text: string }
  | { kind: 'started'; job: CheckJob; expectedMs?: number }
  | { kind: 'step'; job: CheckJob; text: string }
  | { kind: 'ended'; job: CheckJob; run: CheckRun }

/** Every instrument on every target, side by side, then one list of findings. What is finished is on disk at any time. */
export async function runCheck(options: CheckOptions): Promise<CheckResult> {
  const { cwd, folder, shard, signal, onEvent } = options
  const all = planChecks(options.instruments, options.targets, shard?.count)
  const planned = plannedChecks(all)
  const jobs = all.filter((job) => shard === undefined || job.shard === shard.index)
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
  const workMs = tasks.reduce((sum, { expectedMs }) => sum + expectedMs, 0)
  const longestMs = Math.max(0, ...tasks.map(({ expectedMs }) => expectedMs))
  const expectedMs = Math.max(longestMs, workMs / options.jobs)
  onEvent?.({ kind: 'planned', jobCount: jobs.length, expectedMs })
  await prepareAgent(jobs, options)
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

const agentInstruments: readonly Instrument[] = ['track', 'layer', 'inject', 'stress']

/** Compiled on first use: once, rather than by each run that needs it. What keeps it from that, the runs say. */
async function prepareAgent(
  jobs: readonly CheckJob[],
  { onEvent }: Pick<CheckOptions, 'onEvent'>,
): Promise<void> {
  if (!jobs.some(({ instrument }) => agentInstruments.includes(instrument))) return
  onEvent?.({ kind: 'preparing', text: 'compiling the agent, where it is not yet' })
  try {
    await requireAgent()
  } catch (error) {
    if (!(error instanceof SeamproofError)) throw error
  }
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

/** What a container allows, where it limits; Node before 22 knows only the machine's. */
function availableMemoryBytes(): number {
  const { availableMemory } = process as { availableMemory?: () => number }
  return availableMemory?.() ?? freemem()
}
