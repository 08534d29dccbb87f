import { median } from 'simple-statistics'
import type { Slices } from '../../contract/bench-samples.js'
import { relativeSpread } from '../statistics/relative-spread.js'
import type { SliceRate } from './slice-rate.js'

export interface TimingCheck {
  rates: readonly SliceRate[]
  slices: readonly Slices[]
  clockResolutionNs: number
  /** Of an empty function in the same loop. */
  emptyNs: number
}

export interface Weakness {
  weakness: string
  /** It can only have made the number worse. */
  isPessimistic?: true
  noiseFactor?: number
}

const processesMin = 5
const spreadMax = 0.15
const clockSteps = 100
/** Slices met by other work were seen to give medians up to twice too high, in intervals that do not hold the true value. */
const noiseFactor = 2
const fasterMax = 0.9
/** An operation that costs less than this beside an empty function was most likely optimised away. */
const emptyMarginNs = 0.3

/** Why a time is not to be trusted; undefined when nothing speaks against it. The gravest first. */
export function timingWeakness(check: TimingCheck): Weakness | undefined {
  const { rates, slices, clockResolutionNs, emptyNs } = check
  const nsPerOperation = median(rates.map((rate) => rate.nsPerOperation))
  if (nsPerOperation - emptyNs < emptyMarginNs)
    return {
      weakness: `an operation takes ${nsPerOperation.toFixed(2)} ns, an empty function ${emptyNs.toFixed(2)} ns: V8 may have optimised it away; return what it computes`,
    }
  const sliceNs = median(slices.flatMap((one) => one.ns))
  if (sliceNs < clockResolutionNs * clockSteps)
    return {
      weakness: `slices of ${Math.round(sliceNs)} ns are too short for a clock that steps by ${clockResolutionNs} ns`,
    }
  if (rates.length < processesMin)
    return {
      weakness: `${rates.length} processes are too few for an interval; ${processesMin} at least (--processes)`,
    }
  const faster = rates.filter((rate) => rate.halvesRatio < fasterMax).length
  if (faster > rates.length * 0.7)
    return {
      weakness: `the workload was still getting faster in ${faster} of ${rates.length} processes: measure longer (--time)`,
      isPessimistic: true,
    }
  const disturbed = rates.filter((rate) => rate.isDisturbed).length
  if (disturbed > rates.length / 2)
    return {
      weakness: `other work took the processor in nearly every slice of ${disturbed} of ${rates.length} processes`,
      noiseFactor,
    }
  const spread = relativeSpread(rates.map((rate) => rate.nsPerOperation))
  if (spread > spreadMax)
    return {
      weakness: `the processes differ by ${Math.round(spread * 100)} %: a quieter machine or more processes would narrow it (--processes)`,
      noiseFactor,
    }
  return undefined
}
