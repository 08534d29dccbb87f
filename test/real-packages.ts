import { execFile } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const root = resolve(import.meta.dirname, '..')
const seamproof = join(root, 'packages/seamproof/bin/seamproof.js')
const execute = promisify(execFile)

function pinnedEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env }
  for (const name of ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS', 'FORCE_COLOR', 'NO_COLOR'])
    delete env[name]
  return env
}

const lockStaleMs = 15 * 60_000

/** Test files run side by side, and two may want the same folder: the second waits. A lock left by a killed run grows stale. */
async function withLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      mkdirSync(lock)
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const madeMs = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
      if (Date.now() - madeMs > lockStaleMs) rmSync(lock, { recursive: true, force: true })
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  }
  try {
    return await work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

/** A folder inside the repository (so that `seamproof` resolves) with these packages from npm; kept between runs. */
export async function packagesFrom(
  name: string,
  dependencies: Record<string, string>,
  build?: PackageBuild,
): Promise<string> {
  const folder = join(root, '.cache/packages', name)
  mkdirSync(join(root, '.cache/packages'), { recursive: true })
  return withLock(`${folder}.lock`, () => install(folder, dependencies, build))
}

/** What must be compiled once its source is there. */
interface PackageBuild {
  folder: string
  command: [string, ...string[]]
  product: string
}

async function install(
  folder: string,
  dependencies: Record<string, string>,
  build: PackageBuild | undefined,
): Promise<string> {
  const manifest = join(folder, 'package.json')
  const wanted = JSON.stringify({ private: true, type: 'module', dependencies })
  mkdirSync(folder, { recursive: true })
  const isThere = Object.keys(dependencies).every((one) =>
    existsSync(join(folder, 'node_modules', one)),
  )
  if (!isThere || !existsSync(manifest) || readFileSync(manifest, 'utf8') !== wanted) {
    writeFileSync(manifest, wanted)
    // Install scripts only download; what must be built is built below.
    const flags = [
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--no-package-lock',
      '--loglevel=error',
    ]
    await execute('npm', ['install', ...flags], { cwd: folder })
  }
  if (build && !existsSync(join(folder, build.folder, build.product))) {
    const [command, ...args] = build.command
    await execute(command, args, {
      cwd: join(folder, build.folder),
      maxBuffer: 1 << 28,
      env: pinnedEnvironment(),
    })
  }
  return folder
}

/** The parts of `seamproof leaks --json` that tests read. */
export interface LeakReport {
  checks: { check: string; status: string; evidence: string }[]
  leaks: {
    status: string
    reason: string
    partOf?: string
    kind: string
    moduleName: string
    functionName: string
    blocksPerOperation: { value: number }
    bytesPerOperation: { value: number }
    stack: { functionName: string; moduleName?: string }[]
    callSites: { share: number; stack: { functionName: string; file?: string; line?: number }[] }[]
  }[]
}

export interface TrackRun {
  exitCode: number
  report: LeakReport
  captureDir: string
  output: string
}

/** Copies the workload beside the packages, tracks it, and reads the report as a user's script would. */
export async function trackWorkload(
  folder: string,
  workload: string,
  options: { args?: string[]; env?: NodeJS.ProcessEnv; node?: string } = {},
): Promise<TrackRun> {
  const name = workload.split('/').pop()!
  copyFileSync(workload, join(folder, name))
  return track(folder, name, [name, ...(options.args ?? [])], options)
}

/** The same for a program that is no workload. */
export function trackProgram(folder: string, command: string[], args: string[]): Promise<TrackRun> {
  return track(folder, 'program', [...args, '--', ...command])
}

async function track(
  folder: string,
  name: string,
  args: string[],
  options: { env?: NodeJS.ProcessEnv; node?: string } = {},
): Promise<TrackRun> {
  const captureDir = join(folder, `${name}.seamproof`)
  const env = { ...pinnedEnvironment(), ...options.env }
  const node = options.node ?? process.execPath
  const run = async (args: string[]) => {
    try {
      const { stdout, stderr } = await execute(node, [seamproof, ...args], {
        cwd: folder,
        env,
        maxBuffer: 1 << 28,
      })
      return { exitCode: 0, stdout, stderr }
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
      return { exitCode: code, stdout, stderr }
    }
  }
  const tracked = await run(['track', '--out', captureDir, '--force', ...args])
  const output = `${tracked.stdout}${tracked.stderr}`
  if (tracked.exitCode !== 0 && tracked.exitCode !== 1)
    throw new Error(`${name} could not be tracked:\n${output}`)
  const { stdout } = await run(['leaks', captureDir, '--json'])
  return {
    exitCode: tracked.exitCode,
    report: JSON.parse(stdout) as LeakReport,
    captureDir,
    output,
  }
}
