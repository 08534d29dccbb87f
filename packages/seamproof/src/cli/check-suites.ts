import { type Instrument, instruments } from '../contract/finding.js'

export const suiteNames = ['leaks', 'memory', 'threads', 'all'] as const
export type SuiteName = (typeof suiteNames)[number]

export const suites: Record<SuiteName, readonly Instrument[]> = {
  leaks: ['track', 'asan', 'memcheck'],
  memory: ['layer', 'asan', 'ubsan', 'memcheck', 'track'],
  threads: ['layer', 'tsan', 'helgrind', 'drd'],
  all: instruments,
}

/**
 * Of a validation in minutes: for each question the instrument that answers it soonest. Those of valgrind take ten times as
 * long; they step in where a sanitizer cannot look.
 */
export const shortInstruments: readonly Instrument[] = ['layer', 'track', 'asan', 'ubsan', 'tsan']
export const standIns: readonly { of: Instrument; by: Instrument }[] = [
  { of: 'asan', by: 'memcheck' },
  { of: 'tsan', by: 'helgrind' },
]

/** Without being asked: drd takes as long as helgrind, and sees less. */
const usual = instruments.filter((instrument) => instrument !== 'drd')

export interface ChosenInstruments {
  instruments: readonly Instrument[]
  /** Named one by one: each of them must run. */
  required: readonly Instrument[]
  /** A suite says what is wanted: a missing tool is no pass, and what makes no sense for the subject may be left out. */
  areToolsRequired: boolean
}

/** From the command line, else from the config, else the usual ones. */
export function chooseInstruments(
  options: { with?: readonly Instrument[]; suite?: SuiteName; require?: readonly Instrument[] },
  config: {
    instruments?: readonly Instrument[] | undefined
    required?: readonly Instrument[] | undefined
  } = {},
): ChosenInstruments {
  const required = options.require ?? config.required ?? []
  if (options.with !== undefined)
    return {
      instruments: options.with,
      required: [...new Set([...options.with, ...required])],
      areToolsRequired: true,
    }
  const wanted = options.suite === undefined ? (config.instruments ?? usual) : suites[options.suite]
  return {
    instruments: instruments.filter((one) => wanted.includes(one) || required.includes(one)),
    required,
    areToolsRequired: options.suite !== undefined,
  }
}
