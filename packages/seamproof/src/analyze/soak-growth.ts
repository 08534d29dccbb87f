import type { Estimate } from '../contract/facts.js'
import type { SoakInterval, SoakRest } from '../contract/soak.js'
import type { GrowthSubject, SoakGrowth } from '../contract/soak-facts.js'
import { fitLine } from './block-bootstrap.js'

type Status = SoakInterval['memory']
type Memory = SoakRest['memory']

/** Fewer points make no line. */
const pointsMin = 4

const bytesAtRest: [GrowthSubject, (memory: Memory) => number | undefined][] = [
  ['native live', (memory) => memory.nativeLiveBytes],
  ['USS', ({ privateDirtyBytes, agentBytes }) => privateDirtyBytes - (agentBytes ?? 0)],
  ['V8 heap', (memory) => memory.heapUsedBytes],
  ['V8 committed', (memory) => memory.heapTotalBytes],
  ['allocator', beyondLive],
  ['external', (memory) => memory.externalBytes],
]
const bytesUnderLoad: [GrowthSubject, (memory: Status) => number | undefined][] = [
  ['RSS', ({ rssBytes, agentBytes }) => rssBytes - (agentBytes ?? 0)],
]
const counts: [GrowthSubject, (memory: Memory) => number | undefined][] = [
  ['file descriptors', (memory) => memory.fdCount],
  ['threads', (memory) => memory.threadCount],
  ['handles', (memory) => memory.handleCount],
  ['mappings', ({ mappingCount, agentMappingCount }) => mappingCount - (agentMappingCount ?? 0)],
]

/** What grew over the measured time of one part, and how fast. */
export function soakGrowth(
  intervals: readonly SoakInterval[],
  rests: readonly SoakRest[],
): SoakGrowth[] {
  const measured = intervals.filter((interval) => !interval.isWarmup)
  return [
    ...bytesAtRest.map(([what, pick]) => growthOf(what, 'B', rests, pick)),
    ...bytesUnderLoad.map(([what, pick]) => growthOf(what, 'B', [...rests, ...measured], pick)),
    ...counts.map(([what, pick]) => growthOf(what, 'count', rests, pick)),
  ].filter((growth) => growth !== undefined)
}

/** Held by the process, and neither a live block, nor V8's, nor the agent's: freed blocks that the allocator keeps, and what is lost between blocks. */
function beyondLive(memory: Memory): number | undefined {
  const { nativeLiveBytes, agentBytes, privateDirtyBytes, heapTotalBytes } = memory
  if (nativeLiveBytes === undefined) return undefined
  return privateDirtyBytes - nativeLiveBytes - heapTotalBytes - (agentBytes ?? 0)
}

function growthOf<Seen>(
  what: GrowthSubject,
  unit: SoakGrowth['unit'],
  lines: readonly { elapsedMs: number; memory: Seen }[],
  pick: (memory: Seen) => number | undefined,
): SoakGrowth | undefined {
  const points = lines
    .map(({ elapsedMs, memory }) => ({ x: elapsedMs / 1000, y: pick(memory) }))
    .filter((point): point is { x: number; y: number } => Number.isFinite(point.y))
    .sort((a, b) => a.x - b.x)
  if (points.length < pointsMin) return undefined
  const xs = points.map((point) => point.x)
  const { slope, start } = fitLine(
    xs,
    points.map((point) => point.y),
  )
  const seconds = xs.at(-1)! - xs[0]!
  const growth = scaled(slope, seconds)
  return {
    what,
    unit,
    pointCount: points.length,
    overMs: seconds * 1000,
    baseline: start,
    perS: slope,
    growth,
    ratio: start > 0 ? scaled(growth, 1 / start) : { value: 0, low: 0, high: 0 },
  }
}

const scaled = ({ value, low, high }: Estimate, factor: number): Estimate => ({
  value: value * factor,
  low: low * factor,
  high: high * factor,
})
