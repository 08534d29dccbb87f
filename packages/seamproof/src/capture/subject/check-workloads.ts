/** The runner under a checker. Usage: node check-workloads.js PLAN.json. Unlike track's runner it lets the process end by itself. */
import { appendFileSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Checkpoint, checkpointFile } from './check-plan.js'
import { type CheckEffort, warmUpForCheck } from './check-schedule.js'
import { type LoadedWorkload, loadWorkloads } from './loaded-workload.js'
import { settle } from './settle.js'
import { failStep, writeResult } from './step-report.js'
import { describeThrown } from './workload-error.js'
import type { WorkloadOutcome, WorkloadPlan, WorkloadResult } from './workload-plan.js'

export interface CheckWorkloadPlan extends WorkloadPlan {
  folder: string
  effort: CheckEffort
  probePath?: string
  /** Leaks are asked for after each round. */
  mustCheckLeaks: boolean
  /** Workloads that an earlier process of this run has done, or that ended it. */
  skip: string[]
  /** Logs of those earlier processes. */
  finishedLogs: string[]
}

interface Probe {
  checkLeaks(): string
}

/** Timers and servers that a workload leaves behind would keep the process alive; after this time it is ended. */
const lingerMs = 5000

const plan = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as CheckWorkloadPlan
const result: WorkloadResult = { formatVersion: 1, phase: 'loading', workloads: [] }
const probe = loadProbe()

process.argv = [process.argv[0]!, plan.modulePath]
process.on('uncaughtException', fail)

report({})
await runAll().catch(fail)

async function runAll(): Promise<void> {
  const workloads = await loadWorkloads(plan)
  report({ names: workloads.map(({ name }) => name) })
  for (const workload of workloads.filter(({ name }) => !plan.skip.includes(name)))
    await runOne(workload)
  report({ phase: 'done' })
  await settle(plan.effort.collections)
  setTimeout(() => {
    report({ didLinger: true })
    process.exit(0)
  }, lingerMs).unref()
}

async function runOne(workload: LoadedWorkload): Promise<void> {
  const outcome: WorkloadOutcome = {
    name: workload.name,
    operationsPerRound: 0,
    roundCount: 0,
    roundsDone: 0,
    warmupOperations: 0,
  }
  result.workloads.push(outcome)
  report({ phase: 'setup', workload: workload.name })
  checkpoint(outcome, 'begin', 0)
  await workload.setup()
  try {
    await drive(workload, outcome)
  } catch (thrown) {
    outcome.error = describeThrown(thrown)
    report({})
  }
  report({ phase: 'teardown' })
  await workload.teardown().catch((thrown: unknown) => {
    outcome.error ??= describeThrown(thrown)
  })
  checkpoint(outcome, 'end', 0)
}

async function drive(workload: LoadedWorkload, outcome: WorkloadOutcome): Promise<void> {
  report({ phase: 'warm-up' })
  const wishes = {
    operationsPerRound: plan.operationsPerRound,
    rounds: plan.rounds,
    warmupOperations: plan.warmupOperations,
  }
  const schedule = await warmUpForCheck(workload, wishes, plan.effort)
  outcome.operationsPerRound = schedule.operationsPerRound
  outcome.roundCount = schedule.rounds
  outcome.warmupOperations = schedule.warmupOperations
  // The first check of a process allocates for itself; the second is the baseline.
  if (result.workloads.length === 1) {
    checkLeaks()
    checkpoint(outcome, 'settling', 0)
  }
  report({ phase: 'round', round: 1 })
  await settle(plan.effort.collections)
  checkLeaks()
  checkpoint(outcome, 'warm', 0)
  for (let round = 1; round <= schedule.rounds; round++) {
    await workload.operations(schedule.operationsPerRound)
    outcome.roundsDone = round
    report({ round: Math.min(round + 1, schedule.rounds) })
    await settle(plan.effort.collections)
    checkLeaks()
    checkpoint(outcome, 'round', round)
  }
}

function checkLeaks(): void {
  if (plan.mustCheckLeaks) probe?.checkLeaks()
}

/** How long the logs are at this moment says later which report belongs where. */
function checkpoint(outcome: WorkloadOutcome, kind: Checkpoint['kind'], round: number): void {
  const logBytes: Checkpoint['logBytes'] = {}
  for (const name of readdirSync(plan.folder))
    if (name.startsWith('log.') && !plan.finishedLogs.includes(name))
      logBytes[name] = statSync(join(plan.folder, name)).size
  const { name: workload, operationsPerRound, warmupOperations, roundsDone } = outcome
  const operationsDone = warmupOperations + roundsDone * operationsPerRound
  const line: Checkpoint = {
    workload,
    kind,
    pid: process.pid,
    round,
    operationsPerRound,
    operationsDone,
    logBytes,
  }
  appendFileSync(join(plan.folder, checkpointFile), `${JSON.stringify(line)}\n`)
}

function loadProbe(): Probe | undefined {
  if (plan.probePath === undefined) return undefined
  const module = { exports: {} as Probe }
  try {
    process.dlopen(module, plan.probePath)
    return module.exports
  } catch {
    return undefined
  }
}

function report(change: Partial<WorkloadResult>): void {
  Object.assign(result, change)
  writeResult(plan.resultPath, result)
}

function fail(thrown: unknown): never {
  failStep(plan.resultPath, result, thrown)
}
