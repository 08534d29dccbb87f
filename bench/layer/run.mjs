// What the seam layer costs: one Node-API call and one crossing, and three published addons, with nothing, passed through,
// checked, and with allocations recorded. The configurations take turns in every round; each process gives its least, and
// the rounds are compared in pairs. CPU time throughout. Instructions are counted by callgrind, which repeats well.
//   node bench/layer/run.mjs                 prints
//   node bench/layer/run.mjs --write         writes docs/results/layer-cost.md too
//   --rounds 9   --no-instructions   --no-addons
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { loadavg, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { agentLibrary } from '@seamproof/agent'
import { configurations, findAddons, machine, valgrindVersion } from './configurations.mjs'
import { renderLayerCost } from './render.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = resolve(here, '../..')
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    write: { type: 'boolean', default: false },
    instructions: { type: 'boolean', default: true },
    addons: { type: 'boolean', default: true },
  },
  allowNegative: true,
})
const rounds = Number(options.rounds)
const names = Object.keys(configurations)
const packages = { crc32: '@node-rs/crc32', bcrypt: 'bcrypt', sharp: 'sharp' }
const say = (text) => process.stderr.write(`${text}\n`)

await agentLibrary()
const scratch = mkdtempSync(join(tmpdir(), 'seamproof-layer-cost-'))
const headers = join(
  dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')),
  'include',
)
const cost = join(scratch, 'cost.node')
execFileSync('gcc', [
  '-O2',
  '-g',
  '-shared',
  '-fPIC',
  '-I',
  headers,
  '-o',
  cost,
  join(here, 'cost.c'),
])

function subject(args, configuration, before = []) {
  const captureDir = mkdtempSync(join(scratch, 'capture-'))
  const command = [...before, process.execPath, join(here, 'subject.cjs'), ...args]
  const output = execFileSync(command[0], command.slice(1), {
    env: configurations[configuration].env(captureDir),
    cwd: scratch,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  rmSync(captureDir, { recursive: true })
  return JSON.parse(output)
}

/** Values by name and configuration, one a round. Each round begins with another configuration. */
function timed(args) {
  const series = {}
  for (let round = 0; round < rounds; round++) {
    say(`${args[0]}: round ${round + 1} of ${rounds}`)
    for (let step = 0; step < names.length; step++) {
      const configuration = names[(round + step) % names.length]
      for (const [name, value] of Object.entries(subject(['time', ...args], configuration))) {
        series[name] ??= Object.fromEntries(names.map((one) => [one, []]))
        series[name][configuration].push({ round, value })
      }
    }
  }
  return series
}

/** Instructions per call by name and configuration, from callgrind's dumps in their order. */
function counted(args) {
  const counts = {}
  for (const configuration of ['plain', 'pass', 'check']) {
    say(`${args[0]}: counting instructions, ${configuration}`)
    const folder = mkdtempSync(join(scratch, 'callgrind-'))
    const file = join(folder, 'out')
    const before = [
      'valgrind',
      '--tool=callgrind',
      '--quiet',
      `--callgrind-out-file=${file}`,
      '--zero-before=layer_cost_begin',
      '--dump-before=layer_cost_end',
    ]
    const done = subject(['count', ...args], configuration, before)
    const dumps = readdirSync(folder)
      .filter((one) => /^out\.\d+$/.test(one))
      .sort((a, b) => Number(a.slice(4)) - Number(b.slice(4)))
    for (const [i, { name, calls }] of done.entries()) {
      const text = readFileSync(join(folder, dumps[i]), 'utf8')
      const total = Number(/^(?:totals|summary): (\d+)/m.exec(text)[1])
      counts[name] ??= {}
      counts[name][configuration] = total / calls
    }
  }
  return counts
}

const measured = { date: new Date().toISOString().slice(0, 10), rounds, machine: machine() }
const canCount = options.instructions && valgrindVersion() !== undefined
if (options.instructions && !canCount)
  say('no valgrind: instructions are not counted. apt-get install valgrind')
measured.valgrind = canCount ? valgrindVersion() : undefined
measured.calls = timed(['calls', cost])
measured.callInstructions = canCount ? counted(['calls', cost]) : {}
measured.addons = []
if (options.addons)
  for (const { name, path, version } of addons()) {
    const what = Object.keys(packages).find((one) => packages[one] === name)
    const { msPerOperation } = timed([what, cost, path])
    const instructions = canCount ? counted([what, cost, path])[what] : undefined
    measured.addons.push({ name, version, msPerOperation, instructions })
  }
measured.loadAfter = loadavg()[0]

/** As the tests of popular addons install them, else into a folder of this benchmark. */
function addons() {
  const wanted = Object.values(packages)
  const own = join(root, '.cache/packages/layer-cost')
  const folders = [join(root, 'examples/addons'), join(root, '.cache/packages/popular-addons'), own]
  const there = findAddons(wanted, folders)
  if (there) return there
  say('installing the addons')
  const { dependencies } = JSON.parse(readFileSync(join(folders[0], 'package.json'), 'utf8'))
  mkdirSync(own, { recursive: true })
  const chosen = Object.fromEntries(wanted.map((name) => [name, dependencies[name]]))
  writeFileSync(join(own, 'package.json'), JSON.stringify({ private: true, dependencies: chosen }))
  const flags = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--loglevel=error',
  ]
  execFileSync('npm', ['install', ...flags], { cwd: own, stdio: 'inherit' })
  return findAddons(wanted, [own])
}

rmSync(scratch, { recursive: true })
const text = renderLayerCost(measured)
console.log(text)
if (options.write) {
  const file = join(root, 'docs/results/layer-cost.md')
  writeFileSync(file, text)
  say(`written: ${file}`)
}
