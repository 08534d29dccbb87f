/** The runner of a soak, inside the subject. Usage: node run-soak.js PLAN.json, with a channel to the parent. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Ticker } from '@seamproof/agent/ticker'
import { IntervalMeter } from './interval-meter.js'
import { type LoadedWorkload, loadWorkloads, WorkloadComplaint } from './loaded-workload.js'
import { markKind } from './mark-kinds.js'
import { OpenLoop } from './open-loop.js'
import { takeRealtime } from './realtime.js'
import { settle } from './settle.js'
import type { SoakCommand, SoakMessage, SoakPlan } from './soak-plan.js'
import { describeThrown } from './workload-error.js'

interface Control {
  mark(name: string, kind: number): void
  jsHeap(): void
  stats(name: string): number
}
/** Asynchronous operations that are under way when a round ends may take this long to come to rest. */
const drainMs = 5000

const require = createRequire(import.meta.url)
const plan = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as SoakPlan
const control = require('@seamproof/agent/control') as Control
const { loadTicker } = require('@seamproof/agent/ticker') as {
  loadTicker(library: string): Ticker
}

let phase = 'loading'
let current: string | undefined
let isStopped = false
let goOn: (() => void) | undefined

process.argv = [process.argv[0]!, plan.modulePath]
process.on('uncaughtException', fail)
// Without its parent nobody would end this load.
process.on('disconnect', () => process.exit(1))
process.on('message', (command: SoakCommand) => {
  if (command === 'stop') isStopped = true
  else goOn?.()
})
// Ctrl-C goes to the whole group: the parent decides what it means.
process.on('SIGINT', () => {})

await main().catch(fail)

async function main(): Promise<void> {
  const workloads = await loadWorkloads({
    modulePath: plan.modulePath,
    defaultName: plan.defaultName,
    resultPath: '',
  })
  const chosen = chooseWorkloads(workloads)
  for (const workload of chosen) {
    phase = 'setup'
    current = workload.name
    await workload.setup()
  }
  current = undefined
  const ticker = loadTicker(plan.library)
  const scheduling = takeRealtime(ticker, plan.realtimePriority)
  tell({
    type: 'ready',
    workloads: chosen.map((one) => one.name),
    nodeVersion: process.version,
    scheduling,
  })
  const loop = new OpenLoop(takeTurns(chosen), {
    ratePerS: plan.ratePerS,
    periodUs: plan.periodUs,
    ticker,
  })
  await drive(loop, chosen.map((one) => one.name).join(' + '))
  phase = 'teardown'
  for (const workload of chosen) await workload.teardown()
  await tellAndWait({ type: 'done', isStopped })
  process.exit(0)
}

async function drive(loop: OpenLoop, name: string): Promise<void> {
  const meter = new IntervalMeter(loop, control, plan.countsPaths)
  phase = 'warm-up'
  loop.onTick = () => {
    if (meter.ageMs >= plan.intervalMs)
      tell({ type: 'interval', ...meter.take(phase === 'warm-up') })
    if (isStopped) loop.stop()
  }
  const run = async (forMs: number) => {
    meter.loadBegins()
    await loop.run(forMs)
    meter.loadEnds()
  }
  await run(plan.warmupMs)
  tell({ type: 'interval', ...meter.take(true) })
  const doneBefore = loop.counts.completedCount
  const rest = async (kind: number) => {
    const sinceMs = performance.now()
    await loop.drain(drainMs)
    await settle()
    control.jsHeap()
    control.mark(name, kind)
    const operationCount = loop.counts.completedCount - doneBefore
    const memory = meter.memoryNow()
    const went = new Promise<void>((resolve) => {
      goOn = resolve
    })
    tell({ type: 'rest', operationCount, pausedMs: performance.now() - sinceMs, memory })
    await went
  }
  loop.forgive()
  await settle()
  await rest(markKind.warmupEnd)
  phase = 'load'
  meter.take(false)
  for (let round = 1; round <= plan.roundCount && !isStopped; round++) {
    control.mark(name, markKind.roundBegin)
    await run(plan.roundMs)
    if (round === plan.roundCount || isStopped) loop.settleDebt()
    await rest(markKind.roundEnd)
  }
  tell({ type: 'interval', ...meter.take(false) })
  control.mark('end', markKind.programEnd)
}

function chooseWorkloads(all: LoadedWorkload[]): LoadedWorkload[] {
  const { only } = plan
  const names = all.map((one) => `"${one.name}"`).join(', ')
  if (only === undefined) {
    if (all.length === 1 || plan.isAll) return all
    throw new WorkloadComplaint(
      `the file declares ${all.length} workloads; say which with --only (given twice, their operations take turns): ${names}`,
    )
  }
  return only.map((name) => {
    const found = all.find((one) => one.name === name)
    if (found !== undefined) return found
    throw new WorkloadComplaint(`there is no workload "${name}"; the file declares ${names}`)
  })
}

function takeTurns(workloads: readonly LoadedWorkload[]): () => unknown {
  if (workloads.length === 1) return workloads[0]!.operation
  let turn = 0
  return () => {
    turn = turn + 1 === workloads.length ? 0 : turn + 1
    return workloads[turn]!.operation()
  }
}

function tell(message: SoakMessage): void {
  process.send?.(message)
}

function tellAndWait(message: SoakMessage): Promise<void> {
  return new Promise((resolve) => {
    process.send!(message, undefined, undefined, () => resolve())
  })
}

function fail(thrown: unknown): never {
  const error = describeThrown(thrown)
  // The channel is written to at once; a message this short is never cut.
  tell({ type: 'threw', error, phase, ...(current === undefined ? {} : { workload: current }) })
  process.exit(1)
}
