import { basename } from 'node:path'
import { ExitCode, SeamproofError } from '../../base/seamproof-error.js'
import type { ProfileOptions } from '../profile.js'
import type { Terminal } from '../terminal.js'
import { LiveProfile } from './live-profile.js'
import { ProfilePush } from './profile-push.js'
import { ProfileRing } from './profile-ring.js'

const defaultEveryMs = 60_000
const defaultKeepBytes = 100 * 1024 * 1024

/** Undefined when nothing is to be done while the program runs. */
export function liveProfileOf(
  command: readonly string[],
  options: ProfileOptions,
  terminal: Terminal,
  subjectModules: readonly string[] | undefined,
): LiveProfile | undefined {
  const { serve, port, continuous, push, every, keep, name } = options
  const needs: [string, boolean, string][] = [
    ['--port', port !== undefined && !serve, '--serve'],
    ['--keep', keep !== undefined && continuous === undefined, '--continuous FOLDER'],
    ['--name', name !== undefined && push === undefined, '--push URL'],
    [
      '--every',
      every !== undefined && continuous === undefined && push === undefined,
      '--continuous FOLDER or --push URL',
    ],
  ]
  for (const [option, isAlone, other] of needs)
    if (isAlone)
      throw new SeamproofError('OPTION_ALONE', `${option} does nothing without ${other}`, {
        exitCode: ExitCode.usage,
        hint: `add ${other}`,
      })
  if (!serve && continuous === undefined && push === undefined) return undefined
  const remark = (text: string) => terminal.remark(text)
  const title = programName(command)
  return new LiveProfile(title, {
    subjectModules,
    port: serve ? (port ?? 0) : undefined,
    everyMs: every ?? defaultEveryMs,
    ring:
      continuous === undefined ? undefined : new ProfileRing(continuous, keep ?? defaultKeepBytes),
    push:
      push === undefined
        ? undefined
        : new ProfilePush({
            url: push,
            name: name ?? title,
            onProblem: (text) => remark(`seamproof: ${text}`),
          }),
    remark,
  })
}

/** Bytes that a sample takes in the trace, with some room, and threads that are busy all of the time. */
const sampleBytes = 16
const busyThreads = 8
const keepBytesMax = 64 * 1024 * 1024
const keepBytesMin = 1024 * 1024

/** What the process keeps of its samples when they are written or sent on: a span and more, however long it runs. */
export function keptBytes({ continuous, push, every, rate }: ProfileOptions): number | undefined {
  if (continuous === undefined && push === undefined) return undefined
  const perSpan = (rate * (every ?? defaultEveryMs) * sampleBytes * busyThreads) / 1000
  return Math.round(Math.min(keepBytesMax, Math.max(keepBytesMin, perSpan)))
}

/** `node --flag server.js` is better named for its script than for node. */
function programName(command: readonly string[]): string {
  const script = command.slice(1).find((word) => /\.[cm]?[jt]s$/.test(word))
  return basename(script ?? command[0] ?? 'program').replace(/\.[cm]?[jt]s$/, '')
}
