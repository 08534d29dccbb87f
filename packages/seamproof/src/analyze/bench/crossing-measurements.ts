import { median } from 'simple-statistics'
import { ExitCode, SeamproofError } from '../../base/seamproof-error.js'
import type { ClosedLoopResult } from '../../contract/bench-samples.js'
import type { LayerCrossing } from '../../contract/layer.js'
import type { Evidence, Measurement } from '../../contract/measurement.js'
import { medianEstimate } from '../statistics/bootstrap.js'
import { type MeasuredWorkload, toMeasurement } from './closed-loop-measurements.js'
import { sliceRate } from './slice-rate.js'

export interface LayerRun {
  operations: number
  crossings: readonly LayerCrossing[]
}

/** Runs of one workload under the layer, some longer: what happens once falls out of their difference. */
export interface LayerRuns {
  short: LayerRun
  /** At least one; their times are the samples. */
  long: readonly LayerRun[]
  /** Base name of the addon whose crossings are the yardstick. */
  calibrationAddonPath: string
}

interface CrossingRate {
  exportName: string
  callsPerOperation: number
  apiCallsPerOperation: number
  bytesPerOperation: number
  /** One value for each long run. */
  nsPerCall: number[]
  apiCallsPerCall: number
}

/** What a crossing costs with nothing in the process, process by process. */
interface Yardstick {
  emptyNs: number[]
  apiCallNs: number[]
}

/** Rarer than once in this many operations: a reaction to something else, not part of the operation. */
const callsMin = 1e-4
/** `threeIntegers` asks for its arguments, and reads three. */
const calibrationApiCalls = 4

/** Calls, bytes and cost per exported function; and what the seam itself takes of an operation. */
export function crossingMeasurements(
  runs: LayerRuns,
  processes: readonly ClosedLoopResult[],
  workload: MeasuredWorkload,
  evidence: Evidence,
): Measurement[] {
  assertSeen(runs)
  const rates = crossingRates(runs)
  const yardstick = measureYardstick(processes)
  const exact = (metric: string, unit: Measurement['unit'], value: number, detail?: string) =>
    toMeasurement(
      { metric, unit, values: [value], ...(detail === undefined ? {} : { detail }) },
      workload,
      evidence,
    )
  const sum = (pick: (rate: CrossingRate) => number) =>
    rates.reduce((total, rate) => total + pick(rate), 0)
  const calls = sum((rate) => rate.callsPerOperation)
  const apiCalls = sum((rate) => rate.apiCallsPerOperation)
  return [
    exact('crossings', 'calls/op', round(calls)),
    exact('bytes copied', 'B/op', round(sum((rate) => rate.bytesPerOperation))),
    ...(yardstick.emptyNs.length === 0
      ? []
      : [seamOverhead(yardstick, calls, apiCalls, workload, evidence)]),
    ...rates.flatMap((rate) => {
      const { exportName, callsPerOperation } = rate
      const values = crossingCosts(rate, yardstick, runs)
      const cost = { metric: 'crossing cost', unit: 'ns/call', detail: exportName, values } as const
      return [
        exact('crossings', 'calls/op', round(callsPerOperation), exportName),
        ...(values.length === 0 ? [] : [toMeasurement(cost, workload, evidence)]),
      ]
    }),
  ]
}

/** An addon that is built on V8 itself crosses too, and the layer does not see it: that is not the same as none. */
function assertSeen({ long, calibrationAddonPath }: LayerRuns): void {
  const isSeen = long[0]!.crossings.some((one) => one.addonPath !== calibrationAddonPath)
  if (isSeen) return
  throw new SeamproofError(
    'NO_CROSSINGS_SEEN',
    'no call through Node-API was seen: JavaScript alone, or an addon that is built on V8 itself',
    {
      exitCode: ExitCode.subjectNotDriven,
      hint: 'crossings are counted for addons made with Node-API',
    },
  )
}

function crossingRates({ short, long: longRuns, calibrationAddonPath }: LayerRuns): CrossingRate[] {
  const long = longRuns[0]!
  const operations = long.operations - short.operations
  return long.crossings
    .filter((one) => one.addonPath !== calibrationAddonPath)
    .map((one) => {
      const before = short.crossings.find(
        (other) => other.addonPath === one.addonPath && other.exportName === one.exportName,
      )
      const grown = (pick: (crossing: LayerCrossing) => number) =>
        pick(one) - (before === undefined ? 0 : pick(before))
      const calls = grown((crossing) => crossing.callCount)
      const apiCalls = grown((crossing) => crossing.apiCallCount)
      return {
        exportName: one.exportName,
        callsPerOperation: calls / operations,
        apiCallsPerOperation: apiCalls / operations,
        bytesPerOperation: grown((crossing) => crossing.bytesIn + crossing.bytesOut) / operations,
        nsPerCall: longRuns.flatMap((run) => insideNs(run, one) ?? []),
        apiCallsPerCall: calls === 0 ? 0 : apiCalls / calls,
      }
    })
    .filter((rate) => rate.callsPerOperation > callsMin)
    .sort((a, b) => b.callsPerOperation - a.callsPerOperation)
}

function measureYardstick(processes: readonly ClosedLoopResult[]): Yardstick {
  const loops = processes.map((one) => sliceRate(one.empty).nsPerOperation)
  const empty = processes.map((one) => sliceRate(one.crossing.empty).nsPerOperation)
  const integers = processes.map((one) => sliceRate(one.crossing.threeIntegers).nsPerOperation)
  return {
    // Without the loop that calls it.
    emptyNs: empty.map((ns, index) => Math.max(0, ns - loops[index]!)),
    apiCallNs: integers.map((ns, index) => Math.max(0, ns - empty[index]!) / calibrationApiCalls),
  }
}

/** Mean time inside, without the longest call: one in which another process had the processor weighs as much as thousands. */
function insideNs(
  { crossings }: LayerRun,
  { addonPath, exportName }: Pick<LayerCrossing, 'addonPath' | 'exportName'>,
): number | undefined {
  const found = crossings.find(
    (one) => one.addonPath === addonPath && one.exportName === exportName,
  )
  if (found === undefined || found.callCount < 2) return undefined
  return (found.totalNs - found.maxNs) / (found.callCount - 1)
}

/** What the layer's own clock and wrappers add, by the same two functions in the same process. */
function layerCost(run: LayerRun, addonPath: string) {
  const empty = insideNs(run, { addonPath, exportName: 'empty' })
  const integers = insideNs(run, { addonPath, exportName: 'threeIntegers' })
  if (empty === undefined || integers === undefined) return undefined
  return { callNs: empty, apiCallNs: Math.max(0, integers - empty) / calibrationApiCalls }
}

/**
 * An empty crossing, the Node-API calls at what they cost here, and the rest of the time inside. The layer measured the
 * inside with itself in it: its share, known from the yardstick in the same process, is taken off.
 */
function crossingCosts(
  { nsPerCall, apiCallsPerCall }: CrossingRate,
  { emptyNs, apiCallNs }: Yardstick,
  { long, calibrationAddonPath }: LayerRuns,
): number[] {
  if (emptyNs.length === 0 || nsPerCall.length !== long.length) return []
  return nsPerCall.flatMap((ns, index) => {
    const layer = layerCost(long[index]!, calibrationAddonPath)
    if (layer === undefined) return []
    const work = ns - layer.callNs - apiCallsPerCall * layer.apiCallNs
    return [median(emptyNs) + apiCallsPerCall * median(apiCallNs) + Math.max(0, work)]
  })
}

function seamOverhead(
  { emptyNs, apiCallNs }: Yardstick,
  calls: number,
  apiCalls: number,
  workload: MeasuredWorkload,
  evidence: Evidence,
): Measurement {
  const values = emptyNs.map((ns, index) => calls * ns + apiCalls * apiCallNs[index]!)
  return {
    ...toMeasurement({ metric: 'seam overhead', unit: 'ns/op', values }, workload, evidence),
    estimate: medianEstimate(values),
  }
}

/** Counts of a whole number per operation are that number: finalizers of the last round may run before or after its end. */
function round(value: number): number {
  const whole = Math.round(value)
  return Math.abs(value - whole) < 1e-3 * Math.max(1, whole) ? whole : value
}
