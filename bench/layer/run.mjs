// What the seam layer costs: one Node-API call and one crossing, and three published addons. Each subject runs without
// anything, with the agent (aggregate mode), with the agent and its layer, and as `check` runs it (the layer alone), in turn; the least of all runs counts, in
// CPU time, because the machine may be busy.   node bench/layer/run.mjs
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { agentEnvironment, agentLibrary } from '@seamproof/agent'

const here = dirname(fileURLToPath(import.meta.url))
const root = resolve(here, '../..')
const require = createRequire(import.meta.url)
const rounds = Number(process.argv[2] ?? 3)

await agentLibrary()
const scratch = mkdtempSync(join(tmpdir(), 'seamproof-layer-cost-'))
const headers = join(dirname(require.resolve('node-api-headers/package.json')), 'include')
const cost = join(scratch, 'cost.node')
execFileSync('gcc', ['-O2', '-shared', '-fPIC', '-I', headers, '-o', cost, join(here, 'cost.c')])

const plain = { PATH: process.env.PATH }
const configurations = {
  plain: () => plain,
  agent: (captureDir) => ({ ...plain, ...agentEnvironment({ captureDir, mode: 'aggregate' }) }),
  layer: (captureDir) => ({ ...configurations.agent(captureDir), SEAMPROOF_LAYER: '1' }),
  check: (captureDir) => ({ ...configurations.layer(captureDir), SEAMPROOF_LAYER_ONLY: '1' }),
}

function measure(what, path, configuration) {
  const captureDir = mkdtempSync(join(scratch, 'capture-'))
  const output = execFileSync(process.execPath, [join(here, 'subject.cjs'), what, path], {
    env: configurations[configuration](captureDir),
    encoding: 'utf8',
  })
  rmSync(captureDir, { recursive: true })
  return JSON.parse(output)
}

function least(what, path) {
  const measured = {}
  for (let round = 0; round < rounds; round++)
    for (const configuration of Object.keys(configurations))
      for (const [name, value] of Object.entries(measure(what, path, configuration))) {
        measured[name] ??= {}
        measured[name][configuration] = Math.min(measured[name][configuration] ?? Infinity, value)
      }
  return measured
}

console.log(
  `${'ns per call'.padEnd(36)} ${'plain'.padStart(8)} ${'agent'.padStart(8)} ${'layer'.padStart(8)} ${'layer adds'.padStart(11)}`,
)
for (const [name, ns] of Object.entries(least('cost', cost))) {
  const cells = [ns.plain, ns.agent, ns.layer].map((value) => value.toFixed(1).padStart(8))
  console.log(
    `${name.padEnd(36)} ${cells.join(' ')} ${(ns.layer - ns.agent).toFixed(1).padStart(11)}`,
  )
}
console.log(
  `\n${'ms of CPU per operation'.padEnd(36)} ${'plain'.padStart(8)} ${'agent'.padStart(8)} ${'layer'.padStart(8)} ${'check'.padStart(8)} ${'check÷plain'.padStart(11)}`,
)
const addons = createRequire(join(root, 'examples/addons/package.json'))
for (const [what, name] of [
  ['crc32', '@node-rs/crc32'],
  ['bcrypt', 'bcrypt'],
  ['sharp', 'sharp'],
]) {
  const { msPerOperation: ms } = least(what, addons.resolve(name))
  const cells = [ms.plain, ms.agent, ms.layer, ms.check].map((value) =>
    value.toPrecision(3).padStart(8),
  )
  console.log(
    `${name.padEnd(36)} ${cells.join(' ')} ${(ms.check / ms.plain).toFixed(2).padStart(11)}`,
  )
}
rmSync(scratch, { recursive: true })
