/** The runner: the only code of ours that runs as JavaScript in a workload's process. Usage: node run-workloads.js PLAN.json */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { callCalibration } from './calibration.js'
import { type LoadedWorkload, loadWorkloads } from './loaded-workload.js'
import { markKind } from './mark-kinds.js'
import { type RoundSchedule, warmUp } from './round-schedule.js'
import { settle } from './settle.js'
import { failStep, writeResult } from './step-report.js'
import { describeThrown } from './workload-error.js'
import type { WorkloadOutcome, WorkloadPlan, WorkloadResult } from './workload-plan.js'

interface Control {
  isRecording: boolean
  mark(name: string, kind: number): void
  jsHeap(): void
  profile: {
    start(): void
    stop(): void
    range(name: string, run: () => Promise<void>): Promise<void>
  }
}

const plan = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as WorkloadPlan
const control = createRequire(import.meta.url)('@seamproof/agent/control') as Control
const result: WorkloadResult = { formatVersion: 1, phase: 'loading', workloads: [] }

process.argv = [process.argv[0]!, plan.modulePath]
process.on('uncaughtException', plan.toleratesErrors ? () => {} : fail)

report({})
await runAll().catch(fail)

async function runAll(): Promise<void> {
  const workloads = await loadWorkloads(plan)
  if (plan.calibrationAddon !== undefined)
    callCalibration(createRequire(import.meta.url)(plan.calibrationAddon))
  for (const workload of workloads) await runOne(workload)
  control.mark('end', markKind.programEnd)
  report({ phase: 'done' })
  // A workload may leave servers, timers and workers behind; what they hold is not the question here.
  process.exit(0)
}

async function runOne(workload: LoadedWorkload): Promise<void> {
  const { name } = workload
  const outcome: WorkloadOutcome = {
    name,
    operationsPerRound: plan.operationsPerRound ?? workload.operationsPerRound ?? 0,
    roundCount: plan.rounds ?? workload.rounds ?? 0,
    roundsDone: 0,
    warmupOperations: 0,
  }
  result.workloads.push(outcome)
  report({ phase: 'setup', workload: name })
  await workload.setup()
  try {
    if (plan.profileMs === undefined) await drive(workload, outcome)
    else await driveForProfile(workload, outcome, plan.profileMs)
  } catch (thrown) {
    outcome.error = describeThrown(thrown)
    report({})
    // Files, servers and the like are to be cleaned up all the same; the first error is the one that counts.
    await workload.teardown().catch(() => {})
    process.exit(1)
  }
  report({ phase: 'teardown' })
  await workload.teardown()
}

async function drive(workload: LoadedWorkload, outcome: WorkloadOutcome): Promise<void> {
  report({ phase: 'warm-up' })
  const schedule = await warmUp(workload, {
    operationsPerRound: plan.operationsPerRound ?? workload.operationsPerRound,
    rounds: plan.rounds ?? workload.rounds,
    warmupOperations: plan.warmupOperations ?? workload.warmupOperations,
  })
  outcome.operationsPerRound = schedule.operationsPerRound
  outcome.roundCount = schedule.rounds
  outcome.warmupOperations = schedule.warmupOperations
  await runRounds(workload, schedule, outcome)
}

/** Warm first, so that the profile is of the code that runs for hours and not of its compilation. */
async function driveForProfile(
  workload: LoadedWorkload,
  outcome: WorkloadOutcome,
  profileMs: number,
): Promise<void> {
  report({ phase: 'warm-up' })
  const schedule = await warmUp(workload, {
    operationsPerRound: plan.operationsPerRound ?? workload.operationsPerRound,
    rounds: 3,
    warmupOperations: plan.warmupOperations ?? workload.warmupOperations,
  })
  outcome.warmupOperations = schedule.warmupOperations
  // A tenth of a round at a time: the end is looked for in between.
  const batch = Math.max(1, Math.ceil(schedule.operationsPerRound / 10))
  outcome.operationsPerRound = batch
  report({ phase: 'round', round: 1 })
  control.profile.start()
  await control.profile.range(workload.name, async () => {
    const endMs = performance.now() + profileMs
    while (performance.now() < endMs) {
      await workload.operations(batch)
      outcome.roundsDone++
    }
  })
  control.profile.stop()
  outcome.roundCount = outcome.roundsDone
}

async function runRounds(
  workload: LoadedWorkload,
  { operationsPerRound, rounds }: RoundSchedule,
  outcome: WorkloadOutcome,
): Promise<void> {
  // The report is written before the process is brought to rest, so that what writing leaves behind is collected.
  report({ phase: 'round', round: 1 })
  await settle()
  control.jsHeap()
  control.mark(workload.name, markKind.warmupEnd)
  for (let round = 1; round <= rounds; round++) {
    control.mark(workload.name, markKind.roundBegin)
    await workload.operations(operationsPerRound)
    outcome.roundsDone = round
    report({ round: Math.min(round + 1, rounds) })
    await settle()
    control.jsHeap()
    control.mark(workload.name, markKind.roundEnd)
  }
}

function report(change: Partial<WorkloadResult>): void {
  Object.assign(result, change)
  writeResult(plan.resultPath, result)
}

function fail(thrown: unknown): never {
  failStep(plan.resultPath, result, thrown)
}
