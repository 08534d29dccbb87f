import { constants as osConstants } from 'node:os'
import { execa } from 'execa'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import type { SubjectExit } from '../contract/capture.js'

export interface RunSubjectOptions {
  command: string
  args: readonly string[]
  cwd: string
  env: Record<string, string>
  timeoutMs?: number | undefined
  /** The subject's stdout goes to our stderr. Otherwise all three streams are the subject's, untouched. */
  isStdoutOurs?: boolean
  /** Ends the subject when it is aborted, and keeps it from starting afterwards. */
  cancelSignal?: AbortSignal | undefined
  /** Both of its outputs go here: several subjects run at once. */
  outputFile?: string | undefined
}

export interface SubjectRun {
  pid: number
  exit: SubjectExit
  wallMs: number
  didTimeOut: boolean
}

const forwardedSignals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const

/** Runs the subject and waits for it. Signals that we get are passed on. */
export async function runSubject(options: RunSubjectOptions): Promise<SubjectRun> {
  const startedMs = performance.now()
  const child = execa(options.command, [...options.args], {
    cwd: options.cwd,
    env: options.env,
    extendEnv: false,
    ...outputsOf(options),
    reject: false,
    buffer: false,
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    ...(options.cancelSignal === undefined ? {} : { cancelSignal: options.cancelSignal }),
    forceKillAfterDelay: 3000,
  })
  // Not child.kill: that would follow a forwarded SIGTERM with SIGKILL, however long the subject's own shutdown takes.
  const stopForwarding = forwardSignals((signal) => sendSignal(child.pid, signal))
  const result = await child
  stopForwarding()
  if (child.pid === undefined)
    throw new SeamproofError(
      'SUBJECT_NOT_STARTED',
      `${options.command} could not be started: ${result.originalMessage ?? result.message}`,
      { exitCode: ExitCode.subjectNotDriven, hint: `try it without Seamproof: ${options.command}` },
    )
  return {
    pid: child.pid,
    exit: { code: result.exitCode ?? null, signal: result.signal ?? null },
    wallMs: Math.round(performance.now() - startedMs),
    didTimeOut: result.timedOut,
  }
}

/** Nobody can type into one of several. */
function outputsOf({ outputFile, isStdoutOurs }: RunSubjectOptions) {
  if (outputFile === undefined)
    return { stdio: ['inherit', isStdoutOurs ? process.stderr : 'inherit', 'inherit'] as const }
  const file = { file: outputFile, append: true }
  return { stdin: 'ignore', stdout: file, stderr: file } as const
}

/** The exit code that a shell would report. */
export function shellExitCode(exit: SubjectExit): number {
  if (exit.code !== null) return exit.code
  const number =
    exit.signal === null ? 0 : (osConstants.signals[exit.signal as NodeJS.Signals] ?? 0)
  return 128 + number
}

function sendSignal(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(pid, signal)
  } catch {
    // It ended in the meantime.
  }
}

function forwardSignals(send: (signal: NodeJS.Signals) => void): () => void {
  // A terminal sends Ctrl-C and its kin to the whole foreground group: the subject has it already, and a second one would
  // cut its graceful stop short.
  const isInteractive = process.stdin.isTTY === true
  const listeners = forwardedSignals.map((signal) => {
    const isFromTerminal = signal === 'SIGINT' || signal === 'SIGQUIT'
    const listener = () => {
      if (!(isInteractive && isFromTerminal)) send(signal)
    }
    process.on(signal, listener)
    return () => process.removeListener(signal, listener)
  })
  return () => {
    for (const stop of listeners) stop()
  }
}
