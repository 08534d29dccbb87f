import { readFileSync, statSync } from 'node:fs'

import { join } from 'node:path'
import type { SeamproofError } from '../../base/seamproof-error.js'
import type { SubjectExit, WorkloadRun } from '../../contract/capture.js'
import { captureProgram } from '../capture-program.js'
import { captureWorkload } from '../capture-workload.js'

/** What is run again and again: a program, or the workloads of a file. */
export type TrialSubject =
  | { kind: 'program'; command: string; args: readonly string[]; shown: string }
  | {
      kind: 'workload'
      file: string
      shown: string
      only?: string | undefined
      nodePath?: string | undefined
    }

export interface TrialSchedule {
  operationsPerRound: number
  rounds: number
  warmupOperations: number
}

export interface TrialOptions {
  subject: TrialSubject
  cwd: string
  env: NodeJS.ProcessEnv
  /** Where the capture of this run goes; what is there is replaced. */
  folder: string
  /** SEAMPROOF_* and what else this run needs. */
  variables: Readonly<Record<string, string>>
  /** Options of Node for this run. */
  nodeOptions?: string | undefined
  /** JavaScript frames get names, which takes longer. */
  isNamed: boolean
  timeoutMs: number
  schedule: TrialSchedule
  toleratesErrors: boolean
}

/** One run of the subject, in a process of its own, that nobody watches. */
export interface Trial {
  folder: string
  exit: SubjectExit
  wallMs: number
  didTimeOut: boolean
  workloads: WorkloadRun[]
  /** Why a workload did not come to its end. */
  fault?: SeamproofError
  /** The last of what the subject printed. */
  outputTail: string
}

const outputFile = 'output.txt'
const tailBytes = 4096

export async function runTrial(options: TrialOptions): Promise<Trial> {
  const { subject, folder, schedule } = options
  const common = {
    cwd: options.cwd,
    env: environmentOf(options),
    mode: 'aggregate' as const,
    outDir: folder,
    isForced: true,
    isExact: options.isNamed && subject.kind === 'workload',
    isLean: !options.isNamed,
    outputFile,
    timeoutMs: options.timeoutMs,
  }
  const capture =
    subject.kind === 'program'
      ? await captureProgram({ ...common, command: subject.command, args: subject.args })
      : await captureWorkload({
          ...common,
          ...schedule,
          file: subject.file,
          only: subject.only,
          nodePath: subject.nodePath,
          toleratesErrors: options.toleratesErrors,
        })
  const fault = 'fault' in capture ? (capture.fault as SeamproofError | undefined) : undefined
  return {
    folder: capture.captureDir,
    exit: capture.manifest.exit,
    wallMs: capture.manifest.wallMs,
    didTimeOut: capture.didTimeOut,
    workloads: capture.manifest.workloads ?? [],
    outputTail: tailOf(join(capture.captureDir, outputFile)),
    ...(fault === undefined ? {} : { fault }),
  }
}

function environmentOf({ env, variables, nodeOptions }: TrialOptions): NodeJS.ProcessEnv {
  const common = { ...env, SEAMPROOF_LAYER: '1', ...variables }
  if (nodeOptions === undefined) return common
  return { ...common, NODE_OPTIONS: [env.NODE_OPTIONS ?? '', nodeOptions].join(' ').trim() }
}

function tailOf(path: string): string {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size === 0) return ''
  const text = readFileSync(path)
  return text.subarray(Math.max(0, text.length - tailBytes)).toString('utf8')
}
