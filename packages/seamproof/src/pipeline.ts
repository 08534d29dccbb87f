import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { analyzeTrace, captureFacts } from './analyze/analyze-trace.js'
import { soakFacts } from './analyze/soak-facts.js'
import { soakMeasurements } from './analyze/soak-measurements.js'
import { ExitCode, SeamproofError } from './base/seamproof-error.js'
import { seamproofVersion } from './base/seamproof-version.js'
import { tryWriteWholeFile } from './base/whole-file.js'
import { traceFilesIn } from './capture/capture-directory.js'
import { findCapture } from './capture/find-capture.js'
import { readManifest } from './capture/read-manifest.js'
import {
  type CaptureSoakOptions,
  captureSoak,
  resumeSoak,
  type SoakCapture,
} from './capture/soak/capture-soak.js'
import { readSoakHead, readSoakSeries, soakSeriesFile } from './capture/soak/soak-record.js'
import type { Suppression } from './config/config-schema.js'
import type { CaptureManifest } from './contract/capture.js'
import type { CpuProfile } from './contract/cpu-profile.js'
import type { CaptureFacts, ProcessFacts } from './contract/facts.js'
import type { MeasurementList } from './contract/measurement.js'
import type { SoakFacts } from './contract/soak-facts.js'
import type { SoakVerdicts } from './contract/soak-verdict.js'
import type { SymbolTable } from './contract/symbols.js'
import type { Verdicts } from './contract/verdict.js'
import { judgeCapture } from './judge/judge-capture.js'
import { judgeLayer, type LayerVerdicts } from './judge/judge-layer.js'
import { judgeSoak } from './judge/judge-soak.js'
import { soakStageChecks } from './judge/stage-checks.js'
import { JsFrames, Scripts } from './symbols/js-frames.js'
import { LiveSymbols } from './symbols/live-symbols.js'
import { profileFromCpuprofile } from './symbols/profile-from-cpuprofile.js'
import { profileFromPerf } from './symbols/profile-from-perf.js'
import { profileFromTrace } from './symbols/profile-from-trace.js'
import { readSymbolTable, symbolizeCapture } from './symbols/symbolize-capture.js'
import { looksLikeCpuprofile, parseCpuprofile } from './trace/cpuprofile-file.js'
import { openTrace } from './trace/open-trace.js'
import { looksLikePerfScript, parsePerfScript } from './trace/perf-script.js'
import { readTraceMeta } from './trace/trace-meta.js'

export { analyzeProfile } from './analyze/analyze-profile.js'
export { cpuSummary } from './analyze/cpu-summary.js'
export { sliceProfile } from './analyze/slice-profile.js'
export { createCaptureDirectory as createCheckFolder } from './capture/capture-directory.js'
export {
  type Capture,
  type CaptureProgramOptions,
  captureProgram,
} from './capture/capture-program.js'
export {
  type CaptureWorkloadOptions,
  captureWorkload,
  type WorkloadCapture,
} from './capture/capture-workload.js'
export { gitCommitOf } from './capture/git-commit.js'
export { installLine, installPackages } from './capture/install-packages.js'
export { checkMachine, type MachineCheck } from './capture/machine-check.js'
export { machineFacts as machineFactsOf } from './capture/machine-facts.js'
export { shellExitCode } from './capture/run-subject.js'
export type { CaptureSoakOptions, SoakCapture } from './capture/soak/capture-soak.js'
export { judgeLayer, type LayerFilter, type LayerVerdicts } from './judge/judge-layer.js'
export { layerReports } from './judge/layer-reports.js'
export { type CheckerName, type RunCheckerOptions, runChecker } from './pipeline-checkers.js'
export { inspectTrace } from './trace/inspect-trace.js'
export { type TraceViolation, verifyTrace } from './trace/verify-trace.js'
export { findCapture }

export interface ReadCaptureOptions {
  suppressions?: readonly Suppression[] | undefined
  /** Modules that count as the subject wherever they lie. */
  subjectModules?: readonly string[] | undefined
  /** What is being done, for a person who waits. */
  onStep?: ((text: string) => void) | undefined
}

/** A capture with everything that follows from it. */
export interface ReadCapture {
  captureDir: string
  manifest: CaptureManifest
  facts: CaptureFacts
  verdicts: Verdicts
  /** What could not be done on the way, in sentences. */
  notes: string[]
}

const factsFile = 'facts.json'
const verdictsFile = 'verdicts.json'

/**
 * The stages after the capture, in their order. Each leaves its file in the capture and starts from the one before it; what is
 * there already and still right is not made again. Names are sealed: once there, they are never made anew, because what is on
 * disk today need not be what ran.
 */
export async function readCapture(
  captureDir: string,
  options: ReadCaptureOptions = {},
): Promise<ReadCapture> {
  const manifest = readManifest(captureDir)
  if (manifest.mode === 'samples')
    throw new SeamproofError(
      'CAPTURE_OF_SAMPLES',
      `${captureDir} holds CPU samples and no allocations`,
      { exitCode: ExitCode.usage, hint: `read it with: seamproof profile ${captureDir}` },
    )
  const symbols = await symbolsOf(captureDir, options)
  const { facts, unreadable } = factsOf(captureDir, manifest, symbols, options)
  options.onStep?.('judging')
  const verdicts = judgeCapture(facts, {
    suppressions: (options.suppressions ?? []).filter(isInForce),
    workloads: manifest.workloads ?? [],
  })
  if (facts.processes.some(({ layer }) => layer !== undefined))
    verdicts.checks.push(...judgeLayer(facts, {}, manifest.workloads ?? []).checks)
  // A capture on a read-only medium or a full disk is read all the same, only more slowly.
  tryWriteWholeFile(join(captureDir, verdictsFile), `${JSON.stringify(verdicts)}\n`)
  const notes = [...unreadable, ...symbols.traces.flatMap((trace) => trace.notes)]
  return { captureDir, manifest, facts, verdicts, notes }
}

/** What was accepted until a day that has passed hides nothing. */
function isInForce({ expires }: Suppression): boolean {
  return expires === undefined || expires >= new Date().toISOString().slice(0, 10)
}

async function symbolsOf(captureDir: string, options: ReadCaptureOptions): Promise<SymbolTable> {
  const sealed = readSymbolTable(captureDir)
  const wanted = traceFilesIn(captureDir)
  if (
    sealed !== undefined &&
    wanted.every((name) => sealed.traces.some((trace) => trace.traceFile === name))
  )
    return sealed
  options.onStep?.('naming native and JavaScript frames')
  return await symbolizeCapture(captureDir, {
    ...(options.subjectModules === undefined ? {} : { subjectModules: options.subjectModules }),
    onProgress: ({ step, doneCount, totalCount }) =>
      options.onStep?.(`naming frames: ${step} (${doneCount} of ${totalCount})`),
  })
}

function factsOf(
  captureDir: string,
  manifest: CaptureManifest,
  symbols: SymbolTable,
  options: ReadCaptureOptions,
): { facts: CaptureFacts; unreadable: string[] } {
  const path = join(captureDir, factsFile)
  const traceFiles = traceFilesIn(captureDir)
  const known = readFacts(
    path,
    [...traceFiles, 'manifest.json'].map((name) => join(captureDir, name)),
  )
  if (known !== undefined) return { facts: known, unreadable: [] }
  const processes: ProcessFacts[] = []
  const faults: SeamproofError[] = []
  for (const [index, traceFile] of traceFiles.entries()) {
    options.onStep?.(`reading ${traceFile} (${index + 1} of ${traceFiles.length})`)
    try {
      processes.push(analyzeOne(captureDir, traceFile, manifest, symbols))
    } catch (error) {
      if (!(error instanceof SeamproofError)) throw error
      faults.push(error)
    }
  }
  // One trace that cannot be read must not hide the others; none at all is an error.
  if (processes.length === 0 && faults.length > 0) throw faults[0]!
  const facts = captureFacts(manifest, seamproofVersion, processes)
  if (faults.length === 0) tryWriteWholeFile(path, `${JSON.stringify(facts)}\n`)
  return { facts, unreadable: faults.map((fault) => `left out: ${fault.message}`) }
}

function analyzeOne(
  captureDir: string,
  traceFile: string,
  manifest: CaptureManifest,
  symbols: SymbolTable,
): ProcessFacts {
  const trace = openTrace(join(captureDir, traceFile))
  try {
    const names = symbols.traces.find((one) => one.traceFile === traceFile)!
    return analyzeTrace(trace, names, manifest.workloads)
  } finally {
    trace.close()
  }
}

/** Facts that this version made, and that are younger than what they were made from. */
function readFacts(path: string, sources: readonly string[]): CaptureFacts | undefined {
  const made = statSync(path, { throwIfNoEntry: false })
  if (made === undefined) return undefined
  const isOlder = (source: string) =>
    (statSync(source, { throwIfNoEntry: false })?.mtimeMs ?? 0) > made.mtimeMs
  if (sources.some(isOlder)) return undefined
  try {
    const facts = JSON.parse(readFileSync(path, 'utf8')) as CaptureFacts
    return facts.formatVersion === 1 && facts.seamproofVersion === seamproofVersion
      ? facts
      : undefined
  } catch {
    return undefined
  }
}

export interface ReadCpuProfileOptions
  extends Pick<ReadCaptureOptions, 'subjectModules' | 'onStep'> {
  /** Only what ran inside the ranges of this name (`profile.range(name, …)` in the subject). */
  range?: string | undefined
}

/** The CPU profiles of a capture, one for each process that was sampled, in the order in which they began. */
export async function readCpuProfile(
  captureDir: string,
  options: ReadCpuProfileOptions = {},
): Promise<CpuProfile[]> {
  const manifest = readManifest(captureDir)
  const symbols = await symbolsOf(captureDir, options)
  const profiles: CpuProfile[] = []
  for (const traceFile of traceFilesIn(captureDir)) {
    options.onStep?.(`reading ${traceFile}`)
    const meta = readTraceMeta(join(captureDir, traceFile))
    const names = symbols.traces.find((one) => one.traceFile === traceFile)!
    // A workload's process is our runner; the file is what the user knows.
    const isWorkload = manifest.workloadFile !== undefined
    const command = isWorkload ? manifest.command : (meta.process?.argv ?? manifest.command)
    const profile = profileFromTrace(meta, names, command, { range: options.range })
    if (profile !== undefined) profiles.push(profile)
  }
  if (profiles.length === 0)
    throw new SeamproofError('NO_CPU_SAMPLES', `${captureDir} holds no CPU samples`, {
      exitCode: ExitCode.usage,
      hint: 'record some: seamproof profile -- node app.js',
    })
  return profiles.sort((a, b) => (a.startedAt ?? '').localeCompare(b.startedAt ?? ''))
}

/** The CPU profiles of a run that is not over: read as often as one likes, each time with what has come since. */
export class LiveProfiles {
  readonly #captureDir: string
  readonly #symbols: LiveSymbols

  constructor(captureDir: string, options: Pick<ReadCaptureOptions, 'subjectModules'> = {}) {
    this.#captureDir = captureDir
    this.#symbols = new LiveSymbols(options)
  }

  /** Empty as long as no process has begun to sample. */
  async read(): Promise<CpuProfile[]> {
    const { command } = readManifest(this.#captureDir)
    const profiles: CpuProfile[] = []
    for (const traceFile of traceFilesIn(this.#captureDir)) {
      const meta = readTraceMeta(join(this.#captureDir, traceFile))
      const names = await this.#symbols.of(meta)
      const profile = profileFromTrace(meta, names, meta.process?.argv ?? command)
      if (profile !== undefined) profiles.push(profile)
    }
    return profiles
  }
}

/** Whether a capture was made by the CPU sampler. */
export function isCpuCapture(captureDir: string): boolean {
  return readManifest(captureDir).mode === 'samples'
}

/** The traces of a capture, or the single trace that was named. */
export function traceFilesOf(given: string | undefined, cwd: string): string[] {
  if (given?.endsWith('.trace')) return [resolve(cwd, given)]
  const captureDir = findCapture(given, cwd)
  return traceFilesIn(captureDir).map((name) => join(captureDir, name))
}

/** A CPU profile that another tool made: told apart by what is in the file, whatever it is called. */
export function readProfileFile(
  path: string,
  options: Pick<ReadCaptureOptions, 'subjectModules'> = {},
): CpuProfile {
  const text = readProfileText(path)
  const jsFrames = new JsFrames(new Scripts())
  if (looksLikeCpuprofile(text)) return profileFromCpuprofile(parseCpuprofile(text, path), jsFrames)
  if (looksLikePerfScript(text))
    return profileFromPerf(parsePerfScript(text, path), jsFrames, options)
  throw new SeamproofError('PROFILE_UNKNOWN', `${path} is no profile that can be read`, {
    exitCode: ExitCode.usage,
    hint: text.startsWith('PERFILE2')
      ? `it is perf's own file: perf script -i ${path} > profile.txt`
      : 'give a capture folder, a .cpuprofile of V8, or the text of `perf script`',
  })
}

function readProfileText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SeamproofError(
      'PROFILE_UNREADABLE',
      `${path} cannot be read: ${(cause as Error).message}`,
      {
        exitCode: ExitCode.usage,
        hint: 'text above 512 MB is too much: record for a shorter time',
        cause,
      },
    )
  }
}

/** A soak with everything that follows from its record. */
export interface ReadSoak {
  folder: string
  facts: SoakFacts
  verdicts: SoakVerdicts
  measurements: MeasurementList
  /** Which stacks grow, and what the seam layer saw; absent when there is no trace to read. */
  capture?: ReadCapture & { layer: LayerVerdicts }
  notes: string[]
}

const measurementsFile = 'measurements.json'

/** The stages after a soak's capture. A record that was cut off is read as far as it goes. */
export async function readSoak(
  folder: string,
  options: ReadCaptureOptions = {},
): Promise<ReadSoak> {
  const facts = soakFactsOf(folder)
  const notes: string[] = []
  // The names of a trace are sealed when they are first made: not before it is whole.
  const isRunning = facts.parts.at(-1)?.endReason === 'cut off' && isBeingWritten(folder)
  if (isRunning) notes.push('it still runs: the stacks are named when it has come to its end')
  const capture = isRunning
    ? undefined
    : await readCapture(folder, options).catch((error: unknown) => {
        if (!(error instanceof SeamproofError)) throw error
        notes.push(`the trace is left out: ${error.message}`)
        return undefined
      })
  options.onStep?.('judging')
  const layer = capture && judgeLayer(capture.facts, {}, capture.manifest.workloads ?? [])
  const judged = capture && layer && { ...capture, layer }
  const verdicts = judgeSoak(facts, judged)
  const listed = soakMeasurements(facts, { series: soakSeriesFile, capture: '.' })
  const evidence = {
    kind: 'series' as const,
    path: soakSeriesFile,
    reproduce: listed.command.join(' '),
  }
  const measurements = { ...listed, checks: soakStageChecks(facts, verdicts, evidence) }
  tryWriteWholeFile(join(folder, 'soak-facts.json'), `${JSON.stringify(facts)}\n`)
  tryWriteWholeFile(join(folder, 'soak-verdicts.json'), `${JSON.stringify(verdicts, null, 2)}\n`)
  tryWriteWholeFile(join(folder, measurementsFile), `${JSON.stringify(measurements, null, 2)}\n`)
  return {
    folder,
    facts,
    verdicts,
    measurements,
    ...(judged === undefined ? {} : { capture: judged }),
    notes: [...notes, ...(capture?.notes ?? [])],
  }
}

const stillMs = 60_000

/** Its agent writes at least at every mark and in between. */
function isBeingWritten(folder: string): boolean {
  const youngestMs = Math.max(
    0,
    ...[...traceFilesIn(folder), soakSeriesFile].map(
      (name) => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
    ),
  )
  return Date.now() - youngestMs < stillMs
}

/** Cheap enough to be called while the soak runs. */
export function soakFactsOf(folder: string): SoakFacts {
  return soakFacts(readSoakHead(folder), readSoakSeries(folder))
}

/** What can be said while it runs: which stacks grow is only known at the end. */
export function judgeSoakSoFar(facts: SoakFacts): SoakVerdicts {
  const { checks, ...rest } = judgeSoak(facts)
  return { ...rest, checks: checks.filter(({ status }) => status !== 'not-run') }
}

export interface SoakRun extends ReadSoak {
  outcome: SoakCapture['outcome']
  fault?: SeamproofError
}

/** A soak from its load to its verdicts; `resumeFolder` goes on with one that was interrupted. */
export async function runSoak(
  options: CaptureSoakOptions & { resumeFolder?: string | undefined },
  reading: ReadCaptureOptions = {},
): Promise<SoakRun> {
  const { folder, outcome, fault } =
    options.resumeFolder === undefined
      ? await captureSoak(options)
      : await resumeSoak(options.resumeFolder, options)
  // Nothing was run: there is nothing to report.
  if (fault?.code === 'WORKLOAD_NOT_DECLARED') throw fault
  const read = await readSoak(folder, reading)
  return { ...read, outcome, ...(fault === undefined ? {} : { fault }) }
}
