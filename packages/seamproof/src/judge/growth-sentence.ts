import type { GrowthGroup } from '../contract/facts.js'
import type { Growth } from './growth-shape.js'

const stepsShownMax = 12

/** `2000 2000 2000`: the steps as they were counted; the middle of a long series is left out. */
export function stepsText(steps: readonly number[]): string {
  const whole = steps.map((step) => String(Math.round(step)))
  if (whole.length <= stepsShownMax) return whole.join(' ')
  const half = stepsShownMax / 2
  return [...whole.slice(0, half), '…', ...whole.slice(-half)].join(' ')
}

/** `2000 2000 2000 → 1.0000/op, 40.0 B/op`. */
export function ratesText(group: GrowthGroup, growth: Growth): string {
  const unit = group.evidence === 'rounds' ? 'op' : 's'
  const { blocksPerOperation, bytesPerOperation } = group
  const rate = `${blocksPerOperation.value.toFixed(4)}/${unit}`
  const bytes = `${bytesPerOperation.value.toFixed(1)} B/${unit}`
  return `${stepsText(growth.steps)} → ${rate}, ${bytes}`
}

/** What a series of steps is, whoever's it is. */
export interface Steps {
  evidence: GrowthGroup['evidence']
  operationsPerStep: number
  stepCount: number
}

export const stepsOf = ({ evidence, operationsPerStep, liveCounts }: GrowthGroup): Steps => ({
  evidence,
  operationsPerStep,
  stepCount: liveCounts.length - 1,
})

/** `6 rounds of 2000 operations`. */
export function stepsPhrase({ evidence, operationsPerStep, stepCount }: Steps): string {
  if (evidence === 'rounds')
    return `${stepCount} rounds of ${operationsPerStep} operation${operationsPerStep === 1 ? '' : 's'}`
  return `${stepCount} slices of ${operationsPerStep.toFixed(2)} s of the program's life`
}
