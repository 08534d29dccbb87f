import { basename, relative } from 'node:path'
import { type Instrument, instruments, type PlannedCheck } from '../contract/finding.js'
import { findWorkloadFile } from './workload-file.js'

/** A workload file, or a program. */
export type CheckTarget =
  | { kind: 'file'; file: string; shown: string; name: string }
  | { kind: 'program'; command: readonly string[]; shown: string; name: string }

export function fileTarget(given: string, cwd: string): CheckTarget {
  const { path, name } = findWorkloadFile(given, cwd)
  const fromHere = relative(cwd, path)
  return { kind: 'file', file: path, shown: fromHere.startsWith('..') ? path : fromHere, name }
}

export function programTarget(command: readonly string[]): CheckTarget {
  const name = basename(
    command.find((word, index) => index > 0 && !word.startsWith('-')) ?? command[0]!,
  )
  const shown = command.map(shellWord).join(' ')
  return { kind: 'program', command, shown, name: name.replace(/\.[cm]?[jt]s$/, '') }
}

/** As it can be typed into a shell. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** One instrument on one target. */
export interface CheckJob {
  instrument: Instrument
  target: CheckTarget
  /** Of the run, inside the check's folder. */
  folder: string
  shard: number
}

/** About how much longer a run takes than with nothing; splits work over shards alike on every machine. */
const weights: Record<Instrument, number> = {
  layer: 1,
  asan: 2,
  ubsan: 1,
  tsan: 4,
  memcheck: 8,
  helgrind: 8,
  drd: 8,
  inject: 4,
  stress: 4,
  track: 2,
}

/** Every run of a check, each with the shard that makes it. The same on every machine that is given the same targets. */
export function planChecks(
  wanted: readonly Instrument[],
  targets: readonly CheckTarget[],
  shardCount = 1,
): CheckJob[] {
  const chosen = instruments.filter((instrument) => wanted.includes(instrument))
  const folders = new Set<string>()
  const jobs = targets.flatMap((target) =>
    chosen.map((instrument) => ({
      instrument,
      target,
      folder: freeName(`${instrument}-${target.name.replace(/[^\w.-]+/g, '_')}`, folders),
      shard: 1,
    })),
  )
  const loads = new Array<number>(shardCount).fill(0)
  // The heaviest first, each to the shard with the least: close to even, and without knowing any time.
  for (const job of [...jobs].sort((a, b) => weights[b.instrument] - weights[a.instrument])) {
    const least = loads.indexOf(Math.min(...loads))
    job.shard = least + 1
    loads[least]! += weights[job.instrument]
  }
  return jobs
}

export function plannedChecks(jobs: readonly CheckJob[]): PlannedCheck[] {
  return jobs.map(({ instrument, target, shard }) => ({ instrument, target: target.shown, shard }))
}

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted
  for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`
  taken.add(name)
  return name
}
