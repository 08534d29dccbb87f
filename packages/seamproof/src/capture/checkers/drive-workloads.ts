import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runSubject, type SubjectRun } from '../run-subject.js'
import type { CheckWorkloadPlan } from '../subject/check-workloads.js'
import type { WorkloadResult } from '../subject/workload-plan.js'
import { findSubjectExecutable } from '../subject-executable.js'
import { bundleWorkload } from '../workload-bundle.js'
import { workloadFault } from '../workload-fault.js'
import { findWorkloadFile, type WorkloadFile } from '../workload-file.js'
import { javaScriptNameFlags } from './check-environment.js'
import { checkedStart } from './checked-start.js'
import { majorOf } from './drive-program.js'
import { type Drive, type Driven, outputFile } from './run-check.js'

const watchEveryMs = 300
const runnerPath = fileURLToPath(new URL('../subject/check-workloads.js', import.meta.url))

/**
 * All workloads of a file in one process: a start under valgrind takes seconds. Where one of them ends the process, the others
 * go on in the next.
 */
export async function driveWorkloads(drive: Drive): Promise<Driven> {
  const { options, folder } = drive
  const file = findWorkloadFile(options.file!, options.cwd)
  const node = findSubjectExecutable(options.nodePath ?? process.execPath, options)
  const bundleDir = join(folder, 'workload')
  mkdirSync(bundleDir, { recursive: true })
  const modulePath = file.mustBundle ? await bundleWorkload(file.path, bundleDir) : file.path
  const driven: Driven = {
    nodePath: node.path,
    target: options.file!,
    pids: [],
    workloads: [],
    exits: [],
    notes: [],
  }
  const skip: string[] = []
  for (let turn = 1; ; turn++) {
    const process = await runProcess(drive, { file, nodePath: node.path, modulePath, skip, turn })
    const { run, result } = process
    driven.pids.push(run.pid)
    driven.exits.push(run.exit)
    driven.workloads = result?.names ?? driven.workloads
    noteEnding(driven, drive, file, process)
    const isDone = result === undefined || result.phase === 'done' || result.phase === 'loading'
    const started = result?.workloads.map(({ name }) => name) ?? []
    skip.push(...started)
    if (isDone || run.didTimeOut || started.length === 0) return driven
    if (driven.workloads.every((name) => skip.includes(name))) return driven
  }
}

interface WorkloadProcess {
  run: SubjectRun
  result: WorkloadResult | undefined
}

interface ProcessQuestion {
  file: WorkloadFile
  nodePath: string
  modulePath: string
  skip: readonly string[]
  turn: number
}

async function runProcess(drive: Drive, question: ProcessQuestion): Promise<WorkloadProcess> {
  const { checker, options, folder } = drive
  const { nodePath, turn } = question
  const resultPath = join(folder, `workload-result-${turn}.json`)
  const { launch, env, probePath } = checkedStart(drive, { isWorkload: true, isNode: true })
  const planPath = writePlan(drive, question, resultPath, probePath)
  const line = [
    ...launch.wrapper,
    nodePath,
    ...launch.nodeFlags,
    ...javaScriptNameFlags(majorOf(nodePath), folder),
    runnerPath,
    planPath,
  ]
  const stopWatching = watchSteps(checker.name, resultPath, options.onStep)
  const run = await runSubject({
    command: line[0]!,
    args: line.slice(1),
    cwd: options.cwd,
    env,
    timeoutMs: options.timeoutMs,
    outputFile: join(folder, outputFile),
  }).finally(stopWatching)
  return { run, result: readResult(resultPath) }
}

function writePlan(
  { checker, options, folder, canTraceProcesses }: Drive,
  { file, modulePath, skip, turn }: ProcessQuestion,
  resultPath: string,
  probePath: string | undefined,
): string {
  const { rounds, operations, only } = options
  const plan: CheckWorkloadPlan = {
    modulePath,
    defaultName: file.name,
    resultPath,
    folder,
    effort: checker.effort,
    mustCheckLeaks: checker.seesLeaks && canTraceProcesses,
    skip: [...skip],
    finishedLogs: readdirSync(folder).filter((name) => name.startsWith('log.')),
    ...(probePath === undefined ? {} : { probePath }),
    ...(only === undefined ? {} : { only }),
    ...(rounds === undefined ? {} : { rounds }),
    ...(operations === undefined ? {} : { operationsPerRound: operations }),
  }
  const path = join(folder, `workload-plan-${turn}.json`)
  writeFileSync(path, `${JSON.stringify(plan, null, 2)}\n`)
  return path
}

/** What went otherwise than it should; the first is what the run is said to have failed of. */
function noteEnding(
  driven: Driven,
  { options, folder }: Drive,
  file: WorkloadFile,
  { run, result }: WorkloadProcess,
): void {
  if (result?.didLinger)
    driven.notes.push(
      'what the workloads left running (timers, servers, workers) kept the process alive; it was ended, and leaks that show only at the end are missed',
    )
  const ending = { file, captureDir: folder, run, result, timeoutMs: options.timeoutMs }
  const thrown = result?.workloads.find(({ error }) => error !== undefined)
  const fault = workloadFault(
    thrown === undefined
      ? ending
      : { ...ending, result: { ...result!, phase: 'round', workload: thrown.name } },
  )
  if (fault === undefined) {
    // All workloads were done, and the checker was still at its last look when the time was up.
    if (run.didTimeOut)
      driven.failure ??= {
        cause: 'subject-not-driven',
        reason: `the process was stopped after ${options.timeoutMs / 1000} s, before it had ended by itself; allow more with --timeout`,
      }
    return
  }
  const output = lastOutput(folder)
  driven.failure ??= {
    cause: 'subject-not-driven',
    reason: `${fault.message}${result === undefined && output !== '' ? `; it said: ${output}` : ''}; see ${join(folder, outputFile)}`,
  }
}

function lastOutput(folder: string): string {
  try {
    return readFileSync(join(folder, outputFile), 'utf8').trim().split('\n').slice(-3).join(' / ')
  } catch {
    return ''
  }
}

function watchSteps(
  checker: string,
  resultPath: string,
  onStep: ((text: string) => void) | undefined,
): () => void {
  if (onStep === undefined) return () => {}
  const timer = setInterval(() => {
    const { phase, workload, round, workloads } = readResult(resultPath) ?? {}
    if (workload === undefined) return onStep(`${checker}: starting`)
    const roundCount = workloads?.at(-1)?.roundCount
    onStep(
      `${checker}: ${workload}: ${phase === 'round' ? `round ${round} of ${roundCount}` : phase}`,
    )
  }, watchEveryMs)
  return () => clearInterval(timer)
}

function readResult(path: string): WorkloadResult | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as WorkloadResult) : undefined
}
