import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config/load-config.js'

const refusal = (value: unknown): string => {
  try {
    parseConfig(value, 'seamproof.config.ts')
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the config was accepted')
}

describe('parseConfig', () => {
  test('accepts every key that the README names', () => {
    const config = {
      workloads: ['**/*.seam.ts'],
      rounds: 8,
      operations: 500,
      mode: 'aggregate',
      suppressions: [{ pattern: 'libfoo*', reason: 'a table that is built once' }],
      subjectModules: ['libfoo.so'],
    }
    expect(parseConfig(config, 'seamproof.config.ts')).toEqual(config)
  })

  test('accepts an empty config, because everything has a default', () => {
    expect(parseConfig({}, 'seamproof.config.ts')).toEqual({})
  })

  test('names the nearest key when one is misspelt', () => {
    expect(refusal({ suppresions: [] })).toContain(
      'unknown key "suppresions". Did you mean "suppressions"?',
    )
  })

  test('names the nearest key inside a suppression', () => {
    expect(refusal({ suppressions: [{ pattern: 'x', reasn: 'y', reason: 'z' }] })).toContain(
      'Did you mean "reason"?',
    )
  })

  test('does not guess when no key is near', () => {
    expect(refusal({ qqqqqqqq: 1 })).not.toContain('Did you mean')
  })

  test('refuses a suppression without a reason, and says where', () => {
    expect(refusal({ suppressions: [{ pattern: 'x' }] })).toContain('"suppressions.0.reason"')
  })

  test('refuses fewer than three rounds, from which no steadiness can be told', () => {
    expect(refusal({ rounds: 2 })).toContain('"rounds"')
  })
})
