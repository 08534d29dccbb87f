import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mergeFindings } from './analyze/merge-findings.js'
import { summarizeLeaks } from './analyze/summarize-leaks.js'
import { ExitCode, SeamproofError } from './base/seamproof-error.js'
import { seamproofVersion } from './base/seamproof-version.js'
import { tryWriteWholeFile } from './base/whole-file.js'
import { findingsFile } from './capture/capture-directory.js'
import type {
  CheckDemand,
  CheckRun,
  FindingList,
  Instrument,
  PlannedCheck,
} from './contract/finding.js'
import {
  type FindingVerdicts,
  type JudgeFindingsOptions,
  judgeFindings,
  judgeIdleShard,
} from './judge/judge-findings.js'

export interface CheckResult {
  list: FindingList
  verdicts: FindingVerdicts
}

/** From runs alone to what is printed: used for one check, for one that is read again, and for shards that are merged. */
export function checkResult(
  runs: readonly CheckRun[],
  planned: readonly PlannedCheck[],
  judge: JudgeFindingsOptions,
  shard?: { index: number; count: number },
): CheckResult {
  const found = mergeFindings(runs)
  const leaks = summarizeLeaks(runs, found)
  const isIdle = shard !== undefined && planned.every((one) => one.shard !== shard.index)
  const verdicts = isIdle
    ? judgeIdleShard(shard, planned.length)
    : judgeFindings({ runs, findings: found, leaks }, judge)
  return {
    verdicts,
    list: {
      formatVersion: 1,
      seamproofVersion,
      createdAt: new Date().toISOString(),
      runs: [...runs],
      findings: verdicts.findings,
      checks: verdicts.checks,
      leaks,
      planned: [...planned],
      demand: judge.demand,
      ...(shard === undefined ? {} : { shard }),
    },
  }
}

/** What is judged at every reading: acceptances may have changed. What was asked for stays. */
export type ReadingOptions = Omit<JudgeFindingsOptions, 'demand'> & {
  isStrict?: boolean | undefined
}

/** All shards as one. What a missing shard would have run is `not-run`; a run that is there twice counts once. */
export function mergeShards(lists: readonly FindingList[], reading: ReadingOptions): CheckResult {
  const planned = new Map<string, PlannedCheck>()
  const runs = new Map<string, CheckRun>()
  for (const list of lists) {
    for (const check of list.planned) planned.set(runKey(check), check)
    for (const run of list.runs)
      if (runs.get(runKey(run))?.status !== 'ran') runs.set(runKey(run), run)
  }
  for (const [key, { instrument, target, shard }] of planned)
    if (!runs.has(key)) runs.set(key, missingRun(instrument, target, shard))
  const ordered = new Set([...planned.keys(), ...runs.keys()])
  const judge = { ...reading, demand: commonDemand(lists, reading.isStrict) }
  return checkResult(
    [...ordered].map((key) => runs.get(key)!),
    [...planned.values()],
    judge,
  )
}

/** A stored list as it is judged today. A shard by itself stays a shard: the others are not missed. */
export function judgeAgain(list: FindingList, reading: ReadingOptions): CheckResult {
  const judge = { ...reading, demand: commonDemand([list], reading.isStrict) }
  const result = checkResult(list.runs, list.planned, judge, list.shard)
  const { seamproofVersion, createdAt, isInterrupted } = list
  Object.assign(
    result.list,
    { seamproofVersion, createdAt },
    isInterrupted ? { isInterrupted } : {},
  )
  return result
}

const runKey = (one: { instrument: Instrument; target: string }) =>
  `${one.instrument}\n${one.target}`

function missingRun(instrument: Instrument, target: string, shard: number): CheckRun {
  const reason = `shard ${shard}, which makes this run, is not among the folders`
  return emptyRun(instrument, target, '', 'shard-missing', reason)
}

function commonDemand(lists: readonly FindingList[], isStrict = false): CheckDemand {
  return {
    required: [...new Set(lists.flatMap(({ demand }) => demand.required))],
    areToolsRequired: lists.some(({ demand }) => demand.areToolsRequired),
    isStrict: isStrict || lists.some(({ demand }) => demand.isStrict),
  }
}

/** A run that was not made. */
export function emptyRun(
  instrument: Instrument,
  target: string,
  folder: string,
  cause: CheckRun['cause'],
  reason: string,
): CheckRun {
  return {
    instrument,
    target,
    status: 'not-run',
    reason,
    ...(cause === undefined ? {} : { cause }),
    reports: [],
    foreignCount: 0,
    blindSpots: [],
    notes: [],
    wallMs: 0,
    reproduce: `seamproof check --with ${instrument} ${target}`,
    folder,
  }
}

export function writeFindings(folder: string, list: FindingList): void {
  mkdirSync(folder, { recursive: true })
  tryWriteWholeFile(join(folder, findingsFile), `${JSON.stringify(list)}\n`)
}

export function readFindings(folder: string): FindingList {
  const path = join(folder, findingsFile)
  let list: FindingList
  try {
    list = JSON.parse(readFileSync(path, 'utf8')) as FindingList
  } catch (cause) {
    throw new SeamproofError('NO_FINDINGS', `${path} cannot be read: ${(cause as Error).message}`, {
      exitCode: ExitCode.usage,
      hint: 'name a folder that seamproof check made, such as resize-20260102-030405.seamproof',
      cause,
    })
  }
  if (list.formatVersion === 1 && Array.isArray(list.runs)) return list
  throw new SeamproofError(
    'FINDINGS_UNKNOWN',
    `${path} has format ${String(list.formatVersion)}; this Seamproof (${seamproofVersion}) reads format 1`,
    {
      exitCode: ExitCode.usage,
      hint: `read it with the Seamproof that wrote it: ${list.seamproofVersion ?? 'unknown'}`,
    },
  )
}
