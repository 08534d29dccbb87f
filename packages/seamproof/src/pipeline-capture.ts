import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { analyzeTrace, captureFacts } from './analyze/analyze-trace.js'
import { ExitCode, SeamproofError } from './base/seamproof-error.js'
import { seamproofVersion } from './base/seamproof-version.js'
import { tryWriteWholeFile } from './base/whole-file.js'
import { traceFilesIn } from './capture/capture-directory.js'
import { readManifest } from './capture/read-manifest.js'
import type { Suppression } from './config/config-schema.js'
import type { CaptureManifest } from './contract/capture.js'
import type { CaptureFacts, ProcessFacts } from './contract/facts.js'
import type { SymbolTable } from './contract/symbols.js'
import type { Verdicts } from './contract/verdict.js'
import { judgeCapture } from './judge/judge-capture.js'
import { judgeLayer } from './judge/judge-layer.js'
import { readSymbolTable, symbolizeCapture } from './symbols/symbolize-capture.js'
import { openTrace } from './trace/open-trace.js'

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
  const symbols = await sealedNames(captureDir, options)
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

/** Names for every address: made when a capture is first read, and never again. */
export async function sealedNames(
  captureDir: string,
  options: ReadCaptureOptions,
): Promise<SymbolTable> {
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
