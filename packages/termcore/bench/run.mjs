// npm run bench -w @seamproof/termcore [-- --quick] [-- --only crossing,vt] [-- --out FILE.md] [-- --results FILE.json]
// Runs each part in a process of its own, one after another, and writes the tables with the goals beside them.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { arch, cpus, loadavg, release } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildDir } from '../dist/native-build.js'
import { countMallocPath, floorPath, kitCostsPath } from './bench-native.mjs'
import { medianInterval } from './measure.mjs'
import { renderBench } from './render.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    only: { type: 'string' },
    out: { type: 'string' },
    render: { type: 'boolean' },
    results: { type: 'string' },
  },
})
/** Parts that ran before stay in the tables until they run again; --render makes them from this file alone. */
const resultsFile = values.results ?? join(buildDir, 'bench.json')

/** Nothing from the caller's environment: NODE_EXTRA_CA_CERTS alone costs 400,000 allocations. */
const environment = (extra = {}) => ({ PATH: process.env.PATH, HOME: process.env.HOME, ...extra })

const quick = values.quick === true
const rounds = (full) => ({ BENCH_ROUNDS: String(quick ? 9 : full) })
/** Optimised code is made at once instead of whenever another thread gets a CPU: what is measured is the same. */
const steady = ['--no-concurrent-recompilation']
const pinned = ['--min-semi-space-size=64', '--max-semi-space-size=64']

function run(file, { args = [], nodeFlags = [], env = {}, launcher = [] } = {}) {
  const [command, ...rest] = [
    ...launcher,
    process.execPath,
    ...nodeFlags,
    join(here, file),
    ...args,
  ]
  const result = spawnSync(command, rest, {
    encoding: 'utf8',
    env: environment(env),
    maxBuffer: 1 << 26,
  })
  if (result.status !== 0)
    throw new Error(`${file} ended with ${result.status ?? result.signal}:\n${result.stderr}`)
  return JSON.parse(result.stdout.trim().split('\n').at(-1))
}

/** Real-time scheduling takes other processes' turns away: what is left is the program's own latency. */
const realTime = ['chrt', '-f', '1']
const mayRealTime = () => spawnSync(realTime[0], [...realTime.slice(1), 'true']).status === 0

function latency() {
  const env = { BENCH_SECONDS: quick ? '1' : '3' }
  const pairs = (launcher) =>
    Array.from({ length: quick ? 1 : 5 }, () => ({
      termcore: run('latency.mjs', { launcher, env }),
      floor: run('latency.mjs', { launcher, env, args: ['floor'] }),
    }))
  return { default: pairs([]), realTime: mayRealTime() ? pairs(realTime) : null }
}

function kit() {
  const lines = execFileSync(kitCostsPath(), [quick ? '9' : '61'], { encoding: 'utf8' })
    .trim()
    .split('\n')
  return {
    rows: lines.map((line) => {
      const [name, ...values] = line.split('\t')
      return { name, ns: medianInterval(values.map(Number)) }
    }),
  }
}

const parts = {
  crossing: () => run('crossing.mjs', { env: rounds(61), nodeFlags: steady }),
  flags: () => run('flags.mjs', { env: rounds(61), nodeFlags: steady }),
  kernels: () => run('kernels.mjs', { env: rounds(31) }),
  router: () => run('router.mjs', { env: rounds(401) }),
  allocations: () =>
    run('allocations.mjs', {
      nodeFlags: ['--expose-gc', ...pinned],
      env: { LD_PRELOAD: countMallocPath() },
    }),
  latency,
  kit,
  vt: () => run('vt.mjs', { env: { ...rounds(7), BENCH_MB: quick ? '1' : '2' } }),
}

function machine() {
  const [cpu] = cpus()
  const compiler = execFileSync('cc', ['--version'], { encoding: 'utf8' }).split('\n')[0]
  return {
    cpu: cpu?.model ?? 'unknown',
    cpuCount: cpus().length,
    arch: arch(),
    kernel: release(),
    node: process.version,
    compiler,
    load: loadavg().map((value) => value.toFixed(1)),
  }
}

floorPath()
const wanted = values.only === undefined ? Object.keys(parts) : values.only.split(',')
for (const name of wanted)
  if (!(name in parts))
    throw new Error(`no part "${name}"; there are ${Object.keys(parts).join(', ')}`)
let results = { parts: {} }
try {
  results = JSON.parse(readFileSync(resultsFile, 'utf8'))
} catch {
  // The first run.
}
for (const name of values.render === true ? [] : wanted) {
  const began = performance.now()
  process.stderr.write(`${name} ... `)
  results.parts[name] = {
    at: new Date().toISOString(),
    isQuick: quick,
    machine: machine(),
    ...parts[name](),
  }
  process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0)} s\n`)
  mkdirSync(buildDir, { recursive: true })
  writeFileSync(resultsFile, JSON.stringify(results))
}
const text = renderBench(results)
console.log(text)
if (values.out !== undefined) {
  writeFileSync(values.out, text)
  process.stderr.write(`written to ${relative(process.cwd(), values.out)}\n`)
}
