import type {
  AllocationTimes,
  BenchResult,
  ClosedLoopResult,
  OpenLoopResultFile,
} from '../../contract/bench-samples.js'
import type { BenchArm, PreparedFile } from './bench-arm.js'
import { runBenchProcess } from './bench-process.js'

/** What all processes of a bench have in common. */
export interface BenchSetting {
  agentLibrary: string
  calibrationAddon: string
  nodePath: string
  env: NodeJS.ProcessEnv
  timeoutMs: number
  only?: string | undefined
  patterns?: readonly string[] | undefined
  onStep?: ((text: string) => void) | undefined
}

/** Optimised code is made at once instead of whenever another thread gets a processor: what is measured is the same. */
const steadyFlags = ['--expose-gc', '--no-concurrent-recompilation']
/** One young generation that holds all that is measured between two collections. */
const heapFlags = [...steadyFlags, '--min-semi-space-size=64', '--max-semi-space-size=64']

export interface ProcessRun<Result> {
  arm: string
  file: number
  round: number
  result: Result
}

export interface ClosedLoopTurns {
  arms: readonly BenchArm[]
  processCount: number
  measureMsPerProcess: number
}

/**
 * The process is the sample: memory lies otherwise in each, and V8 compiles otherwise. Processes of all files and all sides
 * take turns, each round beginning with another one, so that what changes with time changes all alike.
 */
export async function closedLoopTurns(
  { arms, processCount, measureMsPerProcess }: ClosedLoopTurns,
  setting: BenchSetting,
): Promise<ProcessRun<ClosedLoopResult>[]> {
  const runs: ProcessRun<ClosedLoopResult>[] = []
  for (let round = 0; round < processCount; round++) {
    setting.onStep?.(`timing: process ${round + 1} of ${processCount}`)
    await forAll(arms, round, async (arm, prepared, file) => {
      // The first process told that this file has none of the workloads that were asked for.
      if (runs.some((run) => run.file === file && run.result.workloads.length === 0)) return
      const result = await runOne(arm, prepared, setting, {
        mode: 'closed',
        name: `closed-${round + 1}`,
        measureMs: measureMsPerProcess,
      })
      runs.push({ arm: arm.name, file, round, result })
    })
  }
  return runs
}

export interface OpenLoopTurns extends ClosedLoopTurns {
  /** By file and name of the workload. */
  rates: readonly Record<string, number>[]
  isRealtime: boolean
}

export async function openLoopTurns(
  { arms, processCount, measureMsPerProcess, rates, isRealtime }: OpenLoopTurns,
  setting: BenchSetting,
): Promise<ProcessRun<OpenLoopResultFile>[]> {
  const runs: ProcessRun<OpenLoopResultFile>[] = []
  for (let round = 0; round < processCount; round++) {
    setting.onStep?.(`latency: process ${round + 1} of ${processCount}`)
    await forAll(arms, round, async (arm, prepared, file) => {
      const ratePerS = rates[file]!
      if (Object.keys(ratePerS).length === 0) return
      const result = await runOne(arm, prepared, setting, {
        mode: 'open',
        name: `open-${round + 1}`,
        measureMs: measureMsPerProcess,
        ratePerS,
        isRealtime,
      })
      runs.push({ arm: arm.name, file, round, result })
    })
  }
  return runs
}

export async function heapRun(arm: BenchArm, file: PreparedFile, setting: BenchSetting) {
  setting.onStep?.(`JavaScript heap: ${file.shown}`)
  return await runOne(arm, file, setting, { mode: 'heap', name: 'heap', nodeFlags: heapFlags })
}

/** What malloc and free of these sizes take, process by process. */
export async function allocationTurns(
  arm: BenchArm,
  sizesBytes: number[],
  processCount: number,
  setting: BenchSetting,
): Promise<AllocationTimes[]> {
  const results: AllocationTimes[] = []
  for (let round = 0; round < processCount; round++) {
    setting.onStep?.(`what an allocation costs: process ${round + 1} of ${processCount}`)
    const name = `malloc-${arm.name}-${round + 1}`
    results.push(
      await runOne(arm, arm.files[0]!, setting, {
        mode: 'allocations',
        name,
        measureMs: 40 * sizesBytes.length,
        sizesBytes,
      }),
    )
  }
  return results
}

async function forAll(
  arms: readonly BenchArm[],
  round: number,
  visit: (arm: BenchArm, file: PreparedFile, index: number) => Promise<void>,
): Promise<void> {
  const pairs = arms.flatMap((arm) => arm.files.map((file, index) => ({ arm, file, index })))
  for (let step = 0; step < pairs.length; step++) {
    const { arm, file, index } = pairs[(round + step) % pairs.length]!
    await visit(arm, file, index)
  }
}

interface OneRun<Mode> {
  mode: Mode
  name: string
  measureMs?: number
  ratePerS?: Record<string, number>
  isRealtime?: boolean
  sizesBytes?: number[]
  nodeFlags?: readonly string[]
}

function runOne<Mode extends BenchResult['mode']>(
  arm: BenchArm,
  file: PreparedFile,
  setting: BenchSetting,
  { mode, name, nodeFlags = steadyFlags, ...wishes }: OneRun<Mode>,
) {
  const { agentLibrary, calibrationAddon, only, patterns, nodePath, env, timeoutMs } = setting
  return runBenchProcess<Mode>({
    arm,
    file,
    name,
    plan: {
      benchMode: mode,
      agentLibrary,
      calibrationAddon,
      ...(only === undefined ? {} : { only }),
      ...(patterns === undefined ? {} : { patterns }),
      ...wishes,
    },
    nodePath,
    nodeFlags,
    env,
    timeoutMs,
  })
}
