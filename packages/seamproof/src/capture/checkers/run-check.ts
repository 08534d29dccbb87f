import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { SeamproofError } from '../../base/seamproof-error.js'
import type { NotRunCause } from '../../contract/finding.js'
import { findCompiler } from '../build/toolchain.js'
import { type LoadedAddon, loadedFile } from '../subject/check-plan.js'
import type { CheckCapture, CheckOptions } from './check-capture.js'
import type { Checker } from './checker.js'
import { driveProgram } from './drive-program.js'
import { driveWorkloads } from './drive-workloads.js'
import { type Builds, buildAll, plansOf, plansOfLoaded } from './instrumented-builds.js'
import { readLines } from './json-lines.js'
import { takePerfMaps } from './perf-maps.js'

/** What the two ways of driving a subject have in common. */
export interface Drive {
  checker: Checker
  options: CheckOptions
  folder: string
  builds: Builds['builds']
  compiler: { family: 'gcc' | 'clang'; cc: string }
  canTraceProcesses: boolean
}

export interface Driven {
  nodePath: string
  target: string
  pids: number[]
  workloads: string[]
  exits: CheckCapture['exits']
  notes: string[]
  failure?: CheckCapture['failure']
}

/** Runs the subject under one checker, built for it where it can be. What the subject does wrong is in the capture; throws only for faults of ours. */
export async function runCheck(checker: Checker, options: CheckOptions): Promise<CheckCapture> {
  const startedMs = performance.now()
  try {
    return { ...(await runWithBuilds(checker, options)), wallMs: wallMs(startedMs) }
  } catch (error) {
    if (!(error instanceof SeamproofError)) throw error
    return {
      ...emptyCapture(checker, options),
      wallMs: wallMs(startedMs),
      failure: { cause: causeOf(error), reason: sentence(error) },
    }
  }
}

async function runWithBuilds(checker: Checker, options: CheckOptions): Promise<CheckCapture> {
  mkdirSync(options.outDir, { recursive: true })
  const plans = plansOf(options)
  const first = await buildAll(checker.name, plans, options)
  const capture = await runOnce(checker, options, first, join(options.outDir, 'run'))
  const isBuilt = (one: CheckCapture) => one.loaded.some(({ isBuild }) => isBuild)
  if (isBuilt(capture) || options.mustBuild === false) return capture
  // What it loaded says what should have been built.
  const more = plansOfLoaded(capture.loaded, plans)
  if (more.length === 0) return capture
  const second = await buildAll(checker.name, more, options)
  if (second.builds.length === 0) return withFaults(capture, second, checker)
  const again = await runOnce(checker, options, second, join(options.outDir, 'run-2'))
  return withFaults(again, second, checker)
}

async function runOnce(
  checker: Checker,
  options: CheckOptions,
  builds: Builds,
  folder: string,
): Promise<CheckCapture> {
  mkdirSync(folder, { recursive: true })
  const compiler = builds.builds[0]?.compiler ?? compilerOrNone(options)
  const drive: Drive = {
    checker,
    options,
    folder,
    builds: builds.builds,
    compiler,
    canTraceProcesses: true,
  }
  let driven = await driveSubject(drive)
  const notes: string[] = []
  if (saysNoPtrace(folder)) {
    notes.push(
      'leaks were not looked for: this machine refuses ptrace (a container needs --cap-add SYS_PTRACE), and LeakSanitizer needs it',
    )
    const retryFolder = `${folder}-no-leaks`
    mkdirSync(retryFolder)
    Object.assign(drive, { folder: retryFolder, canTraceProcesses: false })
    driven = await driveSubject(drive)
  }
  const loaded = readLines<LoadedAddon>(join(drive.folder, loadedFile))
  const capture: CheckCapture = {
    ...emptyCapture(checker, options),
    target: driven.target,
    folder: drive.folder,
    nodePath: driven.nodePath,
    logs: logsIn(drive.folder),
    checkpoints: readLines(join(drive.folder, 'checkpoints.jsonl')),
    workloads: driven.workloads,
    builds: builds.builds,
    loaded,
    perfMaps: takePerfMaps(drive.folder, [...driven.pids, ...loaded.map(({ pid }) => pid)]),
    exits: driven.exits,
    notes: [...notes, ...driven.notes],
    ...(driven.failure === undefined ? {} : { failure: driven.failure }),
  }
  return withFaults(capture, builds, checker)
}

function driveSubject(drive: Drive): Promise<Driven> {
  return drive.options.program === undefined ? driveWorkloads(drive) : driveProgram(drive)
}

/** Says which build was loaded; a checker that needs one and did not get one has not run. */
function withFaults(capture: CheckCapture, builds: Builds, checker: Checker): CheckCapture {
  const result = { ...capture, notes: [...capture.notes], blindSpots: [...checker.blindSpots] }
  for (const { projectDir, error } of builds.faults)
    result.notes.push(
      `${relativeTo(projectDir)} was not built for ${checker.name}: ${sentence(error)}`,
    )
  const replaced = capture.loaded.filter(({ isBuild }) => isBuild)
  for (const { asked, error } of capture.loaded)
    if (error !== undefined)
      result.notes.push(`the build of ${relativeTo(asked)} could not be loaded: ${error}`)
  const originals = new Set(
    capture.loaded.filter(({ isBuild }) => !isBuild).map(({ asked }) => asked),
  )
  for (const { asked } of replaced) originals.delete(asked)
  if (originals.size > 0 && checker.withoutBuild !== 'all')
    result.notes.push(`not built for ${checker.name}: ${[...originals].map(relativeTo).join(', ')}`)
  // What did not reach the subject has not run, however clean its log.
  if (capture.loaded.length === 0 && result.failure === undefined)
    return { ...result, failure: notInstrumented(capture, builds, checker) }
  if (replaced.length > 0 || checker.withoutBuild === 'all') return result
  result.blindSpots.push(...checker.blindSpotsWithoutBuild)
  if (checker.withoutBuild === 'some' || result.failure !== undefined) return result
  return { ...result, failure: notInstrumented(capture, builds, checker) }
}

function notInstrumented(capture: CheckCapture, { faults, builds }: Builds, checker: Checker) {
  const fault = faults[0]
  if (fault !== undefined) return { cause: causeOf(fault.error), reason: sentence(fault.error) }
  const cause: NotRunCause = 'not-applicable'
  if (capture.loaded.length === 0)
    return {
      cause,
      reason: `no addon was loaded, and ${checker.name} looks at nothing else; see what the subject said: ${join(capture.folder, outputFile)}`,
    }
  const names = [...new Set(capture.loaded.map(({ asked }) => relativeTo(asked)))].join(', ')
  if (builds.length > 0)
    return {
      cause,
      reason: `${names} was loaded, and is none of what the build made: ${builds.flatMap(({ libraries }) => libraries.map(({ name }) => name)).join(', ')}`,
    }
  return {
    cause,
    reason: `${names} came built, and ${checker.name} needs an addon that is built for it; if its sources are here, name their folder (--project DIR). Without sources memcheck, helgrind, the seam layer and track see it as it is`,
  }
}

/** A subject that cannot be built needs no compiler. */
function compilerOrNone(options: CheckOptions): Drive['compiler'] {
  try {
    return findCompiler(options.compiler)
  } catch (error) {
    if (options.compiler !== undefined) throw error
    return { family: 'gcc', cc: 'gcc' }
  }
}

function emptyCapture(checker: Checker, options: CheckOptions): CheckCapture {
  return {
    instrument: checker.name,
    target: options.file ?? options.program?.join(' ') ?? '',
    folder: options.outDir,
    nodePath: options.nodePath ?? process.execPath,
    logs: [],
    checkpoints: [],
    workloads: [],
    builds: [],
    loaded: [],
    perfMaps: [],
    exits: [],
    isWorkload: options.program === undefined,
    wallMs: 0,
    notes: [],
    blindSpots: [...checker.blindSpots],
  }
}

function logsIn(folder: string): CheckCapture['logs'] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('log.'))
    .map((name) => ({ name, path: join(folder, name) }))
}

function saysNoPtrace(folder: string): boolean {
  return logsIn(folder).some(({ path }) =>
    readFileSync(path).includes('LeakSanitizer has encountered a fatal error'),
  )
}

function causeOf(error: SeamproofError): NotRunCause {
  return error.exitCode === 3 ? 'tool-missing' : 'subject-not-driven'
}

function sentence({ message, hint }: SeamproofError): string {
  return hint === undefined ? message : `${message}; ${hint}`
}

const relativeTo = (path: string) => {
  const shown = relative(process.cwd(), path)
  return shown === '' ? '.' : shown.startsWith('..') ? path : shown
}

const wallMs = (startedMs: number) => Math.round(performance.now() - startedMs)

/** In a run's folder: what the subject printed. */
export const outputFile = 'output.txt'
