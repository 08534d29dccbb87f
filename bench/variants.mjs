// The ways to run one command: bare, under Seamproof, under its peers. Each leaves its capture in a folder of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** What `seamproof track` gives a program, from the built package itself. */
async function trackEnvironment() {
  const built = join(root, 'packages/seamproof/dist/capture/subject-environment.js')
  if (!existsSync(built))
    throw new Error('the packages are not built: run `npm install && npm run build` first')
  const { agentLibrary } = await import(
    pathToFileURL(join(root, 'packages/agent/dist/index.js')).href
  )
  await agentLibrary()
  return (await import(pathToFileURL(built).href)).subjectEnvironment
}

function firstExisting(paths) {
  return paths.find((path) => existsSync(path))
}

function versionOf(command) {
  const { stdout, status } = spawnSync(command, ['--version'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim().split('\n')[0] : undefined
}

/** The same for every variant: no certificate bundle (400,000 allocations at start), no options or preloads of the caller's. */
function pinnedEnvironment() {
  const env = { LC_ALL: 'C', TZ: 'UTC' }
  for (const name of ['PATH', 'HOME', 'TMPDIR'])
    if (process.env[name] !== undefined) env[name] = process.env[name]
  return env
}

/**
 * Variants in the order of the tables. `start(argv, captureDir)` says how to run a command of node; `rounds` is the share
 * of rounds that take part, for tools that are slower by far; `missing` says why one cannot run here.
 */
export async function makeVariants() {
  const subjectEnvironment = await trackEnvironment()
  const base = pinnedEnvironment()
  const seamproof = (mode) => (argv, captureDir) => ({
    file: process.execPath,
    args: argv,
    env: subjectEnvironment({ captureDir, mode, isExact: false, isWorkload: true, userEnv: base }),
  })
  const flagsOf = (captureDir) =>
    subjectEnvironment({
      captureDir,
      mode: 'full',
      isExact: false,
      isWorkload: true,
      userEnv: base,
    })
      .NODE_OPTIONS.split(' ')
      .filter((option) => option.startsWith('--') && !option.startsWith('--require'))
      .filter((option) => option !== '--perf-basic-prof')
      .join(' ')
  const heaptrackLibrary = firstExisting([
    '/usr/lib/heaptrack/libheaptrack_preload.so',
    '/usr/local/lib/heaptrack/libheaptrack_preload.so',
  ])
  const valgrind = versionOf('valgrind')
  return [
    {
      name: 'bare',
      title: 'bare',
      rounds: 1,
      start: (argv) => ({ file: process.execPath, args: argv, env: base }),
    },
    {
      name: 'flags',
      title: "bare with Seamproof's V8 options",
      rounds: 1,
      start: (argv, captureDir) => ({
        file: process.execPath,
        args: argv,
        env: { ...base, NODE_OPTIONS: flagsOf(captureDir) },
      }),
    },
    { name: 'full', title: 'Seamproof full', rounds: 1, start: seamproof('full') },
    { name: 'aggregate', title: 'Seamproof aggregate', rounds: 1, start: seamproof('aggregate') },
    {
      name: 'heaptrack',
      title: 'heaptrack',
      version: versionOf('heaptrack'),
      rounds: 1,
      missing: heaptrackLibrary
        ? undefined
        : 'heaptrack is not installed: apt-get install heaptrack',
      // The library alone, writing to a file: without the interpreter and compressor that its script runs beside the
      // program, which on few cores would be counted against it.
      start: (argv, captureDir) => ({
        file: process.execPath,
        args: argv,
        env: {
          ...base,
          LD_PRELOAD: heaptrackLibrary,
          DUMP_HEAPTRACK_OUTPUT: join(captureDir, 'heaptrack.raw'),
        },
      }),
    },
    {
      name: 'dhat',
      title: 'valgrind dhat',
      version: valgrind,
      rounds: 0,
      missing: valgrind ? undefined : 'valgrind is not installed: apt-get install valgrind',
      start: (argv, captureDir) => ({
        file: 'valgrind',
        args: [
          '--tool=dhat',
          // V8 writes code at run time.
          '--smc-check=all-non-file',
          '--num-callers=40',
          `--dhat-out-file=${join(captureDir, 'dhat.json')}`,
          process.execPath,
          ...argv,
        ],
        env: base,
      }),
    },
  ]
}

export function newCaptureFolder(scratch, name) {
  const folder = join(scratch, name)
  mkdirSync(folder, { recursive: true })
  return folder
}
