import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { parseFault } from '../base/fault-text.js'
import { SeamproofError } from '../base/seamproof-error.js'
import type { Instrument } from '../contract/finding.js'
import type { Fault } from '../contract/injection.js'
import { durationMs, wholeNumber } from './option-values.js'

/** Of the instruments that make something happen to the subject. */
export interface InjectOptions {
  inject?: boolean
  budget?: number
  fault?: Fault
  resume?: string
  stress?: boolean
  seed?: number
  runs?: number
}

export function addInjectOptions(command: Command): Command {
  return command
    .optionsGroup('Faults on purpose:')
    .option(
      '--inject',
      'let everything that can fail fail, one call at a time (--with inject): Node-API calls with each status, allocations, thread-safe functions at the end',
    )
    .option('--budget <time>', 'how long the walk may take (default: 2m)', durationMs)
    .option('--fault <fault>', 'only this one, as a report names it', faultOption)
    .option('--resume <folder>', 'go on where the check in this folder stopped')
    .option(
      '--stress',
      'collect garbage at crossings, delay asynchronous callbacks, fence off buffers (--with stress)',
    )
    .option('--seed <number>', 'of the first stressed run', wholeNumber({ min: 1, max: 2 ** 31 }))
    .option('--runs <count>', 'stressed runs (default: 12)', wholeNumber({ min: 1, max: 100_000 }))
}

/** `--inject` is a short way to say `--with inject`, and so on. */
export function chosenWith(
  options: InjectOptions & { with?: Instrument[] },
): Instrument[] | undefined {
  const short: Instrument[] = [
    ...(options.inject || options.fault !== undefined ? ['inject' as const] : []),
    ...(options.stress || options.seed !== undefined ? ['stress' as const] : []),
  ]
  if (short.length === 0) return options.with
  return [...new Set([...(options.with ?? []), ...short])]
}

/** Beside other instruments they are not to be what all wait for: files share the time, down to a quarter. */
function sharedMs(wholeMs: number, runs: RunCounts): number | undefined {
  if (runs.instruments * runs.targets === 1) return undefined
  return Math.round(wholeMs / Math.min(4, Math.max(1, runs.targets / 2)))
}

/** Of one check. */
interface RunCounts {
  instruments: number
  targets: number
}

export function injectWishes(
  { budget, fault, resume }: InjectOptions,
  jobs: number | undefined,
  runs: RunCounts,
) {
  return {
    budgetMs: budget ?? sharedMs(60_000, runs),
    only: fault,
    resumeFrom: resume === undefined ? undefined : resolve(resume),
    // Beside other instruments, one run at a time is its share of the machine.
    jobs: runs.instruments * runs.targets === 1 ? jobs : 1,
  }
}

export function stressWishes(
  { budget, seed, runs: runsMax }: InjectOptions,
  jobs: number | undefined,
  runs: RunCounts,
) {
  return {
    budgetMs: budget ?? sharedMs(40_000, runs),
    seed,
    runs: runsMax,
    jobs: runs.instruments * runs.targets === 1 ? jobs : 1,
  }
}

function faultOption(given: string): Fault {
  try {
    return parseFault(given)
  } catch (error) {
    if (error instanceof SeamproofError)
      throw new InvalidArgumentError(`${error.message}; ${error.hint}.`)
    throw error
  }
}
