import { median } from 'simple-statistics'
import type { ClosedLoopResult } from '../../contract/bench-samples.js'
import type { LayerCrossing } from '../../contract/layer.js'
import type { Evidence, Measurement } from '../../contract/measurement.js'
import { medianEstimate } from '../statistics/bootstrap.js'
import { type MeasuredWorkload, toMeasurement } from './closed-loop-measurements.js'
import { sliceRate } from './slice-rate.js'

/** Two runs of one workload under the layer, the second longer: what happens once falls out of their difference. */
export interface LayerRuns {
  short: { operations: number; crossings: readonly LayerCrossing[] }
  long: { operations: number; crossings: readonly LayerCrossing[] }
  /** Base name of the addon whose crossings are the yardstick. */
  calibrationAddonPath: string
}

interface CrossingRate {
  exportName: string
  callsPerOperation: number
  apiCallsPerOperation: number
  bytesPerOperation: number
  nsPerCall: number
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
  const rates = crossingRates(runs)
  const yardstick = measureYardstick(processes)
  const layer = layerCost(runs)
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
      const cost = crossingCost(rate, yardstick, layer)
      return [
        exact('crossings', 'calls/op', round(callsPerOperation), exportName),
        ...(cost === undefined ? [] : [exact('crossing cost', 'ns/call', cost, exportName)]),
      ]
    }),
  ]
}

function crossingRates({ short, long, calibrationAddonPath }: LayerRuns): CrossingRate[] {
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
        nsPerCall: calls === 0 ? 0 : grown((crossing) => crossing.totalNs) / calls,
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

/** What the layer's own clock and wrappers add, by the same two functions in the same process. */
function layerCost({ long, calibrationAddonPath }: LayerRuns) {
  const of = (exportName: string) => {
    const found = long.crossings.find(
      (one) => one.addonPath === calibrationAddonPath && one.exportName === exportName,
    )
    return found === undefined || found.callCount === 0
      ? undefined
      : found.totalNs / found.callCount
  }
  const empty = of('empty')
  const integers = of('threeIntegers')
  if (empty === undefined || integers === undefined) return undefined
  return { callNs: empty, apiCallNs: Math.max(0, integers - empty) / calibrationApiCalls }
}

/**
 * An empty crossing, the Node-API calls at what they cost here, and the rest of the time inside. The layer measured the
 * inside with itself in it: its share, known from the yardstick in the same process, is taken off.
 */
function crossingCost(
  { nsPerCall, apiCallsPerCall }: CrossingRate,
  { emptyNs, apiCallNs }: Yardstick,
  layer: { callNs: number; apiCallNs: number } | undefined,
): number | undefined {
  if (layer === undefined || emptyNs.length === 0) return undefined
  const work = nsPerCall - layer.callNs - apiCallsPerCall * layer.apiCallNs
  return median(emptyNs) + apiCallsPerCall * median(apiCallNs) + Math.max(0, work)
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
