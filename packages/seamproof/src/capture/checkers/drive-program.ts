import { basename, join } from 'node:path'
import { ExitCode, SeamproofError } from '../../base/seamproof-error.js'
import { describeMachine } from '../machine.js'
import { assertNodeScriptExists } from '../node-script.js'
import { runSubject } from '../run-subject.js'
import { findSubjectExecutable } from '../subject-executable.js'
import { javaScriptNameFlags } from './check-environment.js'
import { checkedStart } from './checked-start.js'
import { type Drive, type Driven, outputFile } from './run-check.js'

/** A program from its start to its end, as the user would start it. */
export async function driveProgram(drive: Drive): Promise<Driven> {
  const { options, folder } = drive
  const [command, ...args] = options.program!
  if (command === undefined) throw noProgram()
  const executable = findSubjectExecutable(command, options)
  const isNode = executable.isNode && /^node(js)?$/.test(basename(command))
  if (isNode) assertNodeScriptExists(args, options.cwd)
  const { launch, env } = checkedStart(drive, { isWorkload: false, isNode })
  const nodeFlags = isNode
    ? [...launch.nodeFlags, ...javaScriptNameFlags(majorOf(executable.path), folder)]
    : []
  const line = [
    ...launch.wrapper,
    ...(isNode ? [executable.path] : [command]),
    ...nodeFlags,
    ...args,
  ]
  const run = await runSubject({
    command: line[0]!,
    args: line.slice(1),
    cwd: options.cwd,
    env,
    timeoutMs: options.timeoutMs,
    outputFile: join(folder, outputFile),
  })
  const driven: Driven = {
    nodePath: executable.path,
    target: options.program!.join(' '),
    pids: [run.pid],
    workloads: [],
    exits: [run.exit],
    notes: isNode ? [] : ['JavaScript frames have no names: the command is not node itself'],
  }
  if (!run.didTimeOut) return driven
  return {
    ...driven,
    failure: {
      cause: 'subject-not-driven',
      reason: `the program was stopped after ${options.timeoutMs / 1000} s; allow more with --timeout`,
    },
  }
}

export function majorOf(nodePath: string): number {
  return Number(/^v(\d+)/.exec(describeMachine(nodePath).nodeVersion)?.[1] ?? 20)
}

function noProgram(): SeamproofError {
  return new SeamproofError('NOTHING_TO_CHECK', 'there is no program after "--"', {
    exitCode: ExitCode.usage,
    hint: 'seamproof check -- node app.js',
  })
}
