import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { seamproofVersion } from '../base/seamproof-version.js'
import {
  type CaptureManifest,
  type CaptureMode,
  captureFormatVersion,
} from '../contract/capture.js'
import { assertTraced } from './assert-traced.js'
import { createCaptureDirectory, writeManifest } from './capture-directory.js'
import type { Capture } from './capture-program.js'
import { mapErrorStack, userStack } from './error-stack.js'
import { describeMachine } from './machine.js'
import { requireAgent } from './require-agent.js'
import { runSubject, type SubjectRun } from './run-subject.js'
import type { WorkloadPlan, WorkloadResult } from './subject/workload-plan.js'
import { subjectEnvironment } from './subject-environment.js'
import { findSubjectExecutable } from './subject-executable.js'
import { bundleWorkload } from './workload-bundle.js'
import { findWorkloadFile, type WorkloadFile } from './workload-file.js'

export interface CaptureWorkloadOptions {
  file: string
  cwd: string
  env: NodeJS.ProcessEnv
  mode: CaptureMode
  isExact: boolean
  outDir?: string | undefined
  isForced: boolean
  /** The Node that runs the workload; ours by default. */
  nodePath?: string | undefined
  /** The whole run: all workloads of the file. */
  timeoutMs: number
  only?: string | undefined
  rounds?: number | undefined
  operationsPerRound?: number | undefined
  warmupOperations?: number | undefined
  maxDepth?: number | undefined
  fileLimitBytes?: number | undefined
}

export interface WorkloadCapture extends Capture {
  /** Set when a workload did not come to its end: the capture is partial, and the error says what happened. */
  fault?: SeamproofError
}

export const workloadResultFile = 'workload-result.json'

/** Runs the workloads of one file in rounds, in a process of their own with the agent in it. */
export async function captureWorkload(options: CaptureWorkloadOptions): Promise<WorkloadCapture> {
  const file = findWorkloadFile(options.file, options.cwd)
  const node = findSubjectExecutable(options.nodePath ?? process.execPath, options)
  await requireAgent()
  const captureDir = createCaptureDirectory({ ...options, name: file.name, now: new Date() })
  const planPath = await writePlan(captureDir, file, options)
  const manifest = startManifest(file, node.path, options)
  writeManifest(captureDir, manifest)
  const run = await runSubject({
    command: node.path,
    args: [
      '--expose-gc',
      fileURLToPath(new URL('./subject/run-workloads.js', import.meta.url)),
      planPath,
    ],
    cwd: options.cwd,
    env: subjectEnvironment({ ...options, captureDir, isWorkload: true, userEnv: options.env }),
    timeoutMs: options.timeoutMs,
  })
  const result = readResult(captureDir)
  manifest.exit = run.exit
  manifest.wallMs = run.wallMs
  manifest.workloads = (result?.workloads ?? []).map(({ error, roundsDone, ...rest }) => ({
    ...rest,
    roundCount: roundsDone,
    ...(error === undefined ? {} : { error: `${error.message}\n${error.stack}` }),
  }))
  writeManifest(captureDir, manifest)
  assertTraced(captureDir, run.exit, node.path)
  const fault = describeFault(file, captureDir, run, result, options.timeoutMs)
  return {
    captureDir,
    manifest,
    didTimeOut: run.didTimeOut,
    ...(fault === undefined ? {} : { fault }),
  }
}

async function writePlan(
  captureDir: string,
  file: WorkloadFile,
  { only, rounds, operationsPerRound, warmupOperations }: CaptureWorkloadOptions,
): Promise<string> {
  const bundleDir = join(captureDir, 'workload')
  mkdirSync(bundleDir)
  const plan: WorkloadPlan = {
    modulePath: file.mustBundle ? await bundleWorkload(file.path, bundleDir) : file.path,
    defaultName: file.name,
    resultPath: join(captureDir, workloadResultFile),
    ...(only === undefined ? {} : { only }),
    ...(rounds === undefined ? {} : { rounds }),
    ...(operationsPerRound === undefined ? {} : { operationsPerRound }),
    ...(warmupOperations === undefined ? {} : { warmupOperations }),
  }
  const planPath = join(bundleDir, 'plan.json')
  writeFileSync(planPath, `${JSON.stringify(plan, null, 2)}\n`)
  return planPath
}

function startManifest(
  file: WorkloadFile,
  nodePath: string,
  { cwd, mode, isExact }: CaptureWorkloadOptions,
): CaptureManifest {
  return {
    formatVersion: captureFormatVersion,
    seamproofVersion,
    createdAt: new Date().toISOString(),
    command: ['seamproof', 'track', file.path],
    cwd,
    mode,
    isExact,
    workloadFile: file.path,
    exit: { code: null, signal: null },
    wallMs: 0,
    machine: describeMachine(nodePath),
  }
}

function readResult(captureDir: string): WorkloadResult | undefined {
  const path = join(captureDir, workloadResultFile)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as WorkloadResult) : undefined
}

function describeFault(
  file: WorkloadFile,
  captureDir: string,
  run: SubjectRun,
  result: WorkloadResult | undefined,
  timeoutMs: number,
): SeamproofError | undefined {
  if (result?.phase === 'done') return undefined
  const where = describePlace(file, result)
  const thrown = result?.error ?? result?.workloads.find((one) => one.error !== undefined)?.error
  if (thrown !== undefined) {
    const bundleFile = file.mustBundle ? join(captureDir, 'workload', 'workload.mjs') : undefined
    const stack = mapErrorStack(userStack(thrown.stack), bundleFile)
    const text = stack.includes(thrown.message) ? stack : `${thrown.message}\n${stack}`.trimEnd()
    return fault(
      'WORKLOAD_THREW',
      `${where} threw\n${text}`,
      'fix the workload, or what it calls, and track it again',
    )
  }
  if (run.didTimeOut)
    return fault(
      'WORKLOAD_TIMED_OUT',
      `${where} was stopped after ${timeoutMs / 1000} s`,
      'look for an operation that never settles, or allow more with --timeout SECONDS',
    )
  if (run.exit.signal !== null)
    return fault(
      'WORKLOAD_CRASHED',
      `${where} was ended by ${run.exit.signal}`,
      'run it under a debugger to see where it crashes; what was recorded until then is kept',
    )
  const code = result?.endedEarlyWithCode ?? run.exit.code
  // Node's code for "nothing left to do, but a top-level await is not settled".
  if (code === 13)
    return fault(
      'WORKLOAD_NEVER_SETTLED',
      `${where} awaits something that never settles`,
      'every promise of an operation must settle',
    )
  return fault(
    'WORKLOAD_ENDED_PROCESS',
    `${where} ended the process with exit code ${code}`,
    'a workload must return: look for process.exit',
  )
}

function describePlace(file: WorkloadFile, result: WorkloadResult | undefined): string {
  if (result === undefined || result.phase === 'loading')
    return `${file.path}, while it was loaded,`
  const round = result.phase === 'round' ? ` ${result.round}` : ''
  return `workload "${result.workload}" (in its ${result.phase}${round})`
}

function fault(code: string, message: string, hint: string): SeamproofError {
  return new SeamproofError(code, message, { exitCode: ExitCode.subjectNotDriven, hint })
}
