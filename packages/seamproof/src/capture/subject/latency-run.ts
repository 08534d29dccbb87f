import type { Ticker } from '@seamproof/agent/ticker'
import type {
  LoadSegment,
  OpenLoopResultFile,
  OpenLoopWorkload,
} from '../../contract/bench-samples.js'
import { nextTurn } from './bench-slices.js'
import { encodeHdr, figuresOf, hdrOf } from './latency-histogram.js'
import type { LoadedWorkload } from './loaded-workload.js'
import { OpenLoop } from './open-loop.js'
import { schedulerTimes } from './scheduler-times.js'

const segmentMs = 250
const warmUpMs = 300
const drainMs = 2000

export interface LatencyOptions {
  ticker: Ticker
  measureMs: number
  ratePerS: Record<string, number>
  isRealtime: boolean
}

/** Load at a set rate, in turns with the same load of an operation that does nothing: what both show is the machine's own. */
export async function runLatency(
  workloads: readonly LoadedWorkload[],
  options: LatencyOptions,
): Promise<OpenLoopResultFile> {
  const chosen = workloads.filter(({ name }) => options.ratePerS[name] !== undefined)
  const results: OpenLoopWorkload[] = []
  const isRealtime = options.isRealtime && options.ticker.realtime(1) === 0
  for (const workload of chosen)
    results.push(await runOne(workload, options, options.measureMs / chosen.length))
  return { mode: 'open', isRealtime, workloads: results }
}

async function runOne(
  workload: LoadedWorkload,
  { ticker, ratePerS }: LatencyOptions,
  shareMs: number,
): Promise<OpenLoopWorkload> {
  const rate = ratePerS[workload.name]!
  const load = { ratePerS: rate, ticker }
  const warm = new OpenLoop(() => workload.operation(), load)
  await warm.run(warmUpMs)
  await warm.drain(drainMs)
  const loop = new OpenLoop(() => workload.operation(), load)
  const floor = new OpenLoop(() => undefined, load)
  const segments: LoadSegment[] = []
  const floorSegments: LoadSegment[] = []
  let active = 0
  let wall = 0
  // A third of the time is for the floor.
  const turns = Math.max(1, Math.round(shareMs / (segmentMs * 1.5)))
  for (let turn = 0; turn < turns; turn++) {
    const before = performance.eventLoopUtilization()
    segments.push(await runSegment(loop, segmentMs))
    const used = performance.eventLoopUtilization(before)
    active += used.active
    wall += used.active + used.idle
    floorSegments.push(await runSegment(floor, segmentMs / 2))
  }
  await loop.drain(drainMs)
  loop.settleDebt()
  floor.settleDebt()
  return {
    name: workload.name,
    ratePerS: rate,
    latency: figuresOf(loop.latency),
    service: figuresOf(loop.service),
    latencyHdr: encodeHdr(hdrOf(loop.latency.slots)),
    segments,
    eventLoopUtilization: wall === 0 ? 0 : active / wall,
    floor: {
      latency: figuresOf(floor.latency),
      latencyHdr: encodeHdr(hdrOf(floor.latency.slots)),
      segments: floorSegments,
    },
  }
}

async function runSegment(loop: OpenLoop, forMs: number): Promise<LoadSegment> {
  await nextTurn()
  const counts = loop.counts
  const before = schedulerTimes()
  const startedMs = performance.now()
  await loop.run(forMs)
  const wallMs = performance.now() - startedMs
  const after = schedulerTimes()
  const { scheduledCount, completedCount } = loop.counts
  return {
    scheduledCount: scheduledCount - counts.scheduledCount,
    completedCount: completedCount - counts.completedCount,
    wallMs,
    runQueueWaitShare: (after.waitNs - before.waitNs) / (wallMs * 1e6),
    cpuShare: (after.runNs - before.runNs) / (wallMs * 1e6),
  }
}
