import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ExitCode, SeamproofError } from '../../base/seamproof-error.js'
import type { BenchResult } from '../../contract/bench-samples.js'
import { runSubject, type SubjectRun } from '../run-subject.js'
import type { BenchPlan, BenchProcessResult } from '../subject/bench-plan.js'
import { workloadFault } from '../workload-fault.js'
import type { BenchArm, PreparedFile } from './bench-arm.js'

export interface BenchProcessOptions {
  arm: BenchArm
  file: PreparedFile
  /** Tells the processes of one file and side apart: `closed-3`. */
  name: string
  plan: Omit<BenchPlan, 'modulePath' | 'defaultName' | 'resultPath'>
  nodePath: string
  nodeFlags: readonly string[]
  /** What starts Node: `valgrind --tool=callgrind …`; nothing when absent. */
  launcher?: readonly string[]
  env: NodeJS.ProcessEnv
  timeoutMs: number
}

const runner = fileURLToPath(new URL('../subject/bench-workloads.js', import.meta.url))

/** One process of a bench, to its end; what it measured. What kept it from that is an error that names the workload. */
export async function runBenchProcess<Mode extends BenchResult['mode']>(
  options: BenchProcessOptions & { plan: { benchMode: Mode } },
): Promise<Extract<BenchResult, { mode: Mode }>> {
  const { file, arm } = options
  const folder = join(file.folder, 'processes')
  mkdirSync(folder, { recursive: true })
  const resultPath = join(folder, `${options.name}.json`)
  const planPath = join(folder, `${options.name}.plan.json`)
  const plan: BenchPlan = {
    ...options.plan,
    modulePath: file.modulePath,
    defaultName: file.file.name,
    resultPath,
  }
  writeFileSync(planPath, `${JSON.stringify(plan, null, 2)}\n`)
  const [command, ...args] = [
    ...(options.launcher ?? []),
    options.nodePath,
    ...options.nodeFlags,
    runner,
    planPath,
  ]
  const run = await runSubject({
    command: command!,
    args,
    cwd: arm.cwd,
    env: benchEnvironment(options.env, arm.env),
    timeoutMs: options.timeoutMs,
    isStdoutOurs: true,
  })
  const result = readResult(resultPath)
  assertDone(options, run, result)
  return result!.bench as Extract<BenchResult, { mode: Mode }>
}

/** Nothing that records; and no certificate bundle, which costs 400,000 allocations at the start. */
function benchEnvironment(
  user: NodeJS.ProcessEnv,
  changes: BenchArm['env'],
): Record<string, string> {
  const merged: NodeJS.ProcessEnv = { ...user, ...changes }
  for (const name of ['NODE_EXTRA_CA_CERTS', 'SEAMPROOF_CAPTURE', 'SEAMPROOF_LAYER'])
    delete merged[name]
  return Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

function readResult(path: string): BenchProcessResult | undefined {
  return existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as BenchProcessResult)
    : undefined
}

function assertDone(
  { file, timeoutMs }: BenchProcessOptions,
  run: SubjectRun,
  result: BenchProcessResult | undefined,
): void {
  if (run.exit.signal === 'SIGINT')
    throw new SeamproofError('INTERRUPTED', 'interrupted; nothing was compared', {
      exitCode: ExitCode.failed,
      hint: 'start it again; it needs to come to its end',
    })
  const fault = workloadFault({ file: file.file, captureDir: file.folder, run, result, timeoutMs })
  if (fault !== undefined) throw fault
}
