// What CPU profilers cost: the same work in turns, bare and under each of them. CPU time of the subject itself counts
// (the machine may be busy); wall time stands beside it.
//   node bench/profile/run.mjs [--rounds 7] [--quick] [--only NAME] [--write]
// --write replaces docs/results/profile-cost.md.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { takeTurns } from '../rotation.mjs'
import { ratioOf } from '../statistics.mjs'
import { makePeers, pausedEnvironment, reportMs, root } from './peers.mjs'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const rounds = Number(options.rounds)
const goal = 1.03
const part = options.quick ? 0.25 : 1
const subject = (name) => join(root, 'bench/subjects', name)
/** As installed for the examples, or by the tests. */
const addons =
  [join(root, 'examples/addons'), join(root, '.cache/packages/popular-addons')].find((folder) =>
    existsSync(join(folder, 'node_modules')),
  ) ?? join(root, 'examples/addons')
const missingAddon = (name) =>
  existsSync(join(addons, 'node_modules', name))
    ? undefined
    : `${name} is not installed: npm install --prefix examples/addons`

const workloads = [
  {
    name: 'JavaScript',
    argv: [join(root, 'bench/profile/compute.cjs'), String(Math.ceil(160 * part))],
  },
  {
    name: 'better-sqlite3',
    missing: missingAddon('better-sqlite3'),
    argv: [subject('sqlite.cjs'), addons, String(200_000 * part)],
  },
  {
    name: 'sharp',
    missing: missingAddon('sharp'),
    argv: [subject('sharp.mjs'), addons, String(120 * part)],
  },
  { name: 'HTTP', argv: [subject('http.mjs'), String(6000 * part)] },
].filter(({ name }) => options.only === undefined || name === options.only)

const bytesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size,
      0,
    )

async function measure(workload, peers, scratch) {
  const files = {}
  const runs = await takeTurns({
    variants: peers,
    rounds,
    slowRounds: rounds,
    scratch,
    argv: () => ['--require', subject('resource-usage.cjs'), ...workload.argv],
    onRun: (name, round) =>
      process.stderr.write(`${workload.name}: ${name}, round ${round + 1} of ${rounds}\n`),
    onFirstCapture: (peer, folder) => {
      const bytes = bytesIn(folder)
      files[peer.name] = { bytes, reportMs: reportMs(peer, folder) }
    },
  })
  const series = (name, read) => runs[name].map((run) => ({ round: run.round, value: read(run) }))
  const cpu = (name) => series(name, ({ result }) => result.cpuMs)
  const wall = (name) => series(name, ({ wallMs }) => wallMs)
  return peers.map((peer) => ({
    peer,
    cpu: ratioOf(cpu(peer.name), cpu('bare')),
    wall: ratioOf(wall(peer.name), wall('bare')),
    cpuMs: runs[peer.name].map(({ result }) => result.cpuMs).sort((a, b) => a - b)[0],
    ...files[peer.name],
  }))
}

/** The sampler's own cost, on against off within one process. */
async function samplerAlone(pairs) {
  const lines = []
  for (const [title, work, missing] of [
    ['JavaScript', 'compute'],
    ['better-sqlite3', 'sqlite', missingAddon('better-sqlite3')],
  ])
    for (const clock of ['cpu', 'wall']) {
      if (missing) {
        lines.push(`| ${title}, ${clock} clock | not run: ${missing} | |`)
        continue
      }
      process.stderr.write(`the sampler alone: ${title}, ${clock} clock\n`)
      const captureDir = mkdtempSync(join(tmpdir(), 'seamproof-profile-cost-'))
      const output = execFileSync(
        process.execPath,
        [join(root, 'bench/profile/slices.cjs'), String(pairs), work, addons],
        { env: await pausedEnvironment(captureDir, clock), encoding: 'utf8', maxBuffer: 1 << 26 },
      )
      rmSync(captureDir, { recursive: true, force: true })
      const { on, off } = JSON.parse(output)
      const ratio = ratioOf(on, off)
      lines.push(`| ${title}, ${clock} clock | ${ratioText(ratio)} | ${goalText({ cpu: ratio })} |`)
    }
  return [
    '## The sampler itself',
    '',
    `One process, the same work in ${pairs} pairs of slices of 60 ms with the sampler on and off. Goal: at most ${goal}.`,
    '',
    '| | CPU time, on ÷ off | goal |',
    '| --- | --- | --- |',
    ...lines,
    '',
  ].join('\n')
}

const ratioText = (ratio) => {
  if (ratio === undefined) return '–'
  const middle = ratio.median.toFixed(3)
  return ratio.low === undefined
    ? middle
    : `${middle} [${ratio.low.toFixed(3)}, ${ratio.high.toFixed(3)}]`
}
const bytesText = (bytes) => (bytes ? `${(bytes / 1024).toFixed(0)} KiB` : '–')
const msText = (ms) => (ms === undefined ? '–' : `${(ms / 1000).toFixed(2)} s`)

/** The goal is for our own CPU mode; an interval that holds it says nothing yet. */
function goalText({ cpu }) {
  if (cpu === undefined || cpu.low === undefined) return 'inconclusive: too few rounds'
  if (cpu.high <= goal) return 'met'
  return cpu.low > goal ? 'missed' : 'inconclusive: the interval holds the goal'
}

function table(workload, rows) {
  const lines = rows.map(({ peer, cpu, wall, bytes, reportMs: ms }) =>
    peer.missing
      ? `| ${peer.title} | not run: ${peer.missing} | | | |`
      : `| ${peer.title} | ${ratioText(cpu)} | ${ratioText(wall)} | ${bytesText(bytes)} | ${msText(ms)} |`,
  )
  const own = rows.find(({ peer }) => peer.name === 'seamproof')
  return [
    `## ${workload.name}`,
    '',
    `Bare: ${rows[0].cpuMs.toFixed(0)} ms of CPU time. Whole processes, start and exit included: \`seamproof profile\` at most ${goal} × bare: **${goalText(own)}**.`,
    '',
    '| | CPU time ÷ bare | wall time ÷ bare | files | first report |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n')
}

const peers = await makePeers()
const parts =
  options.only === undefined || options.only === 'sampler'
    ? [await samplerAlone(options.quick ? 20 : 80)]
    : []
for (const workload of workloads) {
  if (workload.missing) {
    parts.push(`## ${workload.name}\n\nNot run: ${workload.missing}\n`)
    continue
  }
  const scratch = mkdtempSync(join(tmpdir(), 'seamproof-profile-cost-'))
  parts.push(table(workload, await measure(workload, peers, scratch)))
  rmSync(scratch, { recursive: true, force: true })
}
const text = `# What profiling costs

Made by \`node bench/profile/run.mjs --rounds ${rounds}${options.quick ? ' --quick' : ''} --write\`. ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, Linux ${release()}, Node ${process.version}. All
variants took turns, ${rounds} rounds; ratios are medians of rounds with their 95 % interval. CPU time is the subject's own, its profiler
included; Seamproof's helper thread counts. All sample at 1 kHz. "First report": \`seamproof profile CAPTURE\` names every frame, \`perf script\`, 0x's page.

${parts.join('\n')}`
if (options.write) writeFileSync(join(root, 'docs/results/profile-cost.md'), text)
process.stdout.write(text)
