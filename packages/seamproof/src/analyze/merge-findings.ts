import {
  type CheckRun,
  type DefectReport,
  type Finding,
  instruments,
  type Severity,
} from '../contract/finding.js'
import type { Frame } from '../contract/frame.js'
import { type DefectIdentity, identityOf, isLibraryCode } from './defect-identity.js'

const severities: readonly Severity[] = ['error', 'warning', 'advice']

/** A report with where it came from. */
interface Sighting {
  report: DefectReport
  identity: DefectIdentity
  /** The report as text: order and identity of reports, whatever order they came in. */
  text: string
  reproduce: string
  /** The runs that gave it. */
  targets: Set<string>
}

/**
 * One finding for each defect, whichever instruments, workloads and shards saw it. Depends on nothing but the set of reports:
 * not on their order, nor on how often the same run is given.
 */
export function mergeFindings(runs: readonly CheckRun[]): Finding[] {
  const sightings = sightingsOf(runs)
  const groups = joinAlike(joinByKeys(sightings))
  return groups.map(findingOf).sort(byWeight)
}

function sightingsOf(runs: readonly CheckRun[]): Sighting[] {
  const byText = new Map<string, Sighting>()
  for (const run of runs)
    for (const report of run.reports) {
      const text = canonicalText(report)
      const reproduce = reproduceLine(run, report)
      const known = byText.get(text)
      if (known === undefined)
        byText.set(text, {
          report,
          identity: identityOf(report),
          text,
          reproduce,
          targets: new Set([run.target]),
        })
      else {
        known.targets.add(run.target)
        if (isShorter(reproduce, known.reproduce)) known.reproduce = reproduce
      }
    }
  return [...byText.values()].sort((a, b) => compareText(a.text, b.text))
}

function reproduceLine({ reproduce, workloads }: CheckRun, { workload }: DefectReport): string {
  if (workload === undefined || workloads === undefined || workloads.length < 2) return reproduce
  return `${reproduce} --only '${workload.replaceAll("'", `'\\''`)}'`
}

/** Reports with a key in common, and those that share one with these. */
function joinByKeys(sightings: readonly Sighting[]): Sighting[][] {
  const parent = sightings.map((_, index) => index)
  const rootOf = (index: number): number => {
    let root = index
    while (parent[root] !== root) root = parent[root]!
    return root
  }
  const firstWith = new Map<string, number>()
  sightings.forEach(({ identity }, index) => {
    for (const key of identity.keys) {
      const first = firstWith.get(key)
      if (first === undefined) firstWith.set(key, index)
      else parent[rootOf(index)] = rootOf(first)
    }
  })
  const groups = new Map<number, Sighting[]>()
  sightings.forEach((sighting, index) => {
    const root = rootOf(index)
    const group = groups.get(root)
    if (group === undefined) groups.set(root, [sighting])
    else group.push(sighting)
  })
  return [...groups.values()]
}

/** Groups that only look alike are one when no instrument is in two of them: it told them apart, and would know. */
function joinAlike(groups: readonly Sighting[][]): Sighting[][] {
  const byLikeness = new Map<string, Sighting[][]>()
  const joined: Sighting[][] = []
  for (const group of groups) {
    const likenesses = new Set(group.flatMap(({ identity }) => identity.likeness ?? []))
    const [likeness] = likenesses
    if (likenesses.size !== 1 || likeness === undefined) joined.push(group)
    else byLikeness.set(likeness, [...(byLikeness.get(likeness) ?? []), group])
  }
  for (const alike of byLikeness.values())
    if (canBeOne(alike)) joined.push(alike.flat())
    else joined.push(...alike)
  return joined
}

function canBeOne(groups: readonly Sighting[][]): boolean {
  const seenBy = groups.map((group) => new Set(group.map(({ report }) => report.instrument)))
  const total = seenBy.reduce((sum, one) => sum + one.size, 0)
  if (new Set(seenBy.flatMap((one) => [...one])).size !== total) return false
  const rates = groups.flat().flatMap(({ report }) => report.perOperation?.blocks ?? [])
  const least = Math.min(...rates)
  return rates.every((rate) => rate - least <= leakRateTolerance * rate)
}

/** Rounds of different instruments have different lengths; a whole number per operation comes out within this of it. */
const leakRateTolerance = 0.1

function findingOf(group: readonly Sighting[]): Finding {
  const ranked = [...group].sort(byWhatIsSaid)
  const lead = ranked[0]!
  const { report } = lead
  const reports = ranked.map((one) => one.report)
  const rates = reports.flatMap((one) => one.perOperation ?? [])
  // The layer counts objects, and does not know how large they are.
  const perOperation = rates.find(({ bytes }) => bytes > 0) ?? rates[0]
  const location = locationOf(reports)
  const seen = new Set(reports.map(({ instrument }) => instrument))
  const named = new Set(reports.flatMap(({ workload }) => workload ?? []))
  return {
    fingerprint: lead.identity.fingerprint,
    aliases: [...new Set(group.map(({ identity }) => identity.fingerprint))].sort(),
    kind: report.kind,
    severity: severities.find((one) => reports.some(({ severity }) => severity === one))!,
    status: 'new',
    message: report.message,
    stacks: report.stacks,
    instruments: instruments.filter((one) => seen.has(one)),
    seenBy: seenBy(group),
    workloads: [...named].sort(compareText),
    reproduce: group.map((one) => one.reproduce).reduce((a, b) => (isShorter(b, a) ? b : a)),
    ...(location === undefined ? {} : { location }),
    ...(perOperation === undefined ? {} : { perOperation }),
    reports,
  }
}

function seenBy(group: readonly Sighting[]): Finding['seenBy'] {
  return instruments.flatMap((instrument) => {
    const own = group.filter(({ report }) => report.instrument === instrument)
    const targets = new Set(own.flatMap((one) => [...one.targets]))
    return [...targets].sort(compareText).map((target) => ({ instrument, target }))
  })
}

/** Who says most comes first: rates, both sides of the seam, lines, the life of the memory. */
function byWhatIsSaid(a: Sighting, b: Sighting): number {
  const rank = ({ report }: Sighting) => instruments.indexOf(report.instrument)
  return wordsOf(b.report) - wordsOf(a.report) || rank(a) - rank(b) || compareText(a.text, b.text)
}

function wordsOf({ perOperation, stacks }: DefectReport): number {
  const has = (wanted: (frame: Frame) => boolean) =>
    stacks.some(({ frames }) => frames.some(wanted))
  return (
    (perOperation === undefined ? 0 : 4) +
    (perOperation !== undefined && perOperation.bytes > 0 ? 2 : 0) +
    (has(({ kind }) => kind === 'js') ? 3 : 0) +
    (has(({ origin, line }) => origin === 'subject' && line !== undefined) ? 2 : 0) +
    new Set(stacks.map(({ role }) => role)).size
  )
}

function locationOf(reports: readonly DefectReport[]): Finding['location'] {
  const stacks = reports.flatMap((report) =>
    [...report.stacks].sort(
      (a, b) => Number(b.role === placeRole(report)) - Number(a.role === placeRole(report)),
    ),
  )
  const first = (wanted: (frame: Frame) => boolean) => {
    for (const { frames } of stacks) {
      const found = frames.find(wanted)
      if (found !== undefined) return found
    }
    return undefined
  }
  const isOwn = ({ origin }: Frame) => origin === 'subject'
  const hasFile = ({ file }: Frame) => file !== undefined
  const frame =
    first((one) => isOwn(one) && hasFile(one) && !isLibraryCode(one)) ??
    first((one) => isOwn(one) && hasFile(one)) ??
    first((one) => one.origin === 'user' && hasFile(one))
  if (frame?.file === undefined) return undefined
  const { file, line, functionName, moduleName } = frame
  return {
    file,
    ...(line === undefined ? {} : { line }),
    functionName,
    ...(moduleName === undefined ? {} : { moduleName }),
  }
}

const placeRole = ({ kind }: DefectReport) => (kind === 'leak' ? 'allocated' : 'now')

/** The most severe first; then who was seen by most, leaks most, came most often. */
function byWeight(a: Finding, b: Finding): number {
  const times = ({ reports }: Finding) => reports.reduce((sum, { count }) => sum + count, 0)
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    b.instruments.length - a.instruments.length ||
    (b.perOperation?.bytes ?? 0) - (a.perOperation?.bytes ?? 0) ||
    times(b) - times(a) ||
    compareText(a.fingerprint, b.fingerprint)
  )
}

/** Keys in one order, since a report that was stored and read again may have them in another. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => compareText(a, b)))
      : inner,
  )
}

/** Not localeCompare: the order must not depend on the machine's language. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const isShorter = (a: string, b: string) => a.length < b.length || (a.length === b.length && a < b)
