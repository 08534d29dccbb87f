import type { WorkloadRun } from '../contract/capture.js'
import type { LayerFacts, LayerObjectSeries } from '../contract/layer.js'
import type { TraceLayer, TraceLayerLive } from '../trace/layer-records.js'
import type { TraceMeta } from '../trace/trace-meta.js'
import type { FrameSet } from './frame-set.js'
import { planRounds, workloadOf } from './step-plan.js'

/** What the seam layer saw, with named stacks. Undefined when it was not active in the process. */
export function layerFacts(
  meta: TraceMeta,
  frames: FrameSet,
  workloads: readonly WorkloadRun[],
): LayerFacts | undefined {
  const { layer } = meta
  if (layer === null) return undefined
  const framesOf = (stack: number) => frameIndexesOf(meta, frames, stack)
  return {
    ...(layer.nodeVersion === undefined ? {} : { nodeVersion: layer.nodeVersion }),
    wrappedFunctionCount: layer.wrappedFunctionCount,
    unknownFunctionCount: layer.unknownFunctionCount,
    apiCallCount: layer.crossings.reduce((sum, crossing) => sum + crossing.apiCallCount, 0),
    injected: meta.notes.filter((note) => note.startsWith('injected: ')),
    madeFaults: layer.injections.map(({ stack, timeUs, status, faultClass, ...fault }) => ({
      ...fault,
      faultClass,
      ...(faultClass === 'call' ? { status } : {}),
      timeMs: timeUs / 1000,
      frameIndexes: framesOf(stack),
    })),
    ...(layer.stress === undefined ? {} : { stress: layer.stress }),
    findings: layer.findings.map(({ number: _, seq, timeUs, stacks, objectKind, ...finding }) => ({
      ...finding,
      timeMs: timeUs / 1000,
      ...workloadAt(meta, workloads, seq),
      ...(objectKind === undefined ? {} : { objectKind }),
      stacks: stacks.map(({ role, stack }) => ({ role, frameIndexes: framesOf(stack) })),
    })),
    crossings: [...layer.crossings].sort((a, b) => b.totalNs - a.totalNs),
    objects: objectSeries(layer, meta, workloads, framesOf),
    unseenAddons: layer.unseenAddons,
  }
}

/** Workloads come one after the other, and each ends with a mark: the next mark tells. The last one may have crashed before its own. */
function workloadAt(
  { marks }: TraceMeta,
  workloads: readonly WorkloadRun[],
  seq: number,
): { workload?: string } {
  if (workloads.length === 0) return {}
  const named = marks.filter(({ kind }) => kind !== 'user' && kind !== 'program-end')
  const next = named.find((mark) => mark.seq > seq)
  if (next !== undefined) return { workload: workloadOf(next.name, workloads) }
  const marked = new Set(named.map(({ name }) => workloadOf(name, workloads)))
  const last = workloads.at(-1)!.name
  return marked.has(last) ? {} : { workload: last }
}

function frameIndexesOf({ stacks }: TraceMeta, frames: FrameSet, stack: number): number[] {
  const indexes: number[] = []
  // A record that was lost with a damaged chunk may have named the stack.
  if (stack > stacks.nodeCount) return indexes
  for (let node = stack; node !== 0; node = stacks.parent[node]!)
    indexes.push(...frames.ofLocation[stacks.location[node]!]!)
  return indexes
}

/** The counts of one place, in the order of marks. */
type Place = TraceLayerLive[]

function objectSeries(
  layer: TraceLayer,
  meta: TraceMeta,
  workloads: readonly WorkloadRun[],
  framesOf: (stack: number) => number[],
): LayerObjectSeries[] {
  const places = new Map<string, Place>()
  for (const live of layer.live) {
    const key = `${live.kind}|${live.addonPath}|${live.stack}`
    const known = places.get(key)
    if (known === undefined) places.set(key, [live])
    else known.push(live)
  }
  const series: LayerObjectSeries[] = []
  for (const plan of planRounds(meta.marks, workloads)) {
    // One place in the addon is reached by several tiers of the same JavaScript: they are counted together.
    const merged = new Map<string, LayerObjectSeries>()
    for (const place of places.values()) {
      const counts = plan.points.map((mark) => countAt(place, mark))
      if (counts.every((count) => count === counts[0])) continue
      const { kind, addonPath, exportName, stack } = place[0]!
      const frameIndexes = framesOf(stack)
      const key = `${kind}|${addonPath}|${exportName}|${frameIndexes[0] ?? ''}`
      const known = merged.get(key)
      if (known !== undefined) known.liveCounts = known.liveCounts.map((sum, i) => sum + counts[i]!)
      else
        merged.set(key, {
          kind,
          addonPath,
          exportName,
          frameIndexes,
          workload: plan.workload ?? '',
          operationsPerRound: plan.operationsPerStep,
          liveCounts: counts,
        })
    }
    series.push(...merged.values())
  }
  return series
}

/** A record follows its mark, and holds until the next of its place. */
function countAt(place: Place, mark: number): number {
  return place.findLast((live) => live.markIndex <= mark)?.liveCount ?? 0
}
