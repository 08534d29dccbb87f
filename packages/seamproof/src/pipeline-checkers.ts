import { readFileSync } from 'node:fs'
import { basename, relative } from 'node:path'
import { checkReports } from './analyze/check-reports.js'
import type { BuildSystem } from './capture/build/build-plan.js'
import type { SubjectBuild } from './capture/build/subject-build.js'
import type { CheckCapture, CheckOptions } from './capture/checkers/check-capture.js'
import type { Checker, CheckerName } from './capture/checkers/checker.js'
import { checkers } from './capture/checkers/checkers.js'
import { runCheck } from './capture/checkers/run-check.js'
import type { CheckRun, DefectReport } from './contract/finding.js'
import type { ToolLog } from './contract/tool-report.js'
import { CheckerFrames } from './symbols/checker-frames.js'
import { nameToolFrames } from './symbols/name-tool-frames.js'
import { makesOwnLocks } from './symbols/own-locks.js'
import { parseAsanLog } from './trace/asan-log.js'
import { parseTsanLog } from './trace/tsan-log.js'
import { parseUbsanLog } from './trace/ubsan-log.js'
import { parseValgrindXml } from './trace/valgrind-xml.js'

export type { CheckerName }

export interface RunCheckerOptions extends CheckOptions {
  /** Modules that count as the subject wherever they lie. */
  subjectModules?: readonly string[] | undefined
}

const parsers: Record<CheckerName, (latin1: string) => ToolLog> = {
  asan: parseAsanLog,
  ubsan: parseUbsanLog,
  tsan: parseTsanLog,
  memcheck: parseValgrindXml,
  helgrind: parseValgrindXml,
  drd: parseValgrindXml,
}

/**
 * One checker on one workload file or program: builds the subject for it where it can, runs it in `outDir`, and gives what it
 * reported. A tool that is missing, a subject that cannot be built or driven: `not-run` with the reason and what to type, never
 * an exception. `folder` is `outDir` relative to `cwd`, `reproduce` is for the caller to set if it knows more options.
 */
export async function runChecker(
  instrument: CheckerName,
  options: RunCheckerOptions,
): Promise<CheckRun> {
  const checker = checkers[instrument]
  const capture = await runCheck(checker, options)
  options.onStep?.(`${instrument}: reading what it reported`)
  const logs = capture.logs.map(({ name, path }) => ({
    name,
    log: parsers[instrument](readFileSync(path, 'latin1')),
  }))
  const built = capture.builds.flatMap(({ libraries }) => libraries.map(({ path }) => path))
  await nameToolFrames(
    logs.map(({ log }) => log),
    new Set(built),
  )
  const frames = new CheckerFrames({
    nodePath: capture.nodePath,
    perfMaps: capture.perfMaps,
    copies: capture.builds,
    subjectModules: [...(options.subjectModules ?? []), ...built],
  })
  const { reports, foreignCount, notes, incomplete } = checkReports({
    instrument,
    logs,
    checkpoints: capture.checkpoints,
    isWorkload: capture.isWorkload,
    frameOf: (frame, pid) => frames.frame(frame, pid),
    makesOwnLocks,
  })
  return {
    instrument,
    target: capture.target,
    ...(capture.isWorkload ? { workloads: capture.workloads } : {}),
    ...statusOf(capture, checker, reports),
    ...(isPartial(capture, checker) ? { isPartial: true } : {}),
    ...(incomplete === undefined ? {} : { incomplete }),
    reports,
    foreignCount,
    blindSpots: capture.blindSpots,
    notes: [...notesOf(capture), ...notes, ...logFaults(logs)],
    wallMs: capture.wallMs,
    reproduce: `seamproof check --with ${instrument} ${capture.isWorkload ? '' : '-- '}${capture.target}`,
    folder: relative(options.cwd, options.outDir),
  }
}

/**
 * A process that ended at the very defect that was found has told what there was to tell, if all workloads had their turn; one
 * that ended for no known reason has not.
 */
function statusOf(
  { failure, exits }: CheckCapture,
  checker: Checker,
  reports: readonly DefectReport[],
): Pick<CheckRun, 'status' | 'reason' | 'cause'> {
  if (failure === undefined) {
    const crash = exits.find(({ signal }) => signal !== null)
    if (crash === undefined || reports.some(({ severity }) => severity === 'error'))
      return { status: 'ran' }
    return {
      status: 'not-run',
      cause: 'subject-not-driven',
      reason: `the subject was ended by ${crash.signal} under ${checker.name}, which reported nothing about it`,
    }
  }
  return { status: 'not-run', ...failure }
}

/** An addon as it was installed, under a checker that sees more of one that is built for it. */
function isPartial({ loaded, failure }: CheckCapture, { withoutBuild }: Checker): boolean {
  const isBuilt = loaded.some(({ isBuild }) => isBuild)
  return failure === undefined && withoutBuild === 'some' && !isBuilt
}

function notesOf({ builds, notes }: CheckCapture): string[] {
  return [
    ...builds.map(
      ({ libraries, compiler, system, isCached, wallMs, projectDir }) =>
        `${libraries.map(({ name }) => name).join(', ')} of ${basename(projectDir)} built with ${compilerText(compiler, system)}${isCached ? ' (as built before)' : ` in ${(wallMs / 1000).toFixed(1)} s`}`,
    ),
    ...notes,
  ]
}

/** `clang 14.0.6`; the rest of its first line is of who packed it. */
function compilerText({ cc, version }: SubjectBuild['compiler'], system: BuildSystem): string {
  if (system === 'cargo') return 'cargo'
  const number = /\b\d+(\.\d+)+/.exec(version.replace(/\([^)]*\)/g, ''))?.[0]
  return number === undefined ? basename(cc) : `${basename(cc)} ${number}`
}

function logFaults(logs: readonly { name: string; log: ToolLog }[]): string[] {
  return logs.flatMap(({ name, log }) => log.faults.map((fault) => `${name}: ${fault}`))
}
