// The ways to profile one command of node: bare, under Seamproof, under its peers. Each leaves its files in a folder.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
export const root = join(here, '../..')
const peersFolder = join(root, '.cache/profilers')
const peers = { '0x': '6', '@datadog/pprof': '5' }
const rateHz = 1000

function baseEnvironment() {
  const env = { LC_ALL: 'C', TZ: 'UTC' }
  for (const name of ['PATH', 'HOME', 'TMPDIR'])
    if (process.env[name] !== undefined) env[name] = process.env[name]
  return env
}

/** From npm, into the cache; what cannot be had is missing with the reason. */
function installPeers() {
  const missing = {}
  for (const [name, major] of Object.entries(peers)) {
    if (existsSync(join(peersFolder, 'node_modules', name))) continue
    mkdirSync(peersFolder, { recursive: true })
    if (!existsSync(join(peersFolder, 'package.json')))
      writeFileSync(join(peersFolder, 'package.json'), '{ "private": true }\n')
    const { status, stderr } = spawnSync(
      'npm',
      ['install', '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${major}`],
      { cwd: peersFolder, encoding: 'utf8' },
    )
    if (status !== 0) missing[name] = `npm could not install it: ${stderr.trim().split('\n')[0]}`
  }
  return missing
}

function perfFault() {
  const { status, error, stderr } = spawnSync('perf', ['record', '-q', '-o', '/dev/null', 'true'], {
    encoding: 'utf8',
  })
  if (error) return 'perf is not installed: apt-get install linux-perf'
  return status === 0 ? undefined : `the kernel refuses it: ${stderr.trim().split('\n')[0]}`
}

const versionOf = (name) =>
  JSON.parse(readFileSync(join(peersFolder, 'node_modules', name, 'package.json'), 'utf8')).version

/** `start(argv, captureDir)`: what to run. `report(captureDir)`: the command that makes a first report of it. */
export async function makePeers() {
  const url = (path) => pathToFileURL(join(root, 'packages', path)).href
  const { agentLibrary } = await import(url('agent/dist/index.js'))
  await agentLibrary()
  const { subjectEnvironment } = await import(url('seamproof/dist/capture/subject-environment.js'))
  const base = baseEnvironment()
  const missing = installPeers()
  const node =
    (env, flags = []) =>
    (argv) => ({ file: process.execPath, args: [...flags, ...argv], env })
  const sampled = (captureDir, clock) =>
    subjectEnvironment({
      captureDir,
      mode: 'samples',
      isExact: false,
      isWorkload: true,
      userEnv: base,
      sampler: { clock, rateHz, isPaused: false },
    })
  const v8Options = () => {
    const { NODE_OPTIONS } = sampled('/nowhere', 'cpu')
    return NODE_OPTIONS.split(' ').filter(
      (option) => option.startsWith('--') && !option.startsWith('--require'),
    )
  }
  const seamproof = (clock) => (argv, captureDir) => ({
    file: process.execPath,
    args: argv,
    env: sampled(captureDir, clock),
  })
  const showSeamproof = (captureDir) => [
    process.execPath,
    [join(root, 'packages/seamproof/bin/seamproof.js'), 'profile', captureDir],
  ]
  const zeroX = join(peersFolder, 'node_modules/0x/cmd.js')
  const datadog = () => createRequire(join(peersFolder, 'package.json')).resolve('@datadog/pprof')
  return [
    { name: 'bare', title: 'bare', start: node(base) },
    {
      name: 'flags',
      title: "V8's options alone",
      start: node(
        base,
        v8Options().filter((option) => option !== '--perf-basic-prof'),
      ),
    },
    {
      name: 'seamproof',
      title: '`seamproof profile`',
      start: seamproof('cpu'),
      report: showSeamproof,
    },
    {
      name: 'seamproof-wall',
      title: '`seamproof profile`, with `--wall`',
      start: seamproof('wall'),
      report: showSeamproof,
    },
    {
      name: 'cpu-prof',
      title: '`node --cpu-prof`, JavaScript only',
      start: (argv, captureDir) => ({
        file: process.execPath,
        args: ['--cpu-prof', '--cpu-prof-interval=1000', `--cpu-prof-dir=${captureDir}`, ...argv],
        env: base,
      }),
    },
    {
      name: 'perf',
      title: '`perf record -F 1000 -g`, with `--perf-basic-prof`',
      missing: perfFault(),
      start: (argv, captureDir) => ({
        file: 'perf',
        args: [
          'record',
          '-q',
          '-F',
          '1000',
          '-g',
          '-o',
          join(captureDir, 'perf.data'),
          process.execPath,
          '--perf-basic-prof',
          '--interpreted-frames-native-stack',
          ...argv,
        ],
        env: base,
      }),
      report: (captureDir) => ['perf', ['script', '-i', join(captureDir, 'perf.data')]],
    },
    {
      name: '0x',
      title: `0x ${missing['0x'] ? '' : versionOf('0x')}`.trim(),
      missing: missing['0x'],
      start: (argv, captureDir) => ({
        file: process.execPath,
        args: [
          zeroX,
          '--collect-only',
          '-D',
          join(captureDir, 'profile'),
          '--',
          process.execPath,
          ...argv,
        ],
        env: base,
      }),
      report: (captureDir) => [
        process.execPath,
        [zeroX, '--visualize-only', join(captureDir, 'profile')],
      ],
    },
    {
      name: 'datadog',
      title: `@datadog/pprof ${missing['@datadog/pprof'] ? '' : versionOf('@datadog/pprof')}, JavaScript only`,
      missing: missing['@datadog/pprof'],
      start: (argv, captureDir) => ({
        file: process.execPath,
        args: ['--require', join(here, 'datadog.cjs'), ...argv],
        env: {
          ...base,
          BENCH_CAPTURE: captureDir,
          BENCH_DATADOG: missing['@datadog/pprof'] ? '' : datadog(),
        },
      }),
    },
  ]
}

/** The environment of a process whose sampler waits for start(). */
export async function pausedEnvironment(captureDir, clock) {
  const { subjectEnvironment } = await import(
    pathToFileURL(join(root, 'packages/seamproof/dist/capture/subject-environment.js')).href
  )
  return subjectEnvironment({
    captureDir,
    mode: 'samples',
    isExact: false,
    isWorkload: true,
    userEnv: baseEnvironment(),
    sampler: { clock, rateHz, isPaused: true },
  })
}

/** Milliseconds of the first report, or undefined where the file is the report. */
export function reportMs(peer, captureDir) {
  if (peer.report === undefined) return undefined
  const [file, args] = peer.report(captureDir)
  const started = performance.now()
  execFileSync(file, args, { stdio: 'ignore', env: baseEnvironment() })
  return performance.now() - started
}
