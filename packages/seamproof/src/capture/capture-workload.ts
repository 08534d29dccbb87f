import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SamplerOptions } from '@seamproof/agent'
import type { SeamproofError } from '../base/seamproof-error.js'
import { seamproofVersion } from '../base/seamproof-version.js'
import {
  type CaptureManifest,
  type CaptureMode,
  captureFormatVersion,
} from '../contract/capture.js'
import { assertTraced } from './assert-traced.js'
import { createCaptureDirectory, updateManifest, writeManifest } from './capture-directory.js'
import type { Capture } from './capture-program.js'
import { describeMachine } from './machine.js'
import { requireAgent } from './require-agent.js'
import { runSubject } from './run-subject.js'
import type { WorkloadPlan, WorkloadResult } from './subject/workload-plan.js'
import { subjectEnvironment } from './subject-environment.js'
import { findSubjectExecutable } from './subject-executable.js'
import { bundleWorkload } from './workload-bundle.js'
import { thrownText, workloadFault } from './workload-fault.js'
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
  /** An operation that throws is over, and the next one follows. */
  toleratesErrors?: boolean | undefined
  /** Without names for JavaScript frames, which costs most of the time that Node takes to start. */
  isLean?: boolean | undefined
  maxDepth?: number | undefined
  /** See `WorkloadPlan`. */
  calibrationAddon?: string | undefined
  fileLimitBytes?: number | undefined
  /** The subject's output goes into this file of the capture, and nothing is typed into it. */
  outputFile?: string | undefined
  /** Ends the subject when it is aborted. */
  cancelSignal?: AbortSignal | undefined
  /** With mode `samples`: the workload then runs for `profileMs` instead of in rounds. */
  sampler?: SamplerOptions | undefined
  profileMs?: number | undefined
  /** Where the run is, for a person who waits. */
  onStep?: ((text: string) => void) | undefined
}

export interface WorkloadCapture extends Capture {
  /** Set when a workload did not come to its end: the capture is partial, and the error says what happened. */
  fault?: SeamproofError
}

const workloadResultFile = 'workload-result.json'

/** Runs the workloads of one file in rounds, in a process of their own with the agent in it. */
export async function captureWorkload(options: CaptureWorkloadOptions): Promise<WorkloadCapture> {
  const file = findWorkloadFile(options.file, options.cwd)
  const node = findSubjectExecutable(options.nodePath ?? process.execPath, options)
  await requireAgent()
  const captureDir = createCaptureDirectory({ ...options, name: file.name, now: new Date() })
  const manifest = startManifest(file, node.path, options)
  writeManifest(captureDir, manifest)
  const planPath = await writePlan(captureDir, file, options).catch((error: unknown) => {
    // Nothing was run, so there is nothing to keep.
    rmSync(captureDir, { recursive: true })
    throw error
  })
  const stopWatching = watchSteps(captureDir, options.onStep)
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
    // Our stdout is for the report; what a workload prints must not mix with it.
    isStdoutOurs: true,
    cancelSignal: options.cancelSignal,
    ...(options.outputFile === undefined
      ? {}
      : { outputFile: join(captureDir, options.outputFile) }),
  }).finally(stopWatching)
  const result = readResult(captureDir)
  manifest.exit = run.exit
  manifest.wallMs = run.wallMs
  manifest.workloads = (result?.workloads ?? []).map(({ error, roundsDone, ...rest }) => ({
    ...rest,
    roundCount: roundsDone,
    ...(error === undefined ? {} : { error: thrownText(error, file, captureDir) }),
  }))
  updateManifest(captureDir, manifest)
  assertTraced(captureDir, run.exit, node.path)
  const fault = workloadFault({ file, captureDir, run, result, timeoutMs: options.timeoutMs })
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
  {
    only,
    rounds,
    operationsPerRound,
    warmupOperations,
    calibrationAddon,
    profileMs,
    toleratesErrors,
  }: CaptureWorkloadOptions,
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
    ...(calibrationAddon === undefined ? {} : { calibrationAddon }),
    ...(profileMs === undefined ? {} : { profileMs }),
    ...(toleratesErrors ? { toleratesErrors } : {}),
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
    command: ['seamproof', mode === 'samples' ? 'profile' : 'track', file.path],
    cwd,
    mode,
    isExact,
    workloadFile: file.path,
    exit: { code: null, signal: null },
    wallMs: 0,
    machine: describeMachine(nodePath),
  }
}

const watchEveryMs = 300

/** Tells where the runner is, from the file that it rewrites at every step. */
function watchSteps(captureDir: string, onStep: ((text: string) => void) | undefined): () => void {
  if (onStep === undefined) return () => {}
  const timer = setInterval(() => {
    const { phase, workload, round, workloads } = readResult(captureDir) ?? {}
    if (workload === undefined) return
    const roundCount = workloads?.at(-1)?.roundCount
    onStep(`${workload}: ${phase === 'round' ? `round ${round} of ${roundCount}` : phase}`)
  }, watchEveryMs)
  return () => clearInterval(timer)
}

function readResult(captureDir: string): WorkloadResult | undefined {
  const path = join(captureDir, workloadResultFile)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as WorkloadResult) : undefined
}
