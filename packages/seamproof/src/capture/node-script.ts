import { statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'

// Node's own options that take their value from the next argument.
const optionsWithValue = new Set([
  '-r',
  '--require',
  '--import',
  '-C',
  '--conditions',
  '--loader',
  '--experimental-loader',
  '--env-file',
  '--env-file-if-exists',
  '--icu-data-dir',
  '--input-type',
  '--title',
  '--disable-warning',
  '--max-old-space-size',
  '--stack-trace-limit',
  '--unhandled-rejections',
  '--redirect-warnings',
  '--diagnostic-dir',
  '--openssl-config',
])
// With these the first plain argument is no script.
const optionsWithoutScript =
  /^(-e|-p|-pe|-c|-i|-v|-h|--eval|--print|--check|--interactive|--version|--help|--test|--run|--build-sea)(=|$)/

/** The script among the arguments of `node`; undefined when there is none, or when it is not certain which it is. */
export function nodeScriptOf(nodeArguments: readonly string[]): string | undefined {
  for (let index = 0; index < nodeArguments.length; index++) {
    const argument = nodeArguments[index]!
    if (argument === '-' || optionsWithoutScript.test(argument)) return undefined
    if (argument === '--') return nodeArguments[index + 1]
    if (!argument.startsWith('-')) return argument === 'inspect' ? undefined : argument
    if (optionsWithValue.has(argument)) index++
  }
  return undefined
}

/** Node itself says "Cannot find module" and exits 1, which looks like a failure of the subject; say it before the start. */
export function assertNodeScriptExists(nodeArguments: readonly string[], cwd: string): void {
  const script = nodeScriptOf(nodeArguments)
  if (script === undefined) return
  const path = resolve(cwd, script)
  const candidates = [path, `${path}.js`, `${path}.json`, `${path}.node`]
  if (candidates.some((candidate) => statSync(candidate, { throwIfNoEntry: false }) !== undefined))
    return
  // An argument that does not look like a script may be the value of an option that this list does not know.
  if (extname(script) === '' && !script.includes('/') && nodeArguments[0] !== script) return
  throw new SeamproofError('SCRIPT_NOT_FOUND', `there is no script ${path}`, {
    exitCode: ExitCode.subjectNotDriven,
    hint: 'check the path; it is relative to the current directory',
  })
}
