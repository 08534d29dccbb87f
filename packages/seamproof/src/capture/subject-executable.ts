import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path'
import { type ErrorCode, ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { type ElfHeader, readElfHeader } from './elf-header.js'

export interface SubjectExecutable {
  /** What the kernel runs in the end: the last interpreter of a chain of scripts. */
  path: string
  /** The Node binary, when that is what runs. */
  isNode: boolean
}

interface Surroundings {
  cwd: string
  env: NodeJS.ProcessEnv
}

/** Finds what a command runs, and refuses what the agent cannot be preloaded into, before anything is started. */
export function findSubjectExecutable(
  command: string,
  surroundings: Surroundings,
): SubjectExecutable {
  let path = resolveCommand(command, surroundings)
  if (path === undefined) throw commandNotFound(command)
  // A script names its interpreter, which may be a script again; Linux itself stops at four.
  for (let depth = 0; depth < 5; depth++) {
    assertExecutable(command, path)
    const interpreter = readShebang(path)
    if (interpreter === undefined) break
    const next = resolveCommand(interpreter, surroundings)
    if (next === undefined)
      throw notDriven(
        'INTERPRETER_NOT_FOUND',
        `${path} asks for the interpreter "${interpreter}", which does not exist`,
        `install it, or name an interpreter that exists: seamproof track -- node ${path}`,
      )
    path = next
  }
  assertPreloadable(command, path)
  return { path, isNode: /^node(js)?$/.test(basename(realpathSync(path))) }
}

function resolveCommand(command: string, { cwd, env }: Surroundings): string | undefined {
  if (command.includes('/')) {
    const path = isAbsolute(command) ? command : resolve(cwd, command)
    return isFile(path) ? path : undefined
  }
  return (env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder === '' ? cwd : folder, command))
    .find(isExecutableFile)
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return isFile(path)
  } catch {
    return false
  }
}

/** `#!/usr/bin/env -S node --flag` → `node`; undefined when the file is no script. */
function readShebang(path: string): string | undefined {
  const descriptor = openReadable(path)
  const start = Buffer.alloc(256)
  const length = readSync(descriptor, start, 0, start.length, 0)
  closeSync(descriptor)
  const line = start.toString('latin1', 0, length).split('\n', 1)[0]!
  if (!line.startsWith('#!')) return undefined
  const words = line.slice(2).trim().split(/\s+/)
  if (basename(words[0]!) !== 'env') return words[0]
  return words.slice(1).find((word) => !word.startsWith('-') && !word.includes('=')) ?? words[0]
}

function openReadable(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    throw notDriven(
      'SUBJECT_UNREADABLE',
      `${path} cannot be read: ${(cause as Error).message}`,
      `look at its permissions: ls -l ${path}`,
    )
  }
}

function assertExecutable(command: string, path: string): void {
  if (!isExecutableFile(path))
    throw notDriven(
      'SUBJECT_NOT_EXECUTABLE',
      `${path} is not executable`,
      `make it so (chmod +x ${path}), or run it through its interpreter: seamproof track -- node ${command}`,
    )
}

function assertPreloadable(command: string, path: string): void {
  const elf = readElfHeader(path)
  if (elf === undefined)
    throw notDriven(
      'SUBJECT_NOT_NATIVE',
      `${path} is neither a program nor a script with a "#!" line`,
      `name the program that runs it: seamproof track -- sh ${command}`,
    )
  const fault = preloadFault(elf)
  if (fault !== undefined)
    throw notDriven(
      'SUBJECT_NOT_PRELOADABLE',
      `${path} ${fault}, so the agent cannot be preloaded into it`,
      'use a 64-bit, dynamically linked glibc build, such as the one from nodejs.org',
    )
  if ((statSync(path).mode & 0o6000) !== 0)
    throw notDriven(
      'SUBJECT_NOT_PRELOADABLE',
      `${path} is setuid or setgid: the loader ignores preloaded libraries for it`,
      'run the program behind it directly',
    )
}

/** Why a library built for this machine's glibc cannot be preloaded, as the end of a sentence; undefined when it can. */
export function preloadFault(elf: ElfHeader): string | undefined {
  if (elf.bits !== 64) return 'is a 32-bit program'
  if (elf.machine !== process.arch)
    return `is built for ${elf.machine}, and this machine is ${process.arch}`
  if (elf.interpreter === undefined) return 'is statically linked'
  if (/ld-musl/.test(elf.interpreter)) return `is linked against musl (${elf.interpreter})`
  return undefined
}

function commandNotFound(command: string): SeamproofError {
  const message = command.includes('/')
    ? `there is no file ${command}`
    : `there is no command "${command}" in PATH`
  const hint = /\.([cm]?[jt]s)$/.test(command)
    ? `to run a script: seamproof track -- node ${command}`
    : `try it without Seamproof first: ${command}`
  return notDriven('COMMAND_NOT_FOUND', message, hint)
}

function notDriven(code: ErrorCode, message: string, hint: string): SeamproofError {
  return new SeamproofError(code, message, { exitCode: ExitCode.subjectNotDriven, hint })
}
