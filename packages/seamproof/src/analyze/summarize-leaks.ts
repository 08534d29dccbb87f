import type {
  CheckRun,
  DefectReport,
  Finding,
  Instrument,
  LeakSummary,
} from '../contract/finding.js'
import { compareText } from './merge-findings.js'

const growthInstruments: readonly Instrument[] = ['track']
/** Told by looking for a pointer to the block; memcheck before LeakSanitizer, since it knows more of them. */
const lossInstruments: readonly Instrument[] = ['memcheck', 'asan']

interface Looked {
  workload: string
  target: string
  by: Set<Instrument>
  /** The file has no other. */
  isAlone: boolean
}

/** Bytes and blocks per operation for each workload that an instrument looked at for leaks. */
export function summarizeLeaks(
  runs: readonly CheckRun[],
  findings: readonly Finding[],
): LeakSummary[] {
  const looked = runs.filter(
    ({ status, instrument }) =>
      status === 'ran' && [...growthInstruments, ...lossInstruments].includes(instrument),
  )
  const byWorkload = new Map<string, Looked>()
  for (const { target, workloads, instrument } of looked)
    for (const workload of workloads ?? []) {
      const key = `${target}\n${workload}`
      const known = byWorkload.get(key)
      const isAlone = workloads?.length === 1
      if (known === undefined)
        byWorkload.set(key, { workload, target, by: new Set([instrument]), isAlone })
      else known.by.add(instrument)
    }
  return [...byWorkload.values()]
    .map((one) => summaryOf(one, findings))
    .sort((a, b) => compareText(a.target, b.target) || compareText(a.workload, b.workload))
}

function summaryOf(
  { workload, target, by, isAlone }: Looked,
  findings: readonly Finding[],
): LeakSummary {
  const leaks = findings.filter(
    ({ kind, workloads, seenBy }) =>
      kind === 'leak' &&
      seenBy.some((one) => one.target === target) &&
      // Who looked only at the end knows no workload.
      (workloads.includes(workload) || (isAlone && workloads.length === 0)),
  )
  const has = (wanted: readonly Instrument[]) => wanted.some((one) => by.has(one))
  return {
    workload,
    target,
    instruments: [...by].sort(compareText),
    findingCount: leaks.length,
    ...(has(growthInstruments) ? { growth: sum(leaks, workload, growthInstruments) } : {}),
    ...(has(lossInstruments) ? { lost: sum(leaks, workload, lossInstruments) } : {}),
  }
}

/** A leak that two instruments saw is counted once, by the first of them. */
function sum(
  leaks: readonly Finding[],
  workload: string,
  wanted: readonly Instrument[],
): { bytes: number; blocks: number } {
  const total = { bytes: 0, blocks: 0 }
  for (const { reports, perOperation } of leaks) {
    const own = reports.filter(
      (report) => (report.workload ?? workload) === workload && !isReachable(report),
    )
    for (const instrument of wanted) {
      const seen = own.filter((report) => report.instrument === instrument)
      if (seen.length === 0) continue
      // Who saw only the end knows no rate: that of the same blocks, seen by another, holds for it.
      const rates = seen.flatMap((report) => report.perOperation ?? [])
      for (const rate of rates.length > 0 ? rates : [perOperation ?? { bytes: 0, blocks: 0 }]) {
        total.bytes += rate.bytes
        total.blocks += rate.blocks
      }
      break
    }
  }
  return total
}

/** Memcheck also counts what is still pointed to, between rounds. */
const isReachable = ({ instrument, rule }: DefectReport): boolean =>
  instrument === 'memcheck' && /reachable/i.test(rule)
