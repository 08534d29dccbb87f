import { accessSync, constants, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { TermcoreError } from './termcore-error.js'

const require = createRequire(import.meta.url)

export interface SpawnOptions {
  /** Default: the host's working directory. */
  readonly cwd?: string
  /** The whole environment. Default: the host's. TERM is always set from `term`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default 'xterm-256color'. */
  readonly term?: string
}

export interface ProgramExit {
  readonly exitCode: number
  /** The signal that ended the program, 0 if none. */
  readonly signal: number
}

export interface ProgramHandlers {
  readonly onOutput: (bytes: Uint8Array) => void
  readonly onExit: (exit: ProgramExit) => void
}

/** A program in a pseudo-terminal. */
export interface Program {
  readonly pid: number
  write(data: string | Buffer): void
  resize(cols: number, rows: number): void
  kill(signal?: string): void
}

interface PtyModule {
  spawn(file: string, args: string[], options: Record<string, unknown>): Pty
}

interface Pty {
  readonly pid: number
  onData(listener: (data: Buffer | string) => void): { dispose(): void }
  onExit(listener: (exit: { exitCode: number; signal?: number }) => void): { dispose(): void }
  write(data: string | Buffer): void
  resize(cols: number, rows: number): void
  kill(signal?: string): void
}

let ptyModule: PtyModule | undefined

/** Loaded on first use: a terminal that is only written to needs no PTY. */
function loadPty(): PtyModule {
  try {
    ptyModule ??= require('@lydell/node-pty') as PtyModule
    return ptyModule
  } catch (cause) {
    throw new TermcoreError(
      'TERMCORE_SYSTEM',
      `there is no PTY binding for ${process.platform}-${process.arch}`,
      'npm install @lydell/node-pty (prebuilt for Linux, macOS and Windows on x64 and arm64)',
      { cause },
    )
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function requireFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  throw new TermcoreError(
    'TERMCORE_ARGUMENT',
    `no folder "${path}" to run the program in`,
    'cwd must name a folder that exists',
  )
}

/** The PTY binding forks first and fails in the child, with no word why: so it is looked up before. */
function findProgram(file: string, cwd: string, path: string): string {
  const candidates =
    file.includes('/') || isAbsolute(file)
      ? [resolve(cwd, file)]
      : path.split(delimiter).map((folder) => join(folder, file))
  const found = candidates.find(isProgram)
  if (found !== undefined) return found
  throw new TermcoreError(
    'TERMCORE_ARGUMENT',
    `no program "${file}"`,
    file.includes('/')
      ? 'the path must name an executable file'
      : `it is in no folder of PATH; install it or give its path`,
  )
}

export function spawnProgram(
  file: string,
  args: readonly string[],
  size: { readonly cols: number; readonly rows: number },
  options: SpawnOptions,
  handlers: ProgramHandlers,
): Program {
  const env = { ...(options.env ?? process.env) }
  const cwd = options.cwd ?? process.cwd()
  requireFolder(cwd)
  const found = findProgram(file, cwd, env.PATH ?? '')
  const term = options.term ?? 'xterm-256color'
  const { spawn } = loadPty()
  let pty: Pty
  try {
    const settings = { ...size, name: term, cwd, env: { ...env, TERM: term }, encoding: null }
    pty = spawn(found, [...args], settings)
  } catch (cause) {
    throw new TermcoreError(
      'TERMCORE_SYSTEM',
      `"${file}" could not be started in a pseudo-terminal: ${(cause as Error).message}`,
      `check that ${cwd} exists and that the system has free pseudo-terminals`,
      { cause },
    )
  }
  pty.onData((data) => handlers.onOutput(typeof data === 'string' ? Buffer.from(data) : data))
  pty.onExit(({ exitCode, signal }) => handlers.onExit({ exitCode, signal: signal ?? 0 }))
  return pty
}
