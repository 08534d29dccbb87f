import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compareLists } from './analyze/bench/compare-lists.js'
import {
  flagGains,
  predictedFromAllocations,
  predictedFromCrossings,
  predictedSpeedup,
} from './analyze/bench/flag-gains.js'
import { ExitCode, SeamproofError } from './base/seamproof-error.js'
import { seamproofVersion } from './base/seamproof-version.js'
import type { SwitchedFlag } from './config/find-flag.js'
import type { ExperimentResult, PredictedGain } from './contract/comparison.js'
import type { MeasurementList } from './contract/measurement.js'
import type { OpportunityList } from './contract/opportunity.js'
import { type BenchOptions, type BenchPart, benchSides } from './pipeline-bench.js'

export interface ExperimentOptions extends Omit<BenchOptions, 'parts' | 'patterns'> {
  flag: SwitchedFlag
  noiseRatio: number
  parts?: readonly BenchPart[] | undefined
  /** opportunities.json of `seamproof analyze`, for the predicted gain. */
  predictedFile?: string | undefined
}

const partsDefault: readonly BenchPart[] = ['timing', 'allocations']

/** Measures workloads with a flag off and on, in turns. Leaves experiment.json, off.json and on.json. */
export async function runExperiment(options: ExperimentOptions): Promise<ExperimentResult> {
  const { flag, folder, cwd, command, noiseRatio } = options
  const opportunities = readPredicted(options.predictedFile)
  const [off, on] = await benchSides(
    [
      { name: 'off', env: flag.off, cwd },
      { name: 'on', env: flag.on, cwd },
    ],
    { ...options, parts: options.parts ?? partsOf(flag), patterns: flag.workloads },
  )
  const result: ExperimentResult = {
    formatVersion: 1,
    seamproofVersion,
    createdAt: new Date().toISOString(),
    command: [...command],
    machine: off!.machine,
    flag: flag.name,
    on: flag.on,
    off: flag.off,
    comparisons: compareLists(off!, on!, { isPaired: true, noiseRatio }),
    predicted: predict(flag, off!, opportunities),
    measurements: flagGains(flag.name, off!, on!),
    missing: [...off!.missing, ...on!.missing],
    notes: [...off!.notes],
  }
  for (const [name, value] of Object.entries({ experiment: result, off, on }))
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(value, null, 2)}\n`)
  return result
}

/** Crossings are counted where fewer of them are the point. */
const partsOf = ({ opportunity }: SwitchedFlag): readonly BenchPart[] =>
  opportunity === 'batching' || opportunity === 'crossing'
    ? [...partsDefault, 'crossings']
    : partsDefault

function predict(
  flag: SwitchedFlag,
  off: MeasurementList,
  opportunities: OpportunityList | undefined,
): PredictedGain[] {
  if (opportunities !== undefined && flag.opportunity !== undefined)
    return predictedSpeedup(opportunities.opportunities, flag.opportunity)
  if (flag.opportunity === 'pooling') return predictedFromAllocations(off)
  return flag.opportunity === 'batching' ? predictedFromCrossings(off) : []
}

function readPredicted(path: string | undefined): OpportunityList | undefined {
  if (path === undefined) return undefined
  const list = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as OpportunityList)
    : undefined
  if (list?.formatVersion === 1 && Array.isArray(list.opportunities)) return list
  throw new SeamproofError('NO_OPPORTUNITIES', `${path} holds no opportunities`, {
    exitCode: ExitCode.usage,
    hint: 'make the file with seamproof analyze --json',
  })
}
