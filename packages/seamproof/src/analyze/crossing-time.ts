/** Calls from JavaScript into an addon: what was done inside, and what getting there cost. */
import { timeShare } from '../base/wilson-interval.js'
import type { CpuProfile } from '../contract/cpu-profile.js'
import type { Frame } from '../contract/frame.js'
import type { LayerCrossing } from '../contract/layer.js'
import type { CrossingTime } from '../contract/opportunity.js'
import { callLatencies } from './call-latencies.js'
import { SampleBlame, stackOf } from './sample-blame.js'

interface Entry {
  frame: Frame
  insideNs: number
  crossingNs: number
  sampleCount: number
  /** JavaScript functions that called it. */
  callers: Map<string, number>
}

const placeOf = (frame: Frame): string => `${frame.functionName}\n${frame.file ?? frame.moduleName}`
const afterLastSlash = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

export function crossingTimes(
  profile: CpuProfile,
  layer: readonly LayerCrossing[] = [],
): CrossingTime[] {
  const blames = new SampleBlame(profile)
  const entries = new Map<string, Entry>()
  const dispatch = new Map<string, { ns: number; sampleCount: number }>()
  let cpuSampleCount = 0
  let cpuNs = 0
  for (const cost of profile.costs) {
    if (cost.state === 'idle' || cost.state === 'runnable') continue
    cpuSampleCount += cost.sampleCount
    cpuNs += cost.ns
    const stack = stackOf(profile, cost.treeIndex)
    const blame = blames.of(cost)
    const at = entryIndex(stack)
    if (at === -1) {
      const caller = stack.find((frame) => frame.kind === 'js')
      if (blame.kind === 'crossing' && caller !== undefined) {
        const sum = dispatch.get(placeOf(caller)) ?? { ns: 0, sampleCount: 0 }
        sum.ns += cost.ns
        sum.sampleCount += cost.sampleCount
        dispatch.set(placeOf(caller), sum)
      }
      continue
    }
    const frame = stack[at]!
    const entry = entries.get(placeOf(frame)) ?? {
      frame,
      insideNs: 0,
      crossingNs: 0,
      sampleCount: 0,
      callers: new Map(),
    }
    entries.set(placeOf(frame), entry)
    const isCrossing = blame.kind === 'crossing' || blame.kind === 'conversion'
    if (isCrossing) entry.crossingNs += cost.ns
    else entry.insideNs += cost.ns
    entry.sampleCount += cost.sampleCount
    const caller = stack.slice(at).find((one) => one.kind === 'js')
    if (caller !== undefined)
      entry.callers.set(
        placeOf(caller),
        (entry.callers.get(placeOf(caller)) ?? 0) + cost.sampleCount,
      )
  }
  shareDispatch(entries, dispatch)
  return withLayer([...entries.values()], layer, { cpuNs, cpuSampleCount })
}

/** What wrappers of Node-API put between the call and the function that somebody wrote. */
const wrapper =
  /^(?:Napi::details::|Napi::(?:InstanceWrap|ObjectWrap|Function)\b|napi::|<?napi_rs|nan_|Nan::)/

/** The outermost frame of the addon inside the innermost JavaScript that has one: where the call came in. */
function entryIndex(stack: readonly Frame[]): number {
  let entry = -1
  for (let at = 0; at < stack.length; at++) {
    const frame = stack[at]!
    if (frame.origin === 'subject') entry = at
    else if (frame.kind === 'js') return withoutWrappers(stack, entry)
  }
  // No JavaScript at all: a thread of the pool, not a crossing.
  return -1
}

function withoutWrappers(stack: readonly Frame[], entry: number): number {
  let at = entry
  while (at > 0 && wrapper.test(stack[at]!.functionName) && stack[at - 1]!.origin === 'subject')
    at--
  return at
}

/** The way in shows no function of the addon yet: it is divided among those that the same JavaScript calls. */
function shareDispatch(
  entries: ReadonlyMap<string, Entry>,
  dispatch: ReadonlyMap<string, { ns: number; sampleCount: number }>,
): void {
  for (const [caller, { ns, sampleCount }] of dispatch) {
    const called = [...entries.values()].filter((entry) => entry.callers.has(caller))
    const all = called.reduce((sum, entry) => sum + entry.callers.get(caller)!, 0)
    for (const entry of called) {
      const part = entry.callers.get(caller)! / all
      entry.crossingNs += ns * part
      entry.sampleCount += Math.round(sampleCount * part)
    }
  }
}

/** A symbol and the property it is exported as are seldom spelled alike: `Encode`, `encode`, `Thumb::Encode(…)`. */
const looseName = (name: string): string =>
  name
    .replace(/\(.*$/, '')
    .replace(/^.*(?:::|\.)/, '')
    .replace(/[^a-z0-9]/gi, '')
    .toLowerCase()

function withLayer(
  entries: readonly Entry[],
  layer: readonly LayerCrossing[],
  { cpuNs, cpuSampleCount }: { cpuNs: number; cpuSampleCount: number },
): CrossingTime[] {
  const left = new Set(layer)
  const seen = entries.map((entry): CrossingTime => {
    const { frame, insideNs, crossingNs, sampleCount } = entry
    const known = [...left].find(
      (one) =>
        afterLastSlash(one.addonPath) === frame.moduleName &&
        looseName(one.exportName) === looseName(frame.functionName),
    )
    if (known !== undefined) left.delete(known)
    return {
      functionName: frame.functionName,
      moduleName: frame.moduleName ?? '',
      ...(frame.file !== undefined && {
        location: { file: frame.file, ...(frame.line !== undefined && { line: frame.line }) },
      }),
      ...(known && layerColumns(known)),
      insideNs,
      crossingNs,
      sampleCount,
      shareEstimate: timeShare(insideNs + crossingNs, cpuNs, cpuSampleCount),
    }
  })
  const unseen = [...left].map(
    (one): CrossingTime => ({
      functionName: one.exportName,
      moduleName: afterLastSlash(one.addonPath),
      ...layerColumns(one),
      insideNs: one.totalNs,
      crossingNs: 0,
      sampleCount: 0,
    }),
  )
  return [...seen, ...unseen].sort(
    (a, b) => b.insideNs + b.crossingNs - (a.insideNs + a.crossingNs),
  )
}

const layerColumns = (one: LayerCrossing) => {
  const { callCount, apiCallCount, maxNs, bytesIn, bytesOut, latencies } = one
  const latencyNs = latencies && callLatencies(latencies)
  return { callCount, apiCallCount, maxNs, bytesIn, bytesOut, ...(latencyNs && { latencyNs }) }
}
