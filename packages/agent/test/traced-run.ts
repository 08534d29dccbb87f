import { mkdtempSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { agentEnvironment, agentLibrary } from '../src/index.js'
import { TraceView } from './trace-view.js'

export interface RunOptions {
  args?: readonly string[]
  env?: Record<string, string>
  mode?: 'full' | 'aggregate'
  maxDepth?: number
  fileLimitBytes?: number
  /** Libraries that come before and after the agent in LD_PRELOAD. */
  before?: readonly string[]
  after?: readonly string[]
  captureDir?: string
  cwd?: string
}

export interface TracedRun {
  code: number | undefined
  signal: string | undefined
  stdout: string
  stderr: string
  captureDir: string
  /** Every trace of the capture, the first process first. */
  traces: TraceView[]
  /** The trace of the process that was started itself. */
  trace: TraceView
}

/** What a JavaScript subject needs so that its frames have names. */
export const nodeOptions = '--perf-basic-prof --interpreted-frames-native-stack --no-node-snapshot'

let environment: Promise<Record<string, string>> | undefined

/** The agent's variables, asked for once: sources may change while a long suite runs. */
function agentVariables(): Promise<Record<string, string>> {
  environment ??= agentLibrary().then(() => agentEnvironment({ captureDir: '/', mode: 'full' }))
  return environment
}

export async function agentPath(): Promise<string> {
  return (await agentVariables()).LD_PRELOAD!
}

/** A new capture directory below `folder`. */
export function newCapture(folder: string): string {
  return mkdtempSync(join(folder, 'capture-'))
}

export async function tracedEnvironment(
  captureDir: string,
  options: RunOptions,
): Promise<Record<string, string>> {
  const agent = await agentVariables()
  const preload = [...(options.before ?? []), agent.LD_PRELOAD!, ...(options.after ?? [])]
  return {
    PATH: process.env.PATH ?? '',
    ...agent,
    LD_PRELOAD: preload.join(':'),
    SEAMPROOF_CAPTURE: captureDir,
    SEAMPROOF_MODE: options.mode ?? 'full',
    ...(options.maxDepth === undefined ? {} : { SEAMPROOF_DEPTH: String(options.maxDepth) }),
    ...(options.fileLimitBytes === undefined
      ? {}
      : { SEAMPROOF_FILE_LIMIT: String(options.fileLimitBytes) }),
    ...options.env,
  }
}

/** Runs a program under the agent to its end and reads what it left. Never throws for how the program ended. */
export async function runTraced(
  folder: string,
  file: string,
  options: RunOptions = {},
): Promise<TracedRun> {
  const captureDir = options.captureDir ?? newCapture(folder)
  const subject = execa(file, [...(options.args ?? [])], {
    cwd: options.cwd ?? folder,
    env: await tracedEnvironment(captureDir, options),
    extendEnv: false,
    reject: false,
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  const { pid } = subject
  const result = await subject
  if (result.timedOut) throw new Error(`${file} ${options.args?.join(' ')} did not end in 60 s`)
  const traces = readCapture(captureDir)
  return {
    code: result.exitCode,
    signal: result.signal,
    stdout: result.stdout,
    stderr: result.stderr,
    captureDir,
    traces,
    get trace(): TraceView {
      const own = traces.find((trace) => trace.meta.header.pid === pid)
      if (own === undefined)
        throw new Error(`${file} left no trace; exit ${result.exitCode}, stderr: ${result.stderr}`)
      return own
    },
  }
}

export function readCapture(captureDir: string): TraceView[] {
  return readdirSync(captureDir)
    .filter((name) => name.endsWith('.trace'))
    .map((name) => new TraceView(join(captureDir, name)))
    .sort((a, b) => a.meta.header.startMonotonicNs - b.meta.header.startMonotonicNs)
}
