import { expect, test } from 'vitest'
import { operationFacts } from '../../src/analyze/bench/operation-facts.js'
import { opportunitiesFromOperations } from '../../src/analyze/opportunities-from-operations.js'
import type { Measurement } from '../../src/contract/measurement.js'

const measured = (metric: string, value: number, detail?: string): Measurement => ({
  metric,
  unit: 'ns/op',
  estimate: { value, low: value, high: value },
  sampleCount: 10,
  workload: 'draw',
  ...(detail === undefined ? {} : { detail }),
  evidence: { kind: 'samples', path: 'samples.json', reproduce: 'seamproof bench' },
})

const draw = (calls: [string, number][]) => [
  measured('operation time', 400),
  measured('seam overhead', 100),
  measured(
    'crossings',
    calls.reduce((sum, [, count]) => sum + count, 0),
  ),
  ...calls.map(([name, count]) => measured('crossings', count, name)),
]

test('a function that is called many times an operation is an opportunity of as much as its crossings cost', () => {
  const [first] = opportunitiesFromOperations(operationFacts(draw([['setCell', 4]]))[0]!)
  // 4 crossings of 25 ns in 400 ns; one is left.
  expect(first).toMatchObject({ kind: 'batching', shareEstimate: { value: 0.25 } })
  expect(first!.predictedGain.value).toBeCloseTo(0.1875)
})

test('functions that are called once each are one opportunity together, and a single call is none', () => {
  const several = operationFacts(
    draw([
      ['setCell', 1],
      ['setStyle', 1],
      ['scroll', 1],
    ]),
  )[0]!
  expect(several.calls.map(({ functionName }) => functionName)).toEqual([
    'setCell, setStyle, scroll',
  ])
  expect(opportunitiesFromOperations(several)).toHaveLength(1)
  expect(opportunitiesFromOperations(operationFacts(draw([['apply', 1]]))[0]!)).toEqual([])
})

test('a function that allocates is an opportunity of what malloc and free of its blocks take', () => {
  const facts = operationFacts([
    measured('operation time', 400),
    measured('allocations by function', 2, 'makeGrid'),
    measured('allocation cost', 100, 'makeGrid'),
  ])
  const [first] = opportunitiesFromOperations(facts[0]!)
  expect(first).toMatchObject({ kind: 'pooling', predictedGain: { value: 0.25 } })
  expect(first!.title).toContain('makeGrid')
  expect(first!.evidence).toContain('50')
})

test('without a time or without crossings nothing is claimed', () => {
  expect(operationFacts([measured('operation time', 400)])).toEqual([])
  expect(operationFacts(draw([]))).toEqual([])
})
