import fc from 'fast-check'
import { expect, test } from 'vitest'
import { didYouMean, nearestName } from '../../src/base/nearest-name.js'

test('a slip of one letter finds its name', () => {
  expect(nearestName('agregate', ['full', 'aggregate'])).toBe('aggregate')
  expect(nearestName('Full', ['full', 'aggregate'])).toBe('full')
})

test('a word that is like none of the names finds none', () => {
  expect(nearestName('timeline', ['full', 'aggregate'])).toBeUndefined()
  expect(didYouMean('timeline', ['full', 'aggregate'])).toBe('')
})

test('a name is nearest to itself', () => {
  const names = ['leaks', 'summary', 'flamegraph', 'tree', 'timeline', 'diff']
  fc.assert(fc.property(fc.constantFrom(...names), (name) => nearestName(name, names) === name))
})
