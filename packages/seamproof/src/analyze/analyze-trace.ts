import type { CaptureManifest, WorkloadRun } from '../contract/capture.js'
import type { CaptureFacts, ProcessFacts } from '../contract/facts.js'
import type { TraceSymbols } from '../contract/symbols.js'
import { FrameSet } from './frame-set.js'
import { GroupTable } from './group-table.js'
import { growthGroups } from './growth-groups.js'
import { GrowthSeries } from './growth-series.js'
import { jsFrameCoverage } from './js-coverage.js'
import { layerFacts } from './layer-facts.js'
import { lifeLengthUs } from './life-length.js'
import { readEvents } from './read-events.js'
import { readSnapshots } from './read-snapshots.js'
import { resourceSeries } from './resource-series.js'
import { SiteTable } from './site-table.js'
import { stackCosts } from './stack-costs.js'
import { planLifetime, planRounds, planSnapshots, type StepPlan } from './step-plan.js'
import { traceEnd, traceLosses } from './trace-losses.js'
import type { TraceSource } from './trace-source.js'

/** The facts of one process. `workloads` is the manifest's list: it says how many operations a round had. */
export function analyzeTrace(
  source: TraceSource,
  symbols: TraceSymbols,
  workloads: readonly WorkloadRun[] = [],
): ProcessFacts {
  const { meta } = source
  const lifeUs = lifeLengthUs(source)
  const frames = new FrameSet(symbols, meta.locations)
  const sites = new SiteTable(meta.stacks.nodeCount)
  const groups = new GroupTable(meta, frames)
  const groupOfSite = cachedGroups(sites, groups)
  const plans = planSteps(source, workloads, lifeUs)
  const series = plans.map((plan) => new GrowthSeries(plan, groupOfSite))
  const books =
    meta.header.mode === 'aggregate'
      ? readSnapshots(source, sites, series)
      : readEvents(source, sites, series, lifeUs)
  const complete = series.filter((candidate) => candidate.finish())
  const { costs, tree, costOfSite } = stackCosts(meta, frames, sites, complete)
  const grown = complete.map((one) =>
    growthGroups({ meta, frames, sites, groups, groupOfSite, costOfSite }, one),
  )
  const quietGroups = grown.flatMap((one) => one.quietGroups)
  const layer = layerFacts(meta, frames, workloads)
  return {
    traceFile: meta.traceFile,
    pid: meta.header.pid,
    parentPid: meta.header.parentPid,
    executable: meta.process?.executable ?? '',
    argv: meta.process?.argv ?? [],
    startedAt: new Date(meta.header.startWallMs).toISOString(),
    durationMs: Math.max(lifeUs, books.lastUs) / 1000,
    mode: meta.header.mode,
    end: traceEnd(source),
    frames: frames.frames,
    tree,
    costs,
    totals: books.totals,
    marks: books.marks,
    groups: grown.flatMap((one) => one.groups),
    ...(quietGroups.length === 0 ? {} : { quietGroups }),
    resources: complete
      .filter((one) => one.plan.evidence === 'rounds')
      .flatMap((one) => resourceSeries(one.plan, meta.marks, meta.samples, books.readings)),
    timeline: books.timeline,
    gc: {
      count: meta.gcs.length,
      totalMs: meta.gcs.reduce((sum, gc) => sum + gc.durationUs, 0) / 1000,
    },
    jsFrames: jsFrameCoverage(meta, frames, sites),
    losses: traceLosses(source, symbols, books.notes),
    ...(layer === undefined ? {} : { layer }),
  }
}

function planSteps(
  { meta }: TraceSource,
  workloads: readonly WorkloadRun[],
  lifeUs: number,
): StepPlan[] {
  const rounds = planRounds(meta.marks, workloads)
  if (rounds.length > 0) return rounds
  if (meta.header.mode === 'full') return [planLifetime(lifeUs)]
  const plan = planSnapshots(meta)
  return plan === null ? [] : [plan]
}

/** Each site's group is found once. */
function cachedGroups(sites: SiteTable, groups: GroupTable): (site: number) => number {
  const known: number[] = []
  return (site) => {
    const group = known[site] ?? groups.groupOf(sites.stack[site]!, sites.kind[site]!)
    known[site] = group
    return group
  }
}

/** The facts of a capture: its processes in the order in which they began. */
export function captureFacts(
  manifest: CaptureManifest,
  seamproofVersion: string,
  processes: readonly ProcessFacts[],
): CaptureFacts {
  return {
    formatVersion: 1,
    seamproofVersion,
    command: manifest.command,
    processes: [...processes].sort(
      (a, b) => a.startedAt.localeCompare(b.startedAt) || a.pid - b.pid,
    ),
  }
}
