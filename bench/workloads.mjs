// Real programs as whole processes, from start to exit.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { captureFigures } from './capture-figures.mjs'
import { takeTurns } from './rotation.mjs'
import { ratioOf, spreadOf } from './statistics.mjs'
import { root } from './variants.mjs'

const subject = (name) => join(root, 'bench/subjects', name)
const addons = join(root, 'examples/addons')
const needsAddons = (name) =>
  existsSync(join(addons, 'node_modules', name))
    ? undefined
    : `${name} is not installed: npm install --prefix examples/addons`

export function workloadsOf(isQuick) {
  const part = isQuick ? 0.2 : 1
  return [
    {
      name: 'tsc --noEmit',
      argv: [
        join(root, 'node_modules/typescript/lib/tsc.js'),
        '--noEmit',
        '--composite',
        'false',
        '--incremental',
        'false',
        '-p',
        join(root, 'packages/agent/tsconfig.json'),
      ],
    },
    {
      name: 'sharp thumbnails',
      missing: needsAddons('sharp'),
      argv: [subject('sharp.mjs'), addons, String(160 * part)],
    },
    {
      name: 'better-sqlite3 inserts',
      missing: needsAddons('better-sqlite3'),
      argv: [subject('sqlite.cjs'), addons, String(250_000 * part)],
    },
    { name: 'HTTP round trips', argv: [subject('http.mjs'), String(6000 * part)] },
  ]
}

async function benchWorkload(workload, { variants, rounds, slowRounds, scratch, onRun }) {
  const captures = {}
  const runs = await takeTurns({
    variants,
    rounds,
    slowRounds,
    scratch,
    onRun: (name, round) => onRun(`${workload.name}, ${name}, round ${round + 1} of ${rounds}`),
    argv: () => ['--require', subject('resource-usage.cjs'), ...workload.argv],
    onFirstCapture: async (variant, folder) => {
      captures[variant.name] = await captureFigures(variant.name, folder)
    },
  })
  const series = (name, read) => runs[name].map((run) => ({ round: run.round, value: read(run) }))
  const wall = (name) => series(name, ({ wallMs }) => wallMs)
  const cpu = (name) => series(name, ({ result }) => result.cpuMs)
  const values = (list) => list.map(({ value }) => value)
  return {
    name: workload.name,
    captures,
    variants: Object.fromEntries(
      Object.keys(runs)
        .filter((name) => runs[name].length > 0)
        .map((name) => [
          name,
          {
            wallMs: spreadOf(values(wall(name))),
            cpuMs: spreadOf(values(cpu(name))),
            maxRssBytes: spreadOf(values(series(name, ({ result }) => result.maxRssBytes))),
            wallToBare: ratioOf(wall(name), wall('bare')),
            cpuToBare: ratioOf(cpu(name), cpu('bare')),
          },
        ]),
    ),
  }
}

export async function benchWorkloads(options) {
  const results = []
  for (const workload of workloadsOf(options.isQuick)) {
    if (options.only !== undefined && !workload.name.includes(options.only)) continue
    if (workload.missing) results.push({ name: workload.name, missing: workload.missing })
    else results.push(await benchWorkload(workload, options))
  }
  return results
}
