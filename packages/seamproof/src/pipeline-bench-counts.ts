import { join } from 'node:path'
import { median } from 'simple-statistics'
import { type AllocatingFunction, allocationRates } from './analyze/bench/allocation-rates.js'
import { type MeasuredWorkload, toMeasurement } from './analyze/bench/closed-loop-measurements.js'
import { crossingMeasurements, type LayerRun } from './analyze/bench/crossing-measurements.js'
import type { BenchArm, PreparedFile } from './capture/bench/bench-arm.js'
import { callgrindName, countInstructions } from './capture/bench/callgrind.js'
import type { BenchSetting } from './capture/bench/take-turns.js'
import { traceFilesIn } from './capture/capture-directory.js'
import { captureWorkload, type WorkloadCapture } from './capture/capture-workload.js'
import type { ClosedLoopResult } from './contract/bench-samples.js'
import type { LayerCrossing } from './contract/layer.js'
import type { Evidence, Measurement } from './contract/measurement.js'
import { readCapture } from './pipeline-capture.js'
import { readSymbolTable } from './symbols/symbolize-capture.js'
import { openTrace } from './trace/open-trace.js'

/** One workload on one side, to be counted: in processes of their own, with instruments that would spoil any timing. */
export interface CountedWorkload {
  arm: BenchArm
  file: PreparedFile
  workload: MeasuredWorkload
  /** What it can do, to choose how many operations are counted. */
  operationsPerS: number
  setting: BenchSetting
  subjectModules?: readonly string[] | undefined
  /** How often a workload runs under the layer to time its crossings; counts are the same each time. */
  layerRepetitions: number
  reproduce: string
  /** Number of the workload in its file. */
  index: number
}

const allocationRounds = 5
/** Rarer than once in a hundred operations: nothing that a pool would be felt by. */
const allocationsMin = 0.01
const layerRounds = 3

/** What a workload's functions allocate, to be multiplied with what an allocation costs. */
export interface CountedAllocations {
  workload: MeasuredWorkload
  evidence: Evidence
  functions: AllocatingFunction[]
}

/** Allocations per operation, counted by the agent in rounds; the rounds are the samples. */
export async function countAllocations(
  counted: CountedWorkload,
  keep: (allocations: CountedAllocations) => void = () => undefined,
): Promise<Measurement[]> {
  const operations = operationsFor(counted.operationsPerS, 0.05)
  const run = await capture(counted, 'allocations', {
    operationsPerRound: operations,
    rounds: allocationRounds,
    warmupOperations: operations * 2,
  })
  if (run.fault !== undefined) throw run.fault
  await readCapture(run.captureDir, { subjectModules: counted.subjectModules })
  const rates = ratesOf(run.captureDir, operations)
  if (rates === undefined) return []
  const evidence = evidenceOf(counted, 'allocations')
  const functions = rates.functions.filter(({ counts }) => median(counts) >= allocationsMin)
  keep({ workload: counted.workload, evidence, functions })
  const make = (metric: string, unit: Measurement['unit'], values: number[]) =>
    toMeasurement({ metric, unit, values }, counted.workload, evidence)
  return [
    make('native allocations', 'allocations/op', rates.subjectCounts),
    make('native bytes allocated', 'B/op', rates.subjectBytes),
    ...functions.map(({ functionName, counts }) =>
      toMeasurement(
        {
          metric: 'allocations by function',
          unit: 'allocations/op',
          values: counts,
          detail: functionName,
        },
        counted.workload,
        evidence,
      ),
    ),
  ]
}

function ratesOf(captureDir: string, operations: number) {
  const symbols = readSymbolTable(captureDir)
  for (const name of traceFilesIn(captureDir)) {
    const names = symbols?.traces.find((one) => one.traceFile === name)
    if (names === undefined) continue
    const trace = openTrace(join(captureDir, name))
    try {
      const [rates] = allocationRates(trace, names, operations)
      if (rates !== undefined) return rates
    } finally {
      trace.close()
    }
  }
  return undefined
}

/** Crossings per exported function, from two runs under the seam layer. */
export async function countCrossings(
  counted: CountedWorkload,
  processes: readonly ClosedLoopResult[],
): Promise<Measurement[]> {
  const operations = operationsFor(counted.operationsPerS, 0.02)
  const { calibrationAddon } = counted.setting
  const run = async (name: string, perRound: number) => {
    const schedule = {
      operationsPerRound: perRound,
      rounds: layerRounds,
      warmupOperations: perRound,
    }
    const captured = await capture(
      counted,
      name,
      { ...schedule, calibrationAddon },
      layerEnvironment,
    )
    if (captured.fault !== undefined) throw captured.fault
    return {
      operations: perRound * (layerRounds + 1),
      crossings: await crossingsOf(captured.captureDir, counted),
    }
  }
  const short = await run('crossings-short', operations)
  const long: LayerRun[] = []
  for (let repetition = 1; repetition <= counted.layerRepetitions; repetition++)
    long.push(await run(`crossings-${repetition}`, operations * 3))
  return crossingMeasurements(
    { short, long, calibrationAddonPath: calibrationAddon },
    processes,
    counted.workload,
    evidenceOf(counted, 'crossings-1'),
  )
}

const layerEnvironment = { SEAMPROOF_LAYER: '1' }

async function crossingsOf(
  captureDir: string,
  { subjectModules }: CountedWorkload,
): Promise<LayerCrossing[]> {
  const { facts } = await readCapture(captureDir, { subjectModules })
  return facts.processes.flatMap((one) => one.layer?.crossings ?? [])
}

/** Instructions of one operation: the slope between two runs, so that start-up and shut-down fall out. */
export async function countOperationInstructions(
  counted: CountedWorkload,
  crossingsPerOperation: number | undefined,
): Promise<Measurement[]> {
  const { arm, file, workload, setting, index } = counted
  const extra = operationsFor(counted.operationsPerS, 0.01)
  const short = await countInstructions(arm, file, workload.name, 20, setting, index)
  const long = await countInstructions(arm, file, workload.name, 20 + extra, setting, index)
  const evidence: Evidence = {
    kind: 'raw',
    path: evidencePath(file, arm, `${callgrindName(index, long.operations)}.out`),
    reproduce: counted.reproduce,
  }
  const perOperation = (pick: (counts: typeof long) => number) =>
    (pick(long) - pick(short)) / (long.operations - short.operations)
  const subject = perOperation((counts) => counts.subject)
  const make = (metric: string, unit: Measurement['unit'], value: number, detail?: string) =>
    toMeasurement(
      { metric, unit, values: [value], ...(detail === undefined ? {} : { detail }) },
      workload,
      evidence,
    )
  return [
    make(
      'instructions per operation',
      'instructions/op',
      perOperation((counts) => counts.all),
    ),
    make('instructions per operation', 'instructions/op', subject, 'native code of the subject'),
    ...(crossingsPerOperation
      ? [make('instructions per crossing', 'instructions/call', subject / crossingsPerOperation)]
      : []),
  ]
}

interface Schedule {
  operationsPerRound: number
  rounds: number
  warmupOperations: number
  calibrationAddon?: string
}

async function capture(
  { arm, file, workload, setting, index }: CountedWorkload,
  name: string,
  schedule: Schedule,
  environment: Record<string, string> = {},
): Promise<WorkloadCapture> {
  setting.onStep?.(`counting ${name.replace('-', ' ')}: ${workload.name}`)
  const env = { ...setting.env, ...arm.env, ...environment }
  return await captureWorkload({
    file: file.shown,
    cwd: arm.cwd,
    env,
    mode: 'aggregate',
    isExact: false,
    outDir: join(file.folder, `${name}-${index + 1}`),
    isForced: true,
    nodePath: setting.nodePath,
    timeoutMs: setting.timeoutMs,
    only: workload.name,
    ...schedule,
  })
}

function evidenceOf({ arm, file, index, reproduce }: CountedWorkload, name: string): Evidence {
  return {
    kind: 'capture',
    path: evidencePath(file, arm, `${name}-${index + 1}`),
    reproduce,
  }
}

/** Relative to the run's folder. */
function evidencePath(file: PreparedFile, arm: BenchArm, name: string): string {
  return join(arm.name, file.folder.slice(file.folder.lastIndexOf('/') + 1), name)
}

/** As many operations as run in a part of a second, a round number of them. */
function operationsFor(operationsPerS: number, seconds: number): number {
  const wanted = Math.min(2000, Math.max(5, operationsPerS * seconds))
  const power = 10 ** Math.floor(Math.log10(wanted))
  return Math.max(5, Math.floor(wanted / power) * power)
}
