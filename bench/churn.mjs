// What one malloc+free pair costs under deep JavaScript stacks, in an addon that does nothing else.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { median } from 'simple-statistics'
import { captureFigures } from './capture-figures.mjs'
import { takeTurns } from './rotation.mjs'
import { ratioOf, spreadOf } from './statistics.mjs'
import { root } from './variants.mjs'

function buildAddon(scratch) {
  const output = join(scratch, 'churn.node')
  const { include_dir: headers } = createRequire(import.meta.url)('node-api-headers')
  const source = join(root, 'bench/subjects/churn.c')
  const compiler = process.env.CC || 'cc'
  const flags = ['-O2', '-fno-builtin', '-fPIC', '-shared', `-I${headers}`]
  const built = spawnSync(compiler, [...flags, '-o', output, source], { encoding: 'utf8' })
  if (built.error) throw new Error(`no C compiler "${compiler}": apt-get install gcc libc6-dev`)
  if (built.status !== 0) throw new Error(`${compiler} ${source}:\n${built.stderr}`)
  return output
}

/** One value a round: the median of the slices that the process measured. */
function series(runs, caseName, field) {
  return runs.map(({ round, result }) => ({ round, value: median(result[caseName][field]) }))
}

export async function benchChurn({
  variants,
  rounds,
  slowRounds,
  sliceMs,
  sliceCount,
  scratch,
  onRun,
}) {
  const addon = buildAddon(scratch)
  const captures = {}
  const runs = await takeTurns({
    variants,
    rounds,
    slowRounds,
    scratch,
    onRun: (name, round) => onRun(`churn, ${name}, round ${round + 1} of ${rounds}`),
    argv: (resultPath) => [
      join(root, 'bench/subjects/churn.cjs'),
      addon,
      resultPath,
      String(sliceMs),
      String(sliceCount),
    ],
    onFirstCapture: async (variant, folder) => {
      captures[variant.name] = await captureFigures(variant.name, folder)
    },
  })
  const caseNames = Object.keys(runs.bare[0].result)
  const cases = caseNames.map((name) => ({
    name,
    variants: Object.fromEntries(
      variants
        .filter((variant) => runs[variant.name].length > 0)
        .map((variant) => {
          const wall = series(runs[variant.name], name, 'wallNs')
          const cpu = series(runs[variant.name], name, 'cpuNs')
          return [
            variant.name,
            {
              wallNs: spreadOf(wall.map(({ value }) => value)),
              cpuNs: spreadOf(cpu.map(({ value }) => value)),
              toBare: ratioOf(cpu, series(runs.bare, name, 'cpuNs')),
              toHeaptrack:
                runs.heaptrack?.length > 0
                  ? ratioOf(cpu, series(runs.heaptrack, name, 'cpuNs'))
                  : undefined,
              wallToHeaptrack:
                runs.heaptrack?.length > 0
                  ? ratioOf(wall, series(runs.heaptrack, name, 'wallNs'))
                  : undefined,
            },
          ]
        }),
    ),
  }))
  return { cases, captures }
}
