/** The runner of a bench: one process, one way of measuring. Usage: node bench-workloads.js PLAN.json */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Ticker } from '@seamproof/agent/ticker'
import type { BenchResult } from '../../contract/bench-samples.js'
import type { BenchPlan, BenchProcessResult } from './bench-plan.js'
import { measureInTurns, SliceClock } from './bench-slices.js'
import type { CalibrationCrossings } from './calibration.js'
import { runClosedLoop } from './closed-loop.js'
import { measureHeapBytes } from './heap-bytes.js'
import { runLatency } from './latency-run.js'
import { type LoadedWorkload, loadWorkloads } from './loaded-workload.js'
import { writeResult } from './step-report.js'
import { describeThrown } from './workload-error.js'

const require = createRequire(import.meta.url)
const plan = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as BenchPlan
const result: BenchProcessResult = { formatVersion: 1, phase: 'loading', workloads: [] }

process.argv = [process.argv[0]!, plan.modulePath]
process.on('uncaughtException', fail)
report({})
await runAll().catch(fail)

async function runAll(): Promise<void> {
  if (plan.benchMode === 'allocations') {
    report({ phase: 'done', bench: await timeAllocations() })
    process.exit(0)
  }
  const workloads = await loadWorkloads(plan)
  for (const workload of workloads) {
    result.workloads.push({
      name: workload.name,
      operationsPerRound: 0,
      roundCount: 0,
      roundsDone: 0,
      warmupOperations: 0,
    })
    report({ phase: 'setup', workload: workload.name })
    await workload.setup()
  }
  report({ phase: 'round', round: 1, workload: workloads.map(({ name }) => name).join(', ') })
  const bench = await measure(workloads)
  report({ phase: 'teardown' })
  for (const workload of workloads) await workload.teardown()
  report({ phase: 'done', bench })
  process.exit(0)
}

async function measure(workloads: LoadedWorkload[]): Promise<BenchResult> {
  const { benchMode, measureMs = 1000 } = plan
  if (benchMode === 'heap') return await measureHeapBytes(workloads)
  if (benchMode === 'count') return await count(workloads)
  const { loadTicker } = require('@seamproof/agent/ticker') as {
    loadTicker(library: string): Ticker
  }
  const ticker = loadTicker(plan.agentLibrary)
  if (benchMode === 'open') {
    const { ratePerS = {}, isRealtime = false } = plan
    return await runLatency(workloads, { ticker, measureMs, ratePerS, isRealtime })
  }
  // A copy: calls through the addon's own exports, a dictionary, cost more than calls of a constant.
  const crossings = { ...(require(plan.calibrationAddon) as CalibrationCrossings) }
  return await runClosedLoop(workloads, new SliceClock(ticker), crossings, measureMs)
}

async function timeAllocations(): Promise<BenchResult> {
  const { measureMs = 200, sizesBytes = [] } = plan
  const { loadTicker } = require('@seamproof/agent/ticker') as {
    loadTicker(library: string): Ticker
  }
  const { allocatePairs } = require(plan.calibrationAddon) as CalibrationCrossings
  const cases = sizesBytes.map((bytes) => ({
    burst: (count: number) => allocatePairs(bytes, count),
  }))
  const clock = new SliceClock(loadTicker(plan.agentLibrary))
  const slices = await measureInTurns(cases, clock, measureMs)
  return {
    mode: 'allocations',
    sizes: sizesBytes.map((bytes, index) => ({ bytes, slices: slices[index]! })),
  }
}

/** Nothing is warmed up: two runs of different lengths are compared, and what comes once falls out. */
async function count(workloads: LoadedWorkload[]): Promise<BenchResult> {
  const { operations = 1 } = plan
  for (const workload of workloads) await workload.burst(operations)
  return { mode: 'count', name: workloads[0]!.name, operations }
}

function report(change: Partial<BenchProcessResult>): void {
  Object.assign(result, change)
  writeResult(plan.resultPath, result)
}

function fail(thrown: unknown): never {
  report({ error: describeThrown(thrown) })
  process.exit(1)
}
