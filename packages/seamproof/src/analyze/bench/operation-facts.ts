import type { Estimate } from '../../contract/facts.js'
import type { Measurement } from '../../contract/measurement.js'
import type { OperationFacts } from '../opportunities-from-operations.js'

/** What bench measured of each workload, as the facts that opportunities are looked for in. */
export function operationFacts(measurements: readonly Measurement[]): OperationFacts[] {
  const workloads = new Set(measurements.flatMap(({ workload }) => workload ?? []))
  return [...workloads].flatMap((workload) => {
    const own = measurements.filter((one) => one.workload === workload)
    const time = own.find(({ metric, detail }) => metric === 'operation time' && !detail)
    const seam = own.find(({ metric, detail }) => metric === 'seam overhead' && !detail)
    const all = own.find(({ metric, detail }) => metric === 'crossings' && !detail)
    const allocations = allocationsOf(own)
    const crosses = seam !== undefined && all !== undefined && all.estimate.value > 0
    if (time === undefined || !(crosses || allocations.length > 0)) return []
    return [
      {
        workload,
        nsPerOperation: time.estimate,
        roundCount: time.sampleCount,
        // With the Node-API calls that a crossing makes: what is saved when it is not made.
        crossingNs: crosses
          ? scaled(seam.estimate, 1 / all.estimate.value)
          : { value: 0, low: 0, high: 0 },
        calls: crosses ? callsOf(own) : [],
        allocations,
      },
    ]
  })
}

/** The cost is that of all blocks of the function: divided by their number it is that of one. */
function allocationsOf(own: readonly Measurement[]): NonNullable<OperationFacts['allocations']> {
  return own
    .filter(({ metric }) => metric === 'allocation cost')
    .flatMap(({ detail, estimate }) => {
      const count = own.find(
        (one) => one.metric === 'allocations by function' && one.detail === detail,
      )?.estimate.value
      if (!count || detail === undefined) return []
      return [
        {
          functionName: detail,
          allocationsPerOperation: count,
          allocationNs: scaled(estimate, 1 / count),
        },
      ]
    })
}

/** Functions that an operation calls once each could go in one buffer together: they are one chatty caller. */
function callsOf(own: readonly Measurement[]): OperationFacts['calls'] {
  const each = own
    .filter(({ metric, detail }) => metric === 'crossings' && detail !== undefined)
    .map(({ detail, estimate }) => ({
      functionName: detail!,
      moduleName: 'the addon',
      callsPerOperation: estimate.value,
    }))
  const often = each.filter(({ callsPerOperation }) => callsPerOperation > 1)
  const once = each.filter(({ callsPerOperation }) => callsPerOperation <= 1)
  if (once.length < 2) return often
  const together = {
    functionName: once.map(({ functionName }) => functionName).join(', '),
    moduleName: 'the addon',
    callsPerOperation: once.reduce((sum, { callsPerOperation }) => sum + callsPerOperation, 0),
  }
  return [...often, together]
}

const scaled = ({ value, low, high }: Estimate, factor: number): Estimate => ({
  value: value * factor,
  low: low * factor,
  high: high * factor,
})
