import { mkdirSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { trialFacts } from './analyze/inject/trial-facts.js'
import { runTrial, type Trial } from './capture/inject/run-trial.js'
import { walk } from './capture/inject/walk.js'
import type { CheckRun, DefectReport } from './contract/finding.js'
import type { StressCounts, StressSchedule, Suspicion } from './contract/injection.js'
import { type EndedTrial, judgeTrial } from './judge/inject/judge-trial.js'
import { stressReports } from './judge/inject/stress-reports.js'
import { judgeLayer } from './judge/judge-layer.js'
import { layerReports } from './judge/layer-reports.js'
import { readCapture } from './pipeline-capture.js'
import { type TrialCheckOptions, trialCommand, trialMetas } from './pipeline-trial.js'
import type { TraceMeta } from './trace/trace-meta.js'

/** What one may ask of the stressed runs. */
export interface StressWishes {
  /** The first seed; each run takes the next. Out of the clock unless given. */
  seed?: number | undefined
  /** How many runs, at most. */
  runs?: number | undefined
  budgetMs?: number | undefined
  jobs?: number | undefined
}

export interface StressCheckOptions extends StressWishes, TrialCheckOptions {}

const budgetMsDefault = 60_000
const runsDefault = 12
const timeoutMsMin = 20_000
const namedMax = 10
const schedule = { operationsPerRound: 20, rounds: 2, warmupOperations: 5 }

const blindSpots = [
  'races that need another order than late callbacks make, and two threads in one instruction: tsan sees those',
  'pointers into buffers of Node’s pool, and into memory that V8 moves: only whole buffers that an addon was given are fenced off',
  'V8’s own --gc-interval and --stress-compaction do nothing in released builds of Node, so they are not used',
]

/** The subject again and again, with everything that may happen at any time made to happen all the time. */
export async function runStressCheck(options: StressCheckOptions): Promise<CheckRun> {
  const startedMs = performance.now()
  mkdirSync(options.folder, { recursive: true })
  options.onStep?.('a run without stress')
  const plain = await runStressed(options, join(options.folder, 'plain'), undefined, true)
  const base = {
    instrument: 'stress' as const,
    target: options.subject.shown,
    folder: options.folder,
    foreignCount: 0,
    blindSpots,
  }
  const firstSeed = options.seed ?? 1 + (Date.now() % 100_000)
  const reproduce = commandOf(options, firstSeed)
  const trouble = troubleOf(plain)
  if (trouble !== undefined)
    return {
      ...base,
      status: 'not-run',
      cause: 'subject-not-driven',
      reason: trouble,
      reports: [],
      notes: [],
      reproduce,
      wallMs: Math.round(performance.now() - startedMs),
    }
  const baseline = await readNamed(plain, options)
  const findings = new Set(
    trialFacts(trialMetas(plain.folder)).findings.map(({ identity }) => identity),
  )
  const seen = await runAll(options, firstSeed, plain, findings)
  const reports: DefectReport[] = []
  for (const [index, group] of seen.groups.slice(0, namedMax).entries()) {
    options.onStep?.(`naming what was found: ${index + 1} of ${seen.groups.length}`)
    reports.push(...(await nameOne(options, group, baseline, plain, index)))
  }
  return {
    ...base,
    status: options.signal?.aborted ? 'not-run' : 'ran',
    ...(options.signal?.aborted
      ? { cause: 'interrupted' as const, reason: 'it was interrupted' }
      : {}),
    ...(seen.runCount === 0
      ? { incomplete: 'there was no time for a stressed run: more with --budget' }
      : {}),
    reports,
    notes: notesOf(seen, firstSeed),
    reproduce,
    wallMs: Math.round(performance.now() - startedMs),
  }
}

/** Collections, then delays, then both, and so on: each run has a seed of its own. */
export function stressScheduleOf(seed: number): StressSchedule {
  const kind = seed % 3
  return {
    seed,
    minorEvery: kind === 2 ? 0 : 1,
    fullEvery: kind === 2 ? 0 : 4,
    delayUs: kind === 1 ? 0 : 5000,
    isFenced: kind !== 2,
  }
}

interface Group {
  suspicion: Suspicion
  schedules: StressSchedule[]
}

interface Seen {
  groups: Group[]
  runCount: number
  plannedCount: number
  counts: StressCounts
}

async function runAll(
  options: StressCheckOptions,
  firstSeed: number,
  plain: Trial,
  findings: ReadonlySet<string>,
): Promise<Seen> {
  const { runs = runsDefault, budgetMs = budgetMsDefault, signal, onStep } = options
  const schedules = Array.from({ length: runs }, (_, i) => stressScheduleOf(firstSeed + i))
  const groups = new Map<string, Group>()
  const counts = {
    minorCollections: 0,
    fullCollections: 0,
    delays: 0,
    delayedMs: 0,
    fencedBuffers: 0,
  }
  let runCount = 0
  const timeoutMs = options.timeoutMs ?? Math.max(timeoutMsMin, 20 * plain.wallMs)
  const work = async (one: StressSchedule) => {
    const folder = join(options.folder, `seed-${one.seed}`)
    const trial = await runStressed({ ...options, timeoutMs }, folder, one, false)
    if (signal?.aborted) return
    runCount++
    const metas = trialMetas(trial.folder)
    for (const meta of metas) addCounts(counts, meta.layer?.stress)
    for (const suspicion of suspicionsOf(trial, plain, metas, findings)) {
      const known = groups.get(suspicion.identity)
      if (known === undefined) groups.set(suspicion.identity, { suspicion, schedules: [one] })
      else known.schedules.push(one)
    }
    rmSync(trial.folder, { recursive: true, force: true })
  }
  const limit = {
    untilMs: performance.now() + budgetMs,
    isStopped: () => signal?.aborted === true,
  }
  const jobs = options.jobs ?? availableParallelism()
  await walk(schedules, jobs, limit, work, ({ doneCount, totalCount, elapsedMs }) =>
    onStep?.(
      `stressed run ${doneCount} of ${totalCount}, ${Math.round(elapsedMs / 1000)} s, from seed ${firstSeed}`,
    ),
  )
  return { groups: [...groups.values()], runCount, plannedCount: runs, counts }
}

function suspicionsOf(
  trial: Trial,
  plain: Trial,
  metas: readonly TraceMeta[],
  findings: ReadonlySet<string>,
): Suspicion[] {
  const { suspicions } = judgeTrial(undefined, ended(trial, metas), { findings, leaks: new Set() })
  if (suspicions.length > 0) return suspicions
  const other = resultOf(trial)
  if (other === undefined || other === resultOf(plain)) return []
  return [{ kind: 'result', identity: `result|${other.split('\n')[0]}`, text: 'another outcome' }]
}

/** How it ended, where that is not as it should. */
function resultOf({ fault, exit, didTimeOut }: Trial): string | undefined {
  if (didTimeOut || exit.signal !== null) return undefined
  if (fault !== undefined) return fault.message
  return exit.code === 0 ? undefined : `the exit code is ${exit.code}`
}

async function nameOne(
  options: StressCheckOptions,
  { suspicion, schedules }: Group,
  known: readonly DefectReport[],
  plain: Trial,
  index: number,
): Promise<DefectReport[]> {
  const [first] = schedules
  const timeoutMs = options.timeoutMs ?? Math.max(timeoutMsMin, 20 * plain.wallMs)
  const folder = join(options.folder, `found-${index + 1}`)
  const trial = await runStressed({ ...options, timeoutMs }, folder, first, true)
  return stressReports({
    schedule: first!,
    suspicion,
    others: schedules.length - 1,
    trial: ended(trial, trialMetas(trial.folder)),
    fault: resultOf(trial),
    layer: await readNamed(trial, options),
    known,
    replay: commandOf(options, first!.seed, 1),
  })
}

async function runStressed(
  options: StressCheckOptions,
  folder: string,
  stress: StressSchedule | undefined,
  isNamed: boolean,
): Promise<Trial> {
  const { subject, cwd, env, timeoutMs = 120_000 } = options
  const common = { subject, cwd, env, folder, isNamed, timeoutMs, schedule, toleratesErrors: false }
  if (stress === undefined) return await runTrial({ ...common, variables: {} })
  const { seed, minorEvery, fullEvery, delayUs, isFenced } = stress
  return await runTrial({
    ...common,
    variables: {
      SEAMPROOF_STRESS: [seed, minorEvery, fullEvery, delayUs, isFenced ? 1 : 0].join(':'),
    },
    nodeOptions: `--expose-gc${isFenced ? ' --max-semi-space-size=1' : ''}`,
  })
}

async function readNamed(trial: Trial, options: StressCheckOptions): Promise<DefectReport[]> {
  const { facts, manifest } = await readCapture(trial.folder, {
    subjectModules: options.subjectModules,
  })
  return layerReports(facts, judgeLayer(facts, {}, manifest.workloads ?? []))
}

function ended(trial: Trial, metas: readonly TraceMeta[]): EndedTrial {
  return { ...trial, ...trialFacts(metas), leaks: [] }
}

function troubleOf(plain: Trial): string | undefined {
  if (plain.didTimeOut) return 'without stress it does not end: give it --timeout'
  if (plain.exit.signal !== null) return `without stress it is ended by ${plain.exit.signal}`
  if (plain.fault !== undefined) return plain.fault.message
  const hasCalls = trialFacts(trialMetas(plain.folder)).crossingCount > 0
  return hasCalls ? undefined : 'no function that an addon made with Node-API was called'
}

function addCounts(sum: StressCounts, more: StressCounts | undefined): void {
  for (const name of Object.keys(sum) as (keyof StressCounts)[]) sum[name] += more?.[name] ?? 0
}

function notesOf({ runCount, plannedCount, counts }: Seen, firstSeed: number): string[] {
  const rest = plannedCount - runCount
  const cut = rest > 0 ? `; ${rest} NOT MADE, the time was up: more with --budget` : ''
  return [
    `${runCount} of ${plannedCount} stressed runs, seeds from ${firstSeed}${cut}`,
    `${counts.minorCollections} young and ${counts.fullCollections} full collections at crossings, ${counts.delays} delays of ${(counts.delayedMs / 1000).toFixed(1)} s in all, ${counts.fencedBuffers} buffers fenced off (runs that crashed are not in these numbers)`,
  ]
}

function commandOf({ subject }: StressCheckOptions, seed: number, runs?: number): string {
  return trialCommand(
    subject,
    `--stress --seed ${seed}${runs === undefined ? '' : ` --runs ${runs}`}`,
  )
}
