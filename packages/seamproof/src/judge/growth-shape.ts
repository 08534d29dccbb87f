/**
 * How a series moves. `flat`: it does not grow, or what grew came once. `plateau`: it grew and has stopped. `steady`: every
 * step grows by about as much. `uneven`: it keeps growing, but not so. `short`: too few steps to say.
 */
export type GrowthShape = 'short' | 'flat' | 'plateau' | 'steady' | 'uneven'

export interface Growth {
  shape: GrowthShape
  steps: number[]
  /** The step in the middle. */
  medianStep: number
  total: number
  /** True when the first step was left out, since the state before it was not yet at rest. */
  isFirstStepSettling: boolean
}

/** A first step is only left out where enough others remain. */
const settlingStepsMin = 5
/** Counts of single blocks cannot lie nearer to the median than this. */
const stepRounding = 1

export function growthOf(
  values: readonly number[],
  stepsMin: number,
  deviationMax: number,
  rounding = stepRounding,
): Growth {
  const steps = values.slice(1).map((value, index) => value - values[index]!)
  const total = (values.at(-1) ?? 0) - (values[0] ?? 0)
  const growth = { steps, medianStep: medianOf(steps), total, isFirstStepSettling: false }
  if (steps.length < stepsMin) return { ...growth, shape: 'short' }
  if (total <= 0) return { ...growth, shape: 'flat' }
  if (isSteady(steps, deviationMax, rounding)) return { ...growth, shape: 'steady' }
  const settled = steps.slice(1)
  if (settled.length >= settlingStepsMin - 1 && isSteady(settled, deviationMax, rounding))
    return { ...growth, shape: 'steady', medianStep: medianOf(settled), isFirstStepSettling: true }
  return { ...growth, shape: unsteadyShape(steps) }
}

function isSteady(steps: readonly number[], deviationMax: number, rounding: number): boolean {
  const median = medianOf(steps)
  const reach = Math.max(median * deviationMax, rounding)
  return steps.every((step) => step > 0 && Math.abs(step - median) <= reach) && !isFading(steps)
}

/** Each step smaller than the one before, by a fifth in all: a cache that fills up, not a leak. */
function isFading(steps: readonly number[]): boolean {
  const isFalling = steps.every((step, index) => index === 0 || step < steps[index - 1]!)
  return isFalling && steps.at(-1)! < steps[0]! * 0.8
}

function unsteadyShape(steps: readonly number[]): GrowthShape {
  const growing = steps.filter((step) => step > 0).length
  const tail = steps.slice(-Math.max(2, Math.floor(steps.length / 3)))
  const tailSum = tail.reduce((sum, step) => sum + step, 0)
  if (growing <= 1) return 'flat'
  if (tailSum <= 0) return 'plateau'
  const largest = Math.max(...steps)
  // What comes in at the end is a trickle of what came in before.
  if (tailSum / tail.length < largest / 20) return 'plateau'
  return growing * 3 >= steps.length * 2 ? 'uneven' : 'flat'
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >>> 1
  if (sorted.length === 0) return 0
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
