import { statSync } from 'node:fs'
import { join } from 'node:path'
import { soakFacts } from './analyze/soak-facts.js'
import { soakMeasurements } from './analyze/soak-measurements.js'
import { SeamproofError } from './base/seamproof-error.js'
import { tryWriteWholeFile } from './base/whole-file.js'
import { traceFilesIn } from './capture/capture-directory.js'
import {
  type CaptureSoakOptions,
  captureSoak,
  resumeSoak,
  type SoakCapture,
} from './capture/soak/capture-soak.js'
import { readSoakHead, readSoakSeries, soakSeriesFile } from './capture/soak/soak-record.js'
import type { MeasurementList } from './contract/measurement.js'
import type { SoakFacts } from './contract/soak-facts.js'
import type { SoakVerdicts } from './contract/soak-verdict.js'
import { judgeLayer, type LayerVerdicts } from './judge/judge-layer.js'
import { judgeSoak } from './judge/judge-soak.js'
import { soakStageChecks } from './judge/stage-checks.js'
import { type ReadCapture, type ReadCaptureOptions, readCapture } from './pipeline-capture.js'

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
