import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packageFolder = join(dirname(fileURLToPath(import.meta.url)), '..')
const sourceFolder = join(packageFolder, 'native')

export type AgentErrorCode = 'NO_COMPILER' | 'BUILD_FAILED' | 'UNSUPPORTED_PLATFORM'

/** The agent could not be had on this machine; the message ends with what to type. */
export class AgentError extends Error {
  override readonly name = 'AgentError'
  readonly code: AgentErrorCode

  constructor(code: AgentErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

const flags = [
  '-std=c11',
  '-O2',
  '-g1',
  '-fPIC',
  '-shared',
  '-fvisibility=hidden',
  // The hooks read their caller's registers from their own frame.
  '-fno-omit-frame-pointer',
  '-fno-plt',
  '-Wall',
  '-Wextra',
]

/** A name that nothing defines would be found out only in a subject, which then does not start. Addons get theirs from Node. */
const agentLibraries = ['-ldl', '-lpthread', '-Wl,-z,defs']

function sources(): string[] {
  return readdirSync(sourceFolder)
    .filter((name) => /\.[ch]$/.test(name))
    .sort()
}

/** Names the build: another compiler's or another version's library is never taken for this one. */
function buildKey(compiler: string): string {
  const hash = createHash('sha256')
    .update(compiler)
    .update([...flags, ...agentLibraries].join(' '))
  for (const name of sources()) hash.update(name).update(readFileSync(join(sourceFolder, name)))
  return hash.digest('hex').slice(0, 16)
}

function isWritable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function cacheFolders(): string[] {
  const home = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  // LD_PRELOAD is split at blanks and colons, and knows no quotes.
  return [join(packageFolder, 'build'), join(home, 'seamproof'), '/tmp/seamproof-agent'].filter(
    (folder) => !/[\s:]/.test(folder),
  )
}

function systemCompiler(): string {
  return process.env.CC || 'cc'
}

function libraryName(compiler: string): string {
  return join(buildKey(compiler), 'seamproof-agent.so')
}

/** What this process was given stays what it uses, even while somebody edits the sources. */
let given: string | undefined

function builtLibrary(): string | undefined {
  if (given && existsSync(given)) return given
  const name = libraryName(systemCompiler())
  given = cacheFolders()
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))
  return given
}

function run(
  command: string,
  args: string[],
): Promise<{ ok: boolean; missing: boolean; output: string }> {
  return new Promise((resolve) => {
    // A subject's preload must not reach the compiler.
    const env = { ...process.env }
    for (const name of ['LD_PRELOAD', 'SEAMPROOF_CAPTURE']) delete env[name]
    execFile(command, args, { env }, (error, stdout, stderr) => {
      const missing = (error as NodeJS.ErrnoException | null)?.code === 'ENOENT'
      resolve({ ok: error === null, missing, output: `${stdout}${stderr}` })
    })
  })
}

async function build(compiler: string, library: string): Promise<void> {
  const files = sources()
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(sourceFolder, name))
  await compile(compiler, library, files, agentLibraries)
}

async function compile(
  compiler: string,
  library: string,
  files: readonly string[],
  libraries: readonly string[],
): Promise<void> {
  const unfinished = `${library}.${process.pid}`
  const result = await run(compiler, [...flags, '-o', unfinished, ...files, ...libraries])
  if (result.missing)
    throw new AgentError(
      'NO_COMPILER',
      `no C compiler: "${compiler}" was not found. Install one with: apt-get install gcc libc6-dev`,
    )
  if (!result.ok) {
    rmSync(unfinished, { force: true })
    throw new AgentError(
      'BUILD_FAILED',
      `"${compiler}" could not build the agent (${library}):\n${result.output.trim().split('\n').slice(0, 12).join('\n')}\nIf headers are missing: apt-get install libc6-dev`,
    )
  }
  // Two processes may build at once: each moves a whole file into place.
  renameSync(unfinished, library)
}

/**
 * The agent's shared library, to preload. Built from its C sources with the system's compiler (`CC`, else `cc`) on first
 * use, because npm may run no install scripts; afterwards taken from the package's `build/` or the user's cache.
 * @throws AgentError
 */
export async function agentLibrary(): Promise<{ path: string }> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new AgentError(
      'UNSUPPORTED_PLATFORM',
      `the agent runs on Linux x64 with glibc, this is ${process.platform} ${process.arch}. Record there; a capture can be read on any machine`,
    )
  const built = builtLibrary()
  if (built) return { path: built }
  const compiler = systemCompiler()
  const name = libraryName(compiler)
  const folders = cacheFolders()
  const folder = folders.find((candidate) => isWritable(join(candidate, dirname(name))))
  if (!folder)
    throw new AgentError(
      'BUILD_FAILED',
      `cannot write the agent to ${folders.join(' or ')}. Set XDG_CACHE_HOME to a folder you own`,
    )
  await build(compiler, join(folder, name))
  given = join(folder, name)
  return { path: given }
}

/**
 * An addon with the cheapest crossings there are (`empty`, `threeIntegers`), to measure what a crossing costs in a run. Built
 * on first use, like the agent.
 * @throws AgentError
 */
export const calibrationAddon = (): Promise<{ path: string }> =>
  ownAddon('calibration/crossing.c', 'seamproof-crossing.node')

/**
 * An addon that breaks rules of Node-API on purpose, to see whether the seam layer says so. Built on first use, like the
 * agent.
 * @throws AgentError
 */
export const canaryAddon = (): Promise<{ path: string }> =>
  ownAddon('canary/canary.c', 'seamproof-canary.node')

async function ownAddon(sourceFile: string, addonFile: string): Promise<{ path: string }> {
  const compiler = systemCompiler()
  const source = join(packageFolder, sourceFile)
  const key = createHash('sha256').update(compiler).update(readFileSync(source)).digest('hex')
  const name = join(key.slice(0, 16), addonFile)
  const folders = cacheFolders()
  const built = folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
  if (built) return { path: built }
  const folder = folders.find((candidate) => isWritable(join(candidate, dirname(name))))
  if (!folder)
    throw new AgentError(
      'BUILD_FAILED',
      `cannot write an addon to ${folders.join(' or ')}. Set XDG_CACHE_HOME to a folder you own`,
    )
  await compile(compiler, join(folder, name), [source], [])
  return { path: join(folder, name) }
}

export interface SamplerOptions {
  /** `cpu`: a thread is sampled while it runs. `wall`: what it waits for is recorded too. */
  clock: 'cpu' | 'wall'
  /** Samples per second of each thread that runs, 1 to 10,000. */
  rateHz: number
  /** Wait for `start()` from inside the process. */
  isPaused: boolean
  /** Of samples, clocks and collections only the newest so many bytes are kept; 256 KiB to 64 MiB. Default: all. */
  keepBytes?: number
}

export interface AgentOptions {
  /** Absolute path of an existing folder; every traced process writes one file into it. */
  captureDir: string
  /** `full`: every allocation. `aggregate`: totals per stack. `samples`: no allocations, but what runs, by a timer. */
  mode: 'full' | 'aggregate' | 'samples'
  sampler?: SamplerOptions
  /** Frames kept of a stack, 8 to 510; deeper ones are cut at the outer end and counted. Default 256. */
  maxDepth?: number
  /** A trace stops growing here and says so. Default: as far as the disk goes. */
  fileLimitBytes?: number
}

/**
 * The variables that make a process and its children record. Call `agentLibrary` first: it builds what this names.
 * `LD_PRELOAD` is the agent alone; put it before what the subject preloads already.
 */
export function agentEnvironment(options: AgentOptions): Record<string, string> {
  const library = builtLibrary()
  if (!library)
    throw new AgentError('BUILD_FAILED', 'the agent is not built yet: call agentLibrary() first')
  return {
    LD_PRELOAD: library,
    SEAMPROOF_AGENT: library,
    SEAMPROOF_CAPTURE: options.captureDir,
    SEAMPROOF_MODE: options.mode,
    ...samplerVariables(options.sampler),
    ...(options.maxDepth === undefined ? {} : { SEAMPROOF_DEPTH: String(options.maxDepth) }),
    ...(options.fileLimitBytes === undefined
      ? {}
      : { SEAMPROOF_FILE_LIMIT: String(options.fileLimitBytes) }),
  }
}

function samplerVariables(sampler: SamplerOptions | undefined): Record<string, string> {
  if (sampler === undefined) return {}
  return {
    SEAMPROOF_RATE: String(sampler.rateHz),
    SEAMPROOF_CLOCK: sampler.clock,
    ...(sampler.isPaused ? { SEAMPROOF_PAUSED: '1' } : {}),
    ...(sampler.keepBytes === undefined ? {} : { SEAMPROOF_KEEP: String(sampler.keepBytes) }),
  }
}
