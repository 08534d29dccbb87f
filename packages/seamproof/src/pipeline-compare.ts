import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { compareLists } from './analyze/bench/compare-lists.js'
import { ExitCode, SeamproofError } from './base/seamproof-error.js'
import { checkOut } from './capture/bench/checkout.js'
import { createCaptureDirectory } from './capture/capture-directory.js'
import type { Comparison } from './contract/comparison.js'
import type { MeasurementList } from './contract/measurement.js'
import { type BenchOptions, benchSides } from './pipeline-bench.js'

export { judgeTargets } from './judge/judge-targets.js'

const sampleFiles = ['samples.json', 'experiment.json']

/** An empty folder for a run; with `isForced` one of an earlier run is replaced. */
export function createBenchFolder(options: {
  cwd: string
  outDir?: string | undefined
  name: string
  isForced: boolean
}): string {
  if (options.outDir !== undefined && options.isForced) {
    const path = resolve(options.cwd, options.outDir)
    const isRun = sampleFiles.some((name) => existsSync(join(path, name)))
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() && isRun)
      rmSync(path, { recursive: true })
  }
  return createCaptureDirectory({ ...options, now: new Date() })
}

/** Where `--save-baseline NAME` puts what was measured, beside the config. */
function baselinePath(name: string, folder: string): string {
  if (!/^[\w.-]+$/.test(name) || name.startsWith('.'))
    throw new SeamproofError('BASELINE_NAME', `"${name}" cannot be the name of a baseline`, {
      exitCode: ExitCode.usage,
      hint: 'letters, digits, dots and dashes',
    })
  return join(folder, '.seamproof', 'bench', `${name}.json`)
}

export function saveBaseline(name: string, folder: string, list: MeasurementList): string {
  const path = baselinePath(name, folder)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(list, null, 1)}\n`)
  return path
}

/** A stored baseline; undefined when there is none of this name. */
export function readBaseline(name: string, folder: string): MeasurementList | undefined {
  if (!/^[\w.-]+$/.test(name) || name.startsWith('.')) return undefined
  const path = baselinePath(name, folder)
  if (!existsSync(path)) return undefined
  const list = JSON.parse(readFileSync(path, 'utf8')) as MeasurementList
  if (list.formatVersion === 1 && Array.isArray(list.measurements)) return list
  throw new SeamproofError('BASELINE_UNREADABLE', `${path} is no baseline of this version`, {
    exitCode: ExitCode.usage,
    hint: `store it again: seamproof bench --save-baseline ${name}`,
  })
}

/** What was measured at another time differs by more than noise alone: the machine was another. */
const otherTimeNoise = 0.1

export function compareWithBaseline(
  baseline: MeasurementList,
  list: MeasurementList,
  noiseRatio: number,
): Comparison[] {
  return compareLists(baseline, list, {
    isPaired: false,
    noiseRatio: Math.max(noiseRatio, otherTimeNoise),
  })
}

/** The working tree and a revision of it, in turns. */
export async function compareWithRevision(
  revision: string,
  options: BenchOptions,
  { noiseRatio, build }: { noiseRatio: number; build?: string | undefined },
): Promise<{ list: MeasurementList; comparisons: Comparison[] }> {
  const { folder, cwd, files, onStep } = options
  const checkout = await checkOut({
    revision,
    cwd,
    folder: join(folder, 'revision'),
    files,
    build,
    onStep,
  })
  try {
    const [before, after] = await benchSides(
      [
        { name: 'before', env: {}, cwd: checkout.cwd },
        { name: 'after', env: {}, cwd },
      ],
      options,
    )
    after!.notes.push(`compared with ${revision}, commit ${checkout.commit.slice(0, 12)}`)
    writeFileSync(join(folder, 'measurements.json'), `${JSON.stringify(after, null, 2)}\n`)
    writeFileSync(join(folder, 'before.json'), `${JSON.stringify(before, null, 2)}\n`)
    return {
      list: after!,
      comparisons: compareLists(before!, after!, { isPaired: true, noiseRatio }),
    }
  } finally {
    await checkout.remove()
  }
}
