import { mkdirSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { analyzeTrace, captureFacts } from './analyze/analyze-trace.js'
import { planAttempts } from './analyze/inject/plan-attempts.js'
import { faultPoints, trialFacts } from './analyze/inject/trial-facts.js'
import { faultText, faultVariable, parseFault } from './base/fault-text.js'
import { seamproofVersion } from './base/seamproof-version.js'
import { traceFilesIn } from './capture/capture-directory.js'
import {
  type InjectState,
  readInjectState,
  writeInjectState,
} from './capture/inject/inject-state.js'
import { runTrial, type Trial, type TrialSchedule } from './capture/inject/run-trial.js'
import { walk } from './capture/inject/walk.js'
import { readManifest } from './capture/read-manifest.js'
import type { CaptureFacts } from './contract/facts.js'
import type { CheckRun, DefectReport } from './contract/finding.js'
import type { Attempt, AttemptResult, Fault, FaultPoint, Suspicion } from './contract/injection.js'
import { injectReports } from './judge/inject/inject-reports.js'
import { injectRun, type WalkedStep } from './judge/inject/inject-run.js'
import { type EndedTrial, judgeTrial } from './judge/inject/judge-trial.js'
import { judgeCapture } from './judge/judge-capture.js'
import { judgeLayer } from './judge/judge-layer.js'
import { layerReports } from './judge/layer-reports.js'
import { readCapture } from './pipeline-capture.js'
import { type TrialCheckOptions, trialCommand, trialMetas } from './pipeline-trial.js'
import { bareSymbols } from './symbols/bare-symbols.js'
import { openTrace } from './trace/open-trace.js'

/** What one may ask of the walk. */
export interface InjectWishes {
  /** How long the walk may take; the runs that name what was found come after it. Two minutes unless given. */
  budgetMs?: number | undefined
  /** Runs at once. */
  jobs?: number | undefined
  /** Goes on where the check in this folder stopped. */
  resumeFrom?: string | undefined
  /** Only this fault. */
  only?: Fault | undefined
}

/** `timeoutMs`: ten times the run without faults unless given. */
export interface InjectCheckOptions extends InjectWishes, TrialCheckOptions {}

const budgetMsDefault = 120_000

const onceSchedule: TrialSchedule = { operationsPerRound: 2, rounds: 1, warmupOperations: 1 }
const roundsSchedule: TrialSchedule = { operationsPerRound: 20, rounds: 5, warmupOperations: 20 }
const dryTimeoutMs = 120_000
const timeoutMsMin = 8_000
/** Each takes a second or two, and a person reads a few. */
const namedMax = 40

/**
 * Lets everything that can fail in the subject fail, one call at a time, in a process of its own each, and reports what a
 * failure must not lead to.
 */
export async function runInjectCheck(options: InjectCheckOptions): Promise<CheckRun> {
  const startedMs = performance.now()
  return await new InjectCheck(options).run(startedMs)
}

class InjectCheck {
  readonly #options: InjectCheckOptions
  readonly #jobs: number
  #trialCount = 0

  constructor(options: InjectCheckOptions) {
    this.#options = options
    this.#jobs = options.jobs ?? availableParallelism()
  }

  async run(startedMs: number): Promise<CheckRun> {
    const { folder, resumeFrom, onStep, signal } = this.#options
    const isStopped = () => signal?.aborted === true
    mkdirSync(folder, { recursive: true })
    onStep?.('a run without faults')
    const dry = await this.#dryRun()
    if ('reason' in dry) return this.#notRun(dry, startedMs)
    const state =
      resumeFrom === undefined
        ? this.#newState(dry)
        : readInjectState(resumeFrom, this.#options.subject)
    const steps = await this.#walk(state, isStopped)
    writeInjectState(folder, state)
    const { reports, unnamedCount } = await this.#name(state, dry, isStopped)
    return injectRun({
      base: this.#base(startedMs),
      points: state.points,
      steps,
      reports,
      unnamedCount,
      isStopped: isStopped(),
      isProgram: this.#options.subject.kind === 'program',
    })
  }

  /* ------------------------------------------------------------------------------------------------ without faults */

  async #dryRun(): Promise<DryRun | NotDriven> {
    const trial = await this.#trial(join(this.#options.folder, 'dry'), {
      variables: { SEAMPROOF_INJECT: 'count' },
      isNamed: true,
      schedule: onceSchedule,
      timeoutMs: this.#options.timeoutMs ?? dryTimeoutMs,
      toleratesErrors: false,
    })
    if (trial.fault !== undefined) return { reason: trial.fault.message }
    if (trial.didTimeOut) return { reason: 'without any fault it does not end: give it --timeout' }
    if (trial.exit.signal !== null)
      return { reason: `without any fault it is ended by ${trial.exit.signal}` }
    const metas = trialMetas(trial.folder)
    const { facts, manifest } = await readCapture(trial.folder, this.#readOptions())
    const reports = layerReports(facts, judgeLayer(facts, {}, manifest.workloads ?? []))
    const points = faultPoints(metas)
    if (points.length === 0)
      return {
        reason:
          'nothing that can fail was called: no addon made with Node-API ran code of its own in this subject',
        cause: 'not-applicable',
      }
    return {
      points,
      findings: trialFacts(metas).findings.map(({ identity }) => identity),
      reports,
      wallMs: trial.wallMs,
      exitCode: trial.exit.code,
    }
  }

  #newState({ points, findings, wallMs, exitCode }: DryRun): InjectState {
    const { subject, cwd } = this.#options
    return {
      formatVersion: 1,
      seamproofVersion,
      subject,
      cwd,
      points,
      dry: { wallMs, exitCode },
      baselineFindings: findings,
      baselineLeaks: [],
      baselineNamedLeaks: [],
      results: {},
    }
  }

  /* --------------------------------------------------------------------------------------------------------- walk */

  async #walk(state: InjectState, isStopped: () => boolean): Promise<WalkedStep[]> {
    const { budgetMs = budgetMsDefault, only, subject } = this.#options
    const hasRounds = subject.kind === 'workload'
    if (hasRounds && Object.keys(state.results).length === 0) await this.#baselineRounds(state)
    // The rounds to compare with are no part of the walk.
    const limit = { untilMs: performance.now() + budgetMs, isStopped }
    const plan =
      only === undefined
        ? planAttempts(state.points, hasRounds)
        : {
            steps: [{ step: 'each place once' as const, attempts: attemptsOf(only) }],
            leftOutCount: 0,
          }
    const walked: WalkedStep[] = []
    for (const { step, attempts } of plan.steps) {
      const todo = attempts.filter((attempt) => state.results[attemptId(attempt)] === undefined)
      let lastWriteMs = performance.now()
      const work = async (attempt: Attempt) => {
        const result = isNeedless(state, attempt) ? needless : await this.#attempt(state, attempt)
        if (isStopped()) return
        state.results[attemptId(attempt)] = result
        if (performance.now() - lastWriteMs < 2000) return
        lastWriteMs = performance.now()
        writeInjectState(this.#options.folder, state)
      }
      const end = await walk(todo, this.#jobs, limit, work, ({ doneCount, elapsedMs }) => {
        const leftMs = (elapsedMs / doneCount) * (todo.length - doneCount)
        this.#options.onStep?.(
          `${step}: ${attempts.length - todo.length + doneCount} of ${attempts.length}, ${seconds(elapsedMs)}, about ${seconds(Math.min(leftMs, Math.max(0, limit.untilMs - performance.now())))} to go`,
        )
      })
      const results = attempts.flatMap((attempt) => state.results[attemptId(attempt)] ?? [])
      walked.push({ step, plannedCount: attempts.length, results, end })
    }
    if (plan.leftOutCount > 0)
      walked.push({
        step: 'every further time',
        plannedCount: plan.leftOutCount,
        results: [],
        end: 'out of time',
      })
    return walked
  }

  async #baselineRounds(state: InjectState): Promise<void> {
    this.#options.onStep?.('rounds without faults')
    const trial = await this.#trial(this.#trialFolder(), {
      variables: {},
      isNamed: true,
      schedule: roundsSchedule,
      timeoutMs: this.#timeoutMs(state, 'rounds'),
      toleratesErrors: true,
    })
    state.baselineLeaks = leaksOf(trial, this.#options.subjectModules).map(
      ({ identity }) => identity,
    )
    const { verdicts } = await readCapture(trial.folder, this.#readOptions())
    state.baselineNamedLeaks = verdicts.leaks.map(({ groupId }) => groupId)
    discard(trial)
  }

  async #attempt(state: InjectState, attempt: Attempt): Promise<AttemptResult> {
    const first = await this.#try(state, attempt, this.#timeoutMs(state, attempt.mode))
    const isHang = first.suspicions.some(({ kind }) => kind === 'hang')
    // On a busy machine a run may take long for no fault of its own.
    return isHang
      ? await this.#try(state, attempt, 2 * this.#timeoutMs(state, attempt.mode))
      : first
  }

  async #try(state: InjectState, attempt: Attempt, timeoutMs: number): Promise<AttemptResult> {
    const isRounds = attempt.mode === 'rounds'
    const trial = await this.#trial(this.#trialFolder(), {
      variables: { SEAMPROOF_INJECT: faultVariable(attempt.fault) },
      isNamed: false,
      schedule: isRounds ? roundsSchedule : onceSchedule,
      timeoutMs,
      toleratesErrors: true,
    })
    const result = judgeTrial(attempt, endedTrial(trial, isRounds, this.#options.subjectModules), {
      findings: new Set(state.baselineFindings),
      leaks: new Set(state.baselineLeaks),
    })
    discard(trial)
    return result
  }

  #timeoutMs({ dry }: InjectState, mode: Attempt['mode']): number {
    const base = this.#options.timeoutMs ?? Math.max(timeoutMsMin, 10 * dry.wallMs)
    return mode === 'rounds' ? 3 * base : base
  }

  /* -------------------------------------------------------------------------------------------------------- names */

  /** Each different defect once more, with names for every frame: for as long as the walk itself might take. */
  async #name(
    state: InjectState,
    dry: DryRun,
    isStopped: () => boolean,
  ): Promise<{ reports: DefectReport[]; unnamedCount: number }> {
    const untilMs = performance.now() + (this.#options.budgetMs ?? budgetMsDefault)
    const all = byAttempt(suspicionGroups(state, this.#options.subject.kind === 'workload'))
    const reports: DefectReport[] = []
    let named = 0
    for (; named < Math.min(all.length, namedMax); named++) {
      if (isStopped() || (named > 0 && performance.now() > untilMs)) break
      this.#options.onStep?.(
        `naming what was found: ${named + 1} of ${Math.min(all.length, namedMax)}`,
      )
      reports.push(...(await this.#nameOne(state, dry, all[named]!, named)))
    }
    return { reports, unnamedCount: all.slice(named).flat().length }
  }

  async #nameOne(
    state: InjectState,
    dry: DryRun,
    groups: readonly SuspicionGroup[],
    index: number,
  ): Promise<DefectReport[]> {
    const attempt = groups[0]!.attempts[0]!
    const trial = await this.#trial(join(this.#options.folder, `found-${index + 1}`), {
      variables: { SEAMPROOF_INJECT: faultVariable(attempt.fault) },
      isNamed: true,
      schedule: attempt.mode === 'rounds' ? roundsSchedule : onceSchedule,
      timeoutMs: this.#timeoutMs(state, attempt.mode),
      toleratesErrors: true,
    })
    const { facts, manifest, verdicts } = await readCapture(trial.folder, this.#readOptions())
    const own = judgeLayer(facts, { severity: 'warning' }, manifest.workloads ?? [])
    const seen = {
      attempt,
      point: state.points.find(({ key }) => key === attempt.fault.key),
      trial: endedTrial(trial, attempt.mode === 'rounds', this.#options.subjectModules),
      facts,
      verdicts,
      layer: layerReports(facts, own),
      known: dry.reports,
      knownLeaks: new Set(state.baselineNamedLeaks),
      replay: this.#command(`--fault '${faultText(attempt.fault)}'`),
    }
    // Two places of one rule come of the same run: each report of it is one of them.
    const different = groups.filter(
      ({ suspicion }, at) =>
        suspicion.kind !== 'rule' ||
        groups.findIndex((one) => one.suspicion.text === suspicion.text) === at,
    )
    return different.flatMap(({ suspicion, attempts }) =>
      injectReports({ ...seen, suspicion, others: attempts.length - 1 }),
    )
  }

  /* ------------------------------------------------------------------------------------------------------- helpers */

  async #trial(
    folder: string,
    how: Pick<
      Parameters<typeof runTrial>[0],
      'variables' | 'isNamed' | 'schedule' | 'timeoutMs' | 'toleratesErrors'
    >,
  ): Promise<Trial> {
    const { subject, cwd, env } = this.#options
    return await runTrial({ subject, cwd, env, folder, ...how })
  }

  #trialFolder(): string {
    return join(this.#options.folder, `trial-${++this.#trialCount}`)
  }

  #readOptions() {
    return { subjectModules: this.#options.subjectModules }
  }

  #command(options = ''): string {
    return trialCommand(this.#options.subject, `--inject${options === '' ? '' : ` ${options}`}`)
  }

  #base(startedMs: number) {
    return {
      instrument: 'inject' as const,
      target: this.#options.subject.shown,
      reproduce: this.#command(),
      folder: this.#options.folder,
      wallMs: Math.round(performance.now() - startedMs),
    }
  }

  #notRun({ reason, cause = 'subject-not-driven' }: NotDriven, startedMs: number): CheckRun {
    return {
      ...this.#base(startedMs),
      status: 'not-run',
      cause,
      reason,
      reports: [],
      foreignCount: 0,
      blindSpots: [],
      notes: [],
    }
  }
}

interface NotDriven {
  reason: string
  cause?: CheckRun['cause']
}

interface DryRun {
  points: FaultPoint[]
  findings: string[]
  reports: DefectReport[]
  wallMs: number
  exitCode: number | null
}

const attemptId = ({ mode, fault }: Attempt) => `${mode} ${faultText(fault)}`
const needless: AttemptResult = { outcome: 'needless', suspicions: [], wallMs: 0 }

function attemptsOf(fault: Fault): Attempt[] {
  return [{ fault, mode: fault.occurrence === 'every' ? 'rounds' : 'once' }]
}

/** A place that is known to crash is not tried again in other ways: it would crash again. */
function isNeedless({ results }: InjectState, { fault }: Attempt): boolean {
  if (fault.occurrence === 1) return false
  return Object.entries(results).some(
    ([id, { suspicions }]) =>
      id.includes(`:${fault.key}:`) &&
      suspicions.some(({ kind }) => kind === 'crash' || kind === 'abort' || kind === 'hang'),
  )
}

interface SuspicionGroup {
  suspicion: Suspicion
  attempts: Attempt[]
}

/** In the order of the plan: runs end in another one each time, and what is told must not depend on it. */
function suspicionGroups({ points, results }: InjectState, hasRounds: boolean): SuspicionGroup[] {
  const planned = planAttempts(points, hasRounds).steps.flatMap(({ attempts }) =>
    attempts.map(attemptId),
  )
  const groups = new Map<string, SuspicionGroup>()
  for (const id of new Set([...planned, ...Object.keys(results).sort()]))
    for (const suspicion of results[id]?.suspicions ?? []) {
      const attempt = attemptFrom(id)
      const known = groups.get(suspicion.identity)
      if (known === undefined) groups.set(suspicion.identity, { suspicion, attempts: [attempt] })
      else known.attempts.push(attempt)
    }
  return [...groups.values()]
}

/** Those that the same run shows are looked at together. */
function byAttempt(groups: readonly SuspicionGroup[]): SuspicionGroup[][] {
  const sameRun = new Map<string, SuspicionGroup[]>()
  for (const group of groups) {
    const id = attemptId(group.attempts[0]!)
    sameRun.set(id, [...(sameRun.get(id) ?? []), group])
  }
  return [...sameRun.values()]
}

function attemptFrom(id: string): Attempt {
  const [mode, text] = id.split(/ (.*)/s) as [Attempt['mode'], string]
  return { mode, fault: parseFault(text) }
}

function endedTrial(
  trial: Trial,
  isRounds: boolean,
  subjectModules: readonly string[] | undefined,
): EndedTrial {
  const { exit, didTimeOut, wallMs, outputTail } = trial
  return {
    exit,
    didTimeOut,
    wallMs,
    outputTail,
    ...trialFacts(trialMetas(trial.folder)),
    leaks: isRounds ? leaksOf(trial, subjectModules) : [],
  }
}

/** What grows in rounds in the subject's code, told without names. */
function leaksOf(
  trial: Trial,
  subjectModules: readonly string[] | undefined,
): { identity: string; text: string }[] {
  const manifest = readManifest(trial.folder)
  const processes = traceFilesIn(trial.folder).map((name) => {
    const trace = openTrace(join(trial.folder, name))
    try {
      return analyzeTrace(trace, bareSymbols(trace.meta, subjectModules), manifest.workloads)
    } finally {
      trace.close()
    }
  })
  const facts: CaptureFacts = captureFacts(manifest, seamproofVersion, processes)
  const { leaks } = judgeCapture(facts, { workloads: manifest.workloads ?? [] })
  return leaks
    .filter(({ status, partOf }) => status === 'fail' && partOf === undefined)
    .flatMap(({ groupId, traceFile, reason }) => {
      const process = facts.processes.find((one) => one.traceFile === traceFile)
      const group = process?.groups.find((one) => one.groupId === groupId)
      return group?.attribution === 'subject' ? [{ identity: groupId, text: reason }] : []
    })
}

function discard(trial: Trial): void {
  rmSync(trial.folder, { recursive: true, force: true })
}

const seconds = (ms: number) => `${Math.round(ms / 1000)} s`
