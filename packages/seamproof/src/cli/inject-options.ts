import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { parseFault } from '../base/fault-text.js'
import { SeamproofError } from '../base/seamproof-error.js'
import type { Instrument } from '../contract/finding.js'
import type { Fault } from '../contract/injection.js'
import { durationMs } from './option-values.js'

/** Of the instruments that make something happen to the subject. */
export interface InjectOptions {
  inject?: boolean
  budget?: number
  fault?: Fault
  resume?: string
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
}

/** `--inject` is a short way to say `--with inject`. */
export function chosenWith(
  options: InjectOptions & { with?: Instrument[] },
): Instrument[] | undefined {
  const short: Instrument[] = options.inject || options.fault !== undefined ? ['inject'] : []
  if (short.length === 0) return options.with
  return [...new Set([...(options.with ?? []), ...short])]
}

export function injectWishes(
  { budget, fault, resume }: InjectOptions,
  jobs: number | undefined,
  instrumentCount: number,
) {
  return {
    // One instrument of many is not to be what all wait for.
    budgetMs: budget ?? (instrumentCount === 1 ? undefined : 60_000),
    only: fault,
    resumeFrom: resume === undefined ? undefined : resolve(resume),
    // Beside other instruments, one run at a time is its share of the machine.
    jobs: instrumentCount === 1 ? jobs : 1,
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
