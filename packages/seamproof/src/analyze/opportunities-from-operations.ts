/** What measured operations could save: fewer crossings by batching, fewer allocations by pooling. For `validate` too. */
import type { Estimate } from '../contract/facts.js'
import type { Frame } from '../contract/frame.js'
import type { Opportunity } from '../contract/opportunity.js'

/** One operation of a workload, as `bench` and the seam layer measured it. */
export interface OperationFacts {
  workload: string
  nsPerOperation: Estimate
  /** Rounds that the time is from. */
  roundCount: number
  /** Of one empty call from JavaScript into native code and back. */
  crossingNs: Estimate
  calls: { functionName: string; moduleName: string; callsPerOperation: number; stack?: Frame[] }[]
  /** `allocationNs`: of one malloc with its free, of the size in question. */
  allocations?: {
    functionName?: string
    allocationsPerOperation: number
    allocationNs: Estimate
    stack?: Frame[]
  }[]
}

/** One call left of each so many. */
const batchSize = 16
/** Gains below this are inside of the noise of most measurements. */
const gainMin = 0.005

export function opportunitiesFromOperations(facts: OperationFacts): Opportunity[] {
  return [...batching(facts), ...pooling(facts)].sort(
    (a, b) => b.predictedGain.value - a.predictedGain.value,
  )
}

function batching({
  workload,
  nsPerOperation,
  roundCount,
  crossingNs,
  calls,
}: OperationFacts): Opportunity[] {
  return calls.flatMap(({ functionName, moduleName, callsPerOperation, stack }) => {
    // One call for an operation is what an operation is.
    if (callsPerOperation <= 1) return []
    const share = ratioOf(crossingNs, nsPerOperation, callsPerOperation)
    const left = Math.ceil(callsPerOperation / batchSize)
    const predictedGain = ratioOf(crossingNs, nsPerOperation, callsPerOperation - left)
    if (predictedGain.value < gainMin) return []
    return [
      {
        kind: 'batching' as const,
        title: `${functionName} of ${moduleName} is called ${rate(callsPerOperation)} times for each operation`,
        evidence: `${rate(callsPerOperation)} calls × ${ns(crossingNs)} for getting there, of ${ns(nsPerOperation)} for "${workload}", over ${roundCount} rounds.`,
        whole: 'operation' as const,
        shareEstimate: share,
        hitCount: roundCount,
        sampleCount: roundCount,
        predictedGain,
        assumption: `if ${batchSize} calls went in one (a command buffer: @seamproof/kit)`,
        stack: stack ?? [],
        nextCommand: 'seamproof experiment --flag batch',
      },
    ]
  })
}

function pooling({
  workload,
  nsPerOperation,
  roundCount,
  allocations = [],
}: OperationFacts): Opportunity[] {
  return allocations.flatMap((one) => {
    const { allocationsPerOperation, allocationNs, stack = [] } = one
    const share = ratioOf(allocationNs, nsPerOperation, allocationsPerOperation)
    if (share.value < gainMin) return []
    const site =
      stack.find((frame) => frame.origin === 'subject' || frame.origin === 'user') ?? stack[0]
    return [
      {
        kind: 'pooling' as const,
        title: `${one.functionName ?? site?.functionName ?? 'native code'} allocates ${rate(allocationsPerOperation)} blocks for each operation`,
        evidence: `${rate(allocationsPerOperation)} blocks × ${ns(allocationNs)} for malloc and free, of ${ns(nsPerOperation)} for "${workload}", over ${roundCount} rounds.`,
        whole: 'operation' as const,
        shareEstimate: share,
        hitCount: roundCount,
        sampleCount: roundCount,
        predictedGain: share,
        assumption: 'if the blocks came from a pool that never empties',
        stack,
        nextCommand: 'seamproof experiment --flag pool',
      },
    ]
  })
}

/** `count` parts of a whole. The interval is that of the worst case, and a share is at most all. */
function ratioOf(part: Estimate, whole: Estimate, count: number): Estimate {
  const ratio = (of: number, by: number) => (by <= 0 ? 0 : Math.min(1, (of * count) / by))
  return {
    value: ratio(part.value, whole.value),
    low: ratio(Math.max(0, part.low), whole.high),
    high: ratio(part.high, whole.low),
  }
}

const rate = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(2))

const ns = ({ value, low, high }: Estimate): string =>
  `${rate(value)} ns (${rate(low)}–${rate(high)})`
