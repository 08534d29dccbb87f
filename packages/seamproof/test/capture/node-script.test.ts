import { describe, expect, test } from 'vitest'
import { assertNodeScriptExists, nodeScriptOf } from '../../src/capture/node-script.js'

describe('nodeScriptOf', () => {
  test.each([
    ['the first plain argument', ['app.js', 'x.js'], 'app.js'],
    ['after flags', ['--expose-gc', '--no-warnings', 'app.js'], 'app.js'],
    ['after an option with a value of its own', ['-r', './hook.js', 'app.js'], 'app.js'],
    ['after an option with its value attached', ['--require=./hook.js', 'app.js'], 'app.js'],
    ['after a separator', ['--', '-odd.js'], '-odd.js'],
  ])('finds it %s', (_where, nodeArguments, script) => {
    expect(nodeScriptOf(nodeArguments)).toBe(script)
  })

  test.each([
    ['--eval', ['-e', 'console.log(1)', 'app.js']],
    ['standard input', ['-']],
    ['the test runner', ['--test', 'missing.js']],
    ['the debugger', ['inspect', 'app.js']],
    ['nothing', []],
  ])('finds none with %s', (_what, nodeArguments) => {
    expect(nodeScriptOf(nodeArguments)).toBeUndefined()
  })
})

describe('assertNodeScriptExists', () => {
  test('names the whole path of a script that is missing', () => {
    expect(() => assertNodeScriptExists(['missing.js'], '/tmp')).toThrow(
      'there is no script /tmp/missing.js',
    )
  })

  test('leaves to Node what may be the value of an option it does not know', () => {
    expect(() => assertNodeScriptExists(['--brand-new-option', 'value'], '/tmp')).not.toThrow()
  })
})
