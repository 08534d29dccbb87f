import { accessSync, constants, readSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { TermcoreError } from './termcore-error.js'
import { TerminalInput } from './terminal-input.js'

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
  /** Never blocks. False: the program has left too much unread, nothing was taken. */
  write(data: string | Buffer): boolean
  resize(cols: number, rows: number): void
  kill(signal?: string): void
  /** Closes the pseudo-terminal, which the program hears as SIGHUP, and lets go of it. */
  close(): void
}

interface PtyModule {
  spawn(file: string, args: string[], options: Record<string, unknown>): Pty
}

interface Pty {
  readonly pid: number
  /** Absent on Windows. */
  readonly fd?: number
  /** The binding tells of a close one turn late; its socket knows at once. */
  readonly _socket?: { readonly destroyed: boolean; destroy(error?: Error): unknown }
  onData(listener: (data: Buffer | string) => void): { dispose(): void }
  onExit(listener: (exit: { exitCode: number; signal?: number }) => void): { dispose(): void }
  write(data: string | Buffer): void
  resize(cols: number, rows: number): void
  kill(signal?: string): void
  destroy?(): void
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

/**
 * The kernel takes strings up to a NUL, the rest would be lost without a word; and the PTY binding frees
 * memory that it never had when an argument is no string.
 */
function requireStrings(what: string, values: readonly unknown[]): void {
  const isWrong = (value: unknown) => typeof value !== 'string' || value.includes('\0')
  const at = values.findIndex(isWrong)
  if (at === -1) return
  throw new TermcoreError(
    'TERMCORE_ARGUMENT',
    `${what} has ${JSON.stringify(values[at]) ?? String(values[at])}`,
    'each must be a string without NUL characters',
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
  const env = Object.fromEntries(
    Object.entries(options.env ?? process.env).filter(([, value]) => value !== undefined),
  )
  const cwd = options.cwd ?? process.cwd()
  const term = options.term ?? 'xterm-256color'
  requireStrings('args', Array.isArray(args) ? args : [args, undefined])
  requireStrings('env', Object.entries(env).flat())
  requireStrings('file, cwd or term', [file, cwd, term])
  requireFolder(cwd)
  const found = findProgram(file, cwd, env.PATH ?? '')
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
  return toProgram(pty, handlers)
}

/** More than a kernel keeps for a pseudo-terminal; a descendant that prints for ever must not hold us. */
const restBytesMax = 1024 * 1024

/** What the kernel still holds of a program's output. The descriptor does not block. */
function readRest(fd: number, onOutput: (bytes: Uint8Array) => void): void {
  const buffer = Buffer.allocUnsafe(65536)
  try {
    for (let total = 0; total < restBytesMax; ) {
      const count = readSync(fd, buffer)
      if (count === 0) return
      onOutput(buffer.subarray(0, count))
      total += count
    }
  } catch {
    // EAGAIN: nothing more now. EIO: the other side is closed, so nothing more ever.
  }
}

/**
 * The binding closes its socket 200 ms after the program's end, whether all was read or not: on a busy
 * machine the last output would be lost. So what is left is read before that close.
 */
function readBeforeClose(pty: Pty, onOutput: (bytes: Uint8Array) => void): void {
  const { fd, _socket: socket } = pty
  if (fd === undefined || socket === undefined) return
  const destroy = socket.destroy.bind(socket)
  socket.destroy = (error) => {
    if (!socket.destroyed && error === undefined) readRest(fd, onOutput)
    return destroy(error)
  }
}

function toProgram(pty: Pty, handlers: ProgramHandlers): Program {
  let hasExited = false
  const isClosed = () => hasExited || pty._socket?.destroyed === true
  const input = pty.fd === undefined ? undefined : new TerminalInput(pty.fd, isClosed)
  pty.onData((data) => handlers.onOutput(typeof data === 'string' ? Buffer.from(data) : data))
  readBeforeClose(pty, handlers.onOutput)
  pty.onExit(({ exitCode, signal }) => {
    hasExited = true
    input?.close()
    handlers.onExit({ exitCode, signal: signal ?? 0 })
  })
  return {
    pid: pty.pid,
    write(data) {
      if (input !== undefined) return input.write(data)
      if (!isClosed()) pty.write(data)
      return true
    },
    // Between a program's end and our hearing of it, its descriptor is not ours to use.
    resize(cols, rows) {
      if (!isClosed()) pty.resize(cols, rows)
    },
    kill(signal) {
      if (!isClosed()) pty.kill(signal)
    },
    close() {
      input?.close()
      if (isClosed()) return
      if (pty.destroy) pty.destroy()
      else pty.kill()
    },
  }
}
