import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ExitCode, SeamproofError } from '../../base/seamproof-error.js'
import { seamproofVersion } from '../../base/seamproof-version.js'
import { type CaptureManifest, captureFormatVersion } from '../../contract/capture.js'
import type { SoakHead, SoakLine } from '../../contract/soak.js'
import { createCaptureDirectory, updateManifest, writeManifest } from '../capture-directory.js'
import { gitCommitOf } from '../git-commit.js'
import { machineFacts } from '../machine-facts.js'
import { requireAgent } from '../require-agent.js'
import { subjectEnvironment } from '../subject-environment.js'
import { findSubjectExecutable } from '../subject-executable.js'
import { bundleWorkload } from '../workload-bundle.js'
import { thrownText } from '../workload-fault.js'
import { findWorkloadFile, type WorkloadFile } from '../workload-file.js'
import { SoakPart, type SoakPartOutcome } from './soak-part.js'
import { readSoakHead, readSoakSeries, SoakRecord, writeSoakHead } from './soak-record.js'
import { roundMsMin, soakShape } from './soak-shape.js'

export interface CaptureSoakOptions {
  file: string
  cwd: string
  env: NodeJS.ProcessEnv
  outDir?: string | undefined
  isForced: boolean
  nodePath?: string | undefined
  forMs: number
  ratePerS: number
  only?: string[] | undefined
  /** Without `only`: the operations of all workloads take turns, where otherwise one must be named. */
  isAll?: boolean | undefined
  intervalMs?: number | undefined
  warmupMs?: number | undefined
  memoryLimitBytes?: number | undefined
  /** Ordinary scheduling even where real-time is permitted. */
  isOrdinary?: boolean | undefined
  /** No second process that measures the machine's floor. */
  hasNoFloor?: boolean | undefined
  /** Without the seam layer: no crossings are counted, and none is checked. */
  hasNoLayer?: boolean | undefined
  /** How often a subject that crashed is started again, for the time that is left. */
  restartsMax?: number | undefined
  /** Each line as it is recorded, for who watches. */
  onLine?: ((line: SoakLine, head: SoakHead) => void) | undefined
  onStart?: ((folder: string, head: SoakHead) => void) | undefined
  /** Aborted: the soak comes to an end as after its last round. */
  stop?: AbortSignal | undefined
}

export interface SoakCapture {
  /** Set when the workload itself could not be driven: what it threw, with the lines of its own files. */
  fault?: SeamproofError
  folder: string
  head: SoakHead
  outcome: SoakPartOutcome
  restartCount: number
}

/** A soak from its beginning: a folder that is a capture in aggregate mode, with the series beside it. */
export async function captureSoak(options: CaptureSoakOptions): Promise<SoakCapture> {
  const file = findWorkloadFile(options.file, options.cwd)
  const node = findSubjectExecutable(options.nodePath ?? process.execPath, options)
  const library = await requireAgent()
  const folder = createCaptureDirectory({ ...options, name: `soak-${file.name}`, now: new Date() })
  const modulePath = await prepareModule(folder, file).catch((error: unknown) => {
    rmSync(folder, { recursive: true })
    throw error
  })
  const head = headOf(file, node.path, options)
  writeSoakHead(folder, head)
  writeManifest(folder, manifestOf(head, options.cwd, node.path))
  options.onStart?.(folder, head)
  return await driveParts({
    folder,
    head,
    library,
    nodePath: node.path,
    modulePath,
    options,
    done: [],
  })
}

/** Whether a record has all the load that was asked for: there is nothing to go on with. */
export function isSoakComplete(folder: string): boolean {
  const head = readSoakHead(folder)
  return leftMs(head, readSoakSeries(folder)) < roundMsMin
}

/** Goes on with a soak that was interrupted, for the time that was left. */
export async function resumeSoak(
  folder: string,
  options: Omit<CaptureSoakOptions, 'file' | 'forMs' | 'ratePerS'>,
): Promise<SoakCapture> {
  const head = readSoakHead(folder)
  const done = readSoakSeries(folder)
  const file = findWorkloadFile(head.workloadFile, head.cwd)
  const node = findSubjectExecutable(options.nodePath ?? process.execPath, options)
  const library = await requireAgent()
  const bundled = join(folder, 'workload', 'workload.mjs')
  const modulePath = file.mustBundle && existsSync(bundled) ? bundled : file.path
  if (leftMs(head, done) < roundMsMin)
    throw new SeamproofError(
      'SOAK_COMPLETE',
      `${folder} had its load for all of ${head.forMs / 1000} s`,
      { exitCode: ExitCode.usage, hint: `see it: seamproof soak --report ${folder}` },
    )
  options.onStart?.(folder, head)
  const all = {
    ...options,
    file: head.workloadFile,
    forMs: head.forMs,
    ratePerS: head.ratePerS,
    only: head.workloads.length > 0 ? head.workloads : undefined,
  }
  return await driveParts({
    folder,
    head,
    library,
    nodePath: node.path,
    modulePath,
    options: all,
    done,
  })
}

interface Drive {
  folder: string
  head: SoakHead
  library: string
  nodePath: string
  modulePath: string
  options: CaptureSoakOptions
  done: SoakLine[]
}

async function driveParts({ folder, head, library, nodePath, modulePath, options, done }: Drive) {
  const record = new SoakRecord(folder)
  const lines = [...done]
  const startedAtMs = Date.parse(lines[0]?.at ?? new Date().toISOString())
  const env = environmentOf(folder, options)
  let part = Math.max(0, ...lines.map((line) => line.part))
  let restartCount = 0
  try {
    for (;;) {
      part++
      const outcome = await new SoakPart({
        folder,
        head,
        library,
        nodePath,
        modulePath,
        env,
        part,
        startedAtMs,
        loadMs: leftMs(head, lines),
        options,
        emit: (line) => {
          record.append(line)
          lines.push(line)
          options.onLine?.(line, head)
        },
      }).run()
      finishManifest(folder, head, nodePath, lines, outcome)
      const mayRestart =
        outcome.end.reason === 'crashed' && restartCount < (options.restartsMax ?? 0)
      if (!mayRestart || options.stop?.aborted) {
        const fault = faultOf(folder, head, outcome)
        return { folder, head, outcome, restartCount, ...(fault === undefined ? {} : { fault }) }
      }
      restartCount++
    }
  } finally {
    record.close()
  }
}

function faultOf(
  folder: string,
  head: SoakHead,
  { error }: SoakPartOutcome,
): SeamproofError | undefined {
  if (error === undefined) return undefined
  const { exitCode, hint } = {
    exitCode: ExitCode.subjectNotDriven,
    hint: 'fix the workload, or what it calls, and soak it again',
  }
  if (error.isComplaint) {
    const message = `${head.workloadFile}: ${error.message}`
    return new SeamproofError('WORKLOAD_NOT_DECLARED', message, {
      exitCode,
      hint: 'name it with --only NAME',
    })
  }
  const file = findWorkloadFile(head.workloadFile, head.cwd)
  return new SeamproofError(
    'WORKLOAD_THREW',
    `the workload (in its ${error.phase}) threw\n${thrownText(error, file, folder)}`,
    { exitCode, hint },
  )
}

/** Load that is still owed: what the parts before had, warm-ups not counted. */
function leftMs(head: SoakHead, lines: readonly SoakLine[]): number {
  let doneMs = 0
  for (const line of lines) if (line.type === 'interval' && !line.isWarmup) doneMs += line.loadMs
  return head.forMs - doneMs
}

async function prepareModule(folder: string, file: WorkloadFile): Promise<string> {
  if (!file.mustBundle) return file.path
  const bundleDir = join(folder, 'workload')
  mkdirSync(bundleDir)
  return await bundleWorkload(file.path, bundleDir)
}

function headOf(file: WorkloadFile, nodePath: string, options: CaptureSoakOptions): SoakHead {
  const { forMs, memoryLimitBytes } = options
  const gitCommit = gitCommitOf(options.cwd)
  return {
    formatVersion: 1,
    seamproofVersion,
    createdAt: new Date().toISOString(),
    command: commandOf(options),
    cwd: options.cwd,
    workloadFile: file.path,
    workloads: options.only ?? [],
    forMs,
    ratePerS: options.ratePerS,
    ...soakShape(options),
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
    machine: machineFacts(nodePath),
    ...(gitCommit === undefined ? {} : { gitCommit }),
  }
}

/** With all that shaped the load: the same words make the same soak. */
function commandOf(options: CaptureSoakOptions): string[] {
  const { file, forMs, ratePerS, only = [] } = options
  const chosen = only.flatMap((name) => ['--only', name])
  const more: [string, string | number | undefined][] = [
    ['--warmup', timeWord(options.warmupMs)],
    ['--interval', timeWord(options.intervalMs)],
    ['--memory-limit', options.memoryLimitBytes],
    ['--node', options.nodePath],
  ]
  const left: [string, boolean | undefined][] = [
    ['--no-realtime', options.isOrdinary],
    ['--no-floor', options.hasNoFloor],
    ['--no-layer', options.hasNoLayer],
  ]
  return [
    'seamproof',
    'soak',
    file,
    ...chosen,
    '--for',
    `${forMs / 1000}s`,
    '--rate',
    `${ratePerS}/s`,
    ...more.flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)])),
    ...left.flatMap(([name, isSet]) => (isSet ? [name] : [])),
  ]
}

const timeWord = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : `${ms / 1000}s`

function manifestOf(head: SoakHead, cwd: string, nodePath: string): CaptureManifest {
  const { os, arch, libc, nodeVersion } = head.machine
  return {
    formatVersion: captureFormatVersion,
    seamproofVersion,
    createdAt: head.createdAt,
    command: head.command,
    cwd,
    mode: 'aggregate',
    isExact: false,
    workloadFile: head.workloadFile,
    exit: { code: null, signal: null },
    wallMs: 0,
    machine: { os, arch, libc, nodeVersion: nodeVersion || nodePath },
  }
}

/** The analysis of the trace wants to know how many operations lie between two rests. */
function finishManifest(
  folder: string,
  head: SoakHead,
  nodePath: string,
  lines: readonly SoakLine[],
  { names, exit }: SoakPartOutcome,
): void {
  const manifest = manifestOf(head, head.cwd, nodePath)
  const rests = lines.filter((line) => line.type === 'rest')
  const last = rests.at(-1)
  const ofPart = rests.filter((rest) => rest.part === last?.part)
  const roundCount = ofPart.length - 1
  manifest.exit = exit
  manifest.wallMs = lines.at(-1)?.elapsedMs ?? 0
  if (last !== undefined && roundCount > 0)
    manifest.workloads = [
      {
        name: names.join(' + '),
        operationsPerRound: Math.max(1, Math.round(last.operationCount / roundCount)),
        roundCount,
        warmupOperations: Math.round((head.warmupMs / 1000) * head.ratePerS),
      },
    ]
  updateManifest(folder, manifest)
}

function environmentOf(
  folder: string,
  { env, hasNoLayer }: CaptureSoakOptions,
): Record<string, string> {
  return subjectEnvironment({
    captureDir: folder,
    mode: 'aggregate',
    isExact: false,
    isWorkload: true,
    userEnv: { ...env, SEAMPROOF_LAYER: hasNoLayer ? '0' : '1' },
  })
}
