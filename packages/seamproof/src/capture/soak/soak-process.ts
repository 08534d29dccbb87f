import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SubjectExit } from '../../contract/capture.js'

export interface SoakProcess<Message, Command extends string> {
  pid: number | undefined
  tell(command: Command): void
  kill(signal: NodeJS.Signals): void
  /** When it has ended and all that it said has been heard. */
  ended: Promise<SubjectExit>
  onMessage: (message: Message) => void
}

/** Starts one of our runners with a channel. What it prints goes to our stderr: stdout is for the report. */
export function startSoakProcess<Message, Command extends string>(options: {
  runner: 'run-soak.js' | 'run-floor.js'
  planPath: string
  nodePath: string
  nodeArgs: readonly string[]
  cwd: string
  env: Record<string, string>
}): SoakProcess<Message, Command> {
  const runner = fileURLToPath(new URL(`../subject/${options.runner}`, import.meta.url))
  const child = spawn(options.nodePath, [...options.nodeArgs, runner, options.planPath], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', process.stderr, 'inherit', 'ipc'],
    // Ctrl-C in the terminal is ours to answer: the subject comes to rest and is measured once more.
    detached: true,
  })
  const self: SoakProcess<Message, Command> = {
    pid: child.pid,
    tell: (command) => {
      if (child.connected) child.send(command, () => {})
    },
    kill: (signal) => void child.kill(signal),
    ended: endOf(child),
    onMessage: () => {},
  }
  child.on('message', (message) => self.onMessage(message as Message))
  return self
}

function endOf(child: ChildProcess): Promise<SubjectExit> {
  return new Promise((resolve) => {
    let exit: SubjectExit = { code: null, signal: null }
    child.on('exit', (code, signal) => {
      exit = { code, signal }
    })
    child.on('error', () => resolve(exit))
    child.on('close', () => resolve(exit))
  })
}
