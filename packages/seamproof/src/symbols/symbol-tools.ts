import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'

/** The programs that read debug information and undo name mangling; absent ones are undefined. */
export interface SymbolTools {
  llvmSymbolizer?: string
  addr2line?: string
  demangler?: string
}

export const symbolToolsHint = 'apt-get install binutils'

/** Looks along `path` (the environment's PATH unless told); knows Debian's versioned names (`llvm-symbolizer-19`). */
export function findSymbolTools(path = process.env.PATH ?? ''): SymbolTools {
  const folders = path.split(delimiter).filter((folder) => folder !== '')
  const llvmSymbolizer = findProgram(folders, 'llvm-symbolizer')
  const addr2line = findProgram(folders, 'addr2line')
  const demangler = findProgram(folders, 'c++filt') ?? findProgram(folders, 'llvm-cxxfilt')
  return {
    ...(llvmSymbolizer !== undefined && { llvmSymbolizer }),
    ...(addr2line !== undefined && { addr2line }),
    ...(demangler !== undefined && { demangler }),
  }
}

function findProgram(folders: string[], name: string): string | undefined {
  for (const folder of folders) if (isProgram(join(folder, name))) return join(folder, name)
  const versioned = folders
    .flatMap((folder) => versionsIn(folder, name))
    .sort((a, b) => b.version - a.version)
  return versioned[0]?.path
}

function versionsIn(folder: string, name: string): { path: string; version: number }[] {
  let entries: string[]
  try {
    entries = readdirSync(folder)
  } catch {
    return []
  }
  return entries
    .filter((entry) => entry.startsWith(`${name}-`) && /^\d+$/.test(entry.slice(name.length + 1)))
    .map((entry) => ({ path: join(folder, entry), version: Number(entry.slice(name.length + 1)) }))
    .filter((found) => isProgram(found.path))
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A large Rust addon with full debug information takes addr2line a minute. */
const toolTimeoutMs = 180_000

/** Runs one tool over `lines` and gives its output; throws an Error that says what went wrong in one line. */
export async function runSymbolTool(
  program: string,
  args: string[],
  lines: readonly string[],
): Promise<string> {
  const result = await execa(program, args, {
    input: `${lines.join('\n')}\n`,
    reject: false,
    stripFinalNewline: false,
    timeout: toolTimeoutMs,
    maxBuffer: 1 << 30,
    // No instrument and no network (debuginfod) inside our own tools.
    env: { LC_ALL: 'C', LD_PRELOAD: undefined, NODE_OPTIONS: undefined, DEBUGINFOD_URLS: '' },
  })
  if (!result.failed) return result.stdout
  const said = result.stderr.trim().split('\n')[0]
  throw new Error(`${program}: ${said || result.shortMessage}`)
}

/** At most `limit` tasks at a time, in the order they came. */
export class TaskLimit {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(limit: number) {
    this.#free = limit
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
