/**
 * A soak that was made before, as a stage of a validation: nobody makes an hour of load again for each report. It counts only
 * where it came to its end on the very code that is validated, and its numbers carry the day and the machine that they are from.
 */
import { cpSync, readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { ExitCode, SeamproofError } from './base/seamproof-error.js'
import { traceFilesIn } from './capture/capture-directory.js'
import { readSoakHead } from './capture/soak/soak-record.js'
import type { MeasurementList } from './contract/measurement.js'
import type { SoakHead } from './contract/soak.js'
import { type ReadCaptureOptions, readSoak } from './pipeline.js'
import { type LoadedModule, sameCode, subjectModulesOf } from './symbols/addon-identity.js'

export interface KeptSoakOptions {
  /** The folder that `seamproof soak` left. */
  from: string
  /** The stage's own folder: what is needed is copied here, so that the report keeps its evidence. */
  folder: string
  /** The validation's folder, whose captures tell what is validated. */
  validationFolder: string
  /** The workload file that the soak would run. */
  file: string
  reading: ReadCaptureOptions
}

export async function takeKeptSoak(options: KeptSoakOptions): Promise<MeasurementList> {
  const { from, folder, file, reading } = options
  const head = readSoakHead(from)
  if (basename(head.workloadFile) !== basename(file))
    throw refused(
      'SOAK_OF_ANOTHER',
      `${from} is a soak of ${basename(head.workloadFile)}, this validation soaks ${basename(file)}`,
    )
  const same = identified(options)
  cpSync(from, folder, { recursive: true })
  const { facts, measurements } = await readSoak(folder, reading)
  const last = facts.parts.at(-1)
  if (last?.endReason !== 'done')
    throw refused(
      'SOAK_UNFINISHED',
      `the soak in ${from} did not come to its end: ${last?.endText ?? 'it has not begun'}`,
    )
  const origin = originOf(head, facts.load.loadMs, same)
  return {
    ...measurements,
    measurements: measurements.measurements.map((one) => ({ ...one, origin })),
    ...(measurements.checks && {
      checks: measurements.checks.map((one) => ({
        ...one,
        verdict: { ...one.verdict, evidence: `${one.verdict.evidence}; ${origin}` },
      })),
    }),
    notes: [origin, ...measurements.notes],
  }
}

/** Every module of the subject that the soak had loaded must be one that was loaded here. */
function identified({ from, validationFolder, folder, reading }: KeptSoakOptions): string[] {
  const { subjectModules } = reading
  const modulesIn = (traces: readonly string[]) =>
    traces.flatMap((trace) => subjectModulesOf(trace, subjectModules))
  const soaked = modulesIn(traceFilesIn(from).map((name) => join(from, name)))
  const here = modulesIn(tracesBelow(validationFolder, folder))
  if (soaked.length === 0)
    throw refused('SOAK_UNKNOWN', `${from} has no trace that says which native code was under load`)
  if (here.length === 0)
    throw refused(
      'SOAK_UNCOMPARED',
      'nothing was recorded here that the soak’s code could be compared with',
      'do not skip both check and bench',
    )
  return unique(soaked).map((module) => {
    const same = sameCode(module, here)
    if (same !== undefined) return same
    throw refused(
      'SOAK_OF_OTHER_CODE',
      `the soak in ${from} had ${module.path} loaded (build-id ${module.buildId || 'none'}): that is not the code that is validated`,
      'soak what is there now: seamproof soak --for 1h',
    )
  })
}

const unique = (modules: readonly LoadedModule[]): LoadedModule[] => [
  ...new Map(modules.map((one) => [`${one.path} ${one.buildId}`, one])).values(),
]

const tracesMax = 60

/** Of the stages before. Those that count or check every workload have loaded all that the subject has. */
function tracesBelow(folder: string, except: string): string[] {
  const found: string[] = []
  const visit = (path: string) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const below = join(path, entry.name)
      if (entry.isDirectory() && resolve(below) !== resolve(except)) visit(below)
      else if (entry.isFile() && entry.name.endsWith('.trace')) found.push(below)
    }
  }
  visit(folder)
  // The small ones first: what is asked of them is the same.
  return found.slice(0, tracesMax)
}

function originOf(head: SoakHead, loadMs: number, same: readonly string[]): string {
  const { machine, createdAt, gitCommit } = head
  const when = `${createdAt.slice(0, 16).replace('T', ' ')} UTC`
  const commit = gitCommit === undefined ? 'commit not recorded' : `commit ${gitCommit}`
  return `not of this run: a soak of ${Math.round(loadMs / 60_000)} min begun ${when}, ${machine.cpuModel}, ${machine.cpuCount} CPUs, ${machine.os}, Node ${machine.nodeVersion}, ${commit}; ${same.join(', ')}`
}

function refused(code: Uppercase<string>, message: string, hint?: string): SeamproofError {
  return new SeamproofError(code, message, {
    exitCode: ExitCode.usage,
    hint: hint ?? 'name a finished soak of this subject, or leave --soak out',
  })
}
