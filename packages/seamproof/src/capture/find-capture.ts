import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type ErrorCode, ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { isCapture } from './capture-directory.js'

const trackHint = 'make one: seamproof track -- node app.js'

/** The capture that the user named, or the newest one in the current directory. */
export function findCapture(given: string | undefined, cwd: string): string {
  if (given === undefined) return newestCapture(cwd)
  const path = resolve(cwd, given)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) throw usage('CAPTURE_NOT_FOUND', `there is no capture ${path}`, trackHint)
  if (!stat.isDirectory())
    throw usage(
      'CAPTURE_NOT_A_FOLDER',
      `${path} is a file; a capture is a folder`,
      path.endsWith('.trace') ? `name the folder it is in: ${resolve(path, '..')}` : trackHint,
    )
  if (!isCapture(path))
    throw usage('NOT_A_CAPTURE', `${path} holds no manifest.json and no *.trace file`, trackHint)
  return path
}

function newestCapture(cwd: string): string {
  const captures = readdirSync(cwd, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.endsWith('.seamproof'))
    .map((entry) => join(cwd, entry.name))
    .filter(isCapture)
    .map((path) => ({ path, changedMs: statSync(path).mtimeMs }))
    .sort((left, right) => right.changedMs - left.changedMs)
  const newest = captures[0]
  if (newest === undefined)
    throw usage('CAPTURE_NOT_FOUND', `there is no capture in ${cwd}`, trackHint)
  return newest.path
}

function usage(code: ErrorCode, message: string, hint: string): SeamproofError {
  return new SeamproofError(code, message, { exitCode: ExitCode.usage, hint })
}
