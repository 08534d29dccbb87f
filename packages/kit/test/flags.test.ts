import { defineFlags } from '@seamproof/kit'
import { describe, expect, test } from 'vitest'

const flags = {
  simd: { description: 'wide kernels', default: true },
  'read-ahead': { description: 'reads early', default: false },
} as const

describe('a flag', () => {
  test('takes the environment over the config, the config over the default, the API over all', () => {
    const changes: string[] = []
    const set = defineFlags({
      prefix: 'demo',
      flags,
      config: { simd: false, 'read-ahead': true },
      environment: { DEMO_READ_AHEAD: 'off' },
      onChange: (name, isOn) => changes.push(`${name}=${isOn}`),
    })
    expect(set.list().map(({ name, isOn, source }) => [name, isOn, source])).toEqual([
      ['simd', false, 'config'],
      ['read-ahead', false, 'environment'],
    ])
    set.set('read-ahead', true)
    set.set('read-ahead', true)
    expect(set.list()[1]).toMatchObject({
      isOn: true,
      source: 'api',
      environmentName: 'DEMO_READ_AHEAD',
    })
    expect(changes).toEqual(['simd=false', 'read-ahead=false', 'read-ahead=true'])
  })

  test('is put back after one arm of an experiment, also when it throws', () => {
    const set = defineFlags({ prefix: 'demo', flags, environment: {} })
    expect(set.with('simd', false, () => set.isOn('simd'))).toBe(false)
    expect(() =>
      set.with('simd', false, () => {
        throw new Error('arm')
      }),
    ).toThrow('arm')
    expect(set.list()[0]).toMatchObject({ isOn: true, source: 'default' })
  })

  test('that is neither on nor off is an error that names the variable', () => {
    expect(() =>
      defineFlags({ prefix: 'demo', flags, environment: { DEMO_SIMD: 'maybe' } }),
    ).toThrow('DEMO_SIMD=maybe is neither on nor off')
  })
})
