import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Readable } from 'node:stream'

export const seamproof = resolve(import.meta.dirname, '../../bin/seamproof.js')

export interface Finished {
  status: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** Runs `seamproof …args` in a folder. */
export function runSeamproof(cwd: string, args: readonly string[]): Promise<Finished> {
  return startSeamproof(cwd, args).finished
}

/** Runs a line as a shell does: quotes, patterns and pipes mean what they mean to the user. */
export function runCommandLine(cwd: string, line: string): Promise<Finished> {
  const shell = `seamproof() { "$SEAMPROOF_NODE" "$SEAMPROOF_BIN" "$@"; }\n${line}`
  const child = spawn('bash', ['-c', shell], {
    cwd,
    env: { ...quietEnvironment(), SEAMPROOF_NODE: process.execPath, SEAMPROOF_BIN: seamproof },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return collected(child).finished
}

interface RunOptions {
  env?: NodeJS.ProcessEnv
  /** Give up root's rights, if the test has them. */
  asNobody?: boolean
}

const nobody = { uid: 65_534, gid: 65_534 }

function startSeamproof(
  cwd: string,
  args: readonly string[],
  { env = {}, asNobody = false }: RunOptions = {},
) {
  const child = spawn(process.execPath, [seamproof, ...args], {
    cwd,
    env: { ...quietEnvironment(), ...env },
    ...(asNobody && process.getuid?.() === 0 ? nobody : {}),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return collected(child)
}

function collected(child: ChildProcessByStdio<null, Readable, Readable>) {
  const seen = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    seen.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    seen.stderr += chunk
  })
  const finished = new Promise<Finished>((done, fail) => {
    child.on('error', fail)
    child.on('close', (status, signal) => done({ status, signal, ...seen }))
  })
  return { child, seen, finished }
}

/** A folder of its own for a test, and the program as it was built, run in it. */
export class Sandbox {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'seamproof-cli-')))

  write(name: string, text: string): string {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  /** Runs `seamproof …args`. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return this.start(args, options).finished
  }

  /** Like `run`, for a test that does something to the process meanwhile. */
  start(args: readonly string[], options: RunOptions = {}) {
    return startSeamproof(this.folder, args, options)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Without what the machine or vitest adds to a Node process. */
function quietEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env }
  for (const name of ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS', 'FORCE_COLOR', 'NO_COLOR', 'CI'])
    delete env[name]
  return env
}

/** Waits until a running process has said something. */
export async function until(isTrue: () => boolean, timeoutMs = 60_000): Promise<void> {
  const endMs = Date.now() + timeoutMs
  while (!isTrue()) {
    if (Date.now() > endMs) throw new Error('it did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
