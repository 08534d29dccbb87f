import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildAddon } from './build-addon.js'
import { Sandbox, until } from './run-seamproof.js'

let sandbox: Sandbox
beforeAll(() => {
  sandbox = new Sandbox()
  buildAddon('twins', sandbox.folder)
})
afterAll(() => sandbox.remove())

/** Tracks a TypeScript workload with the given operation. */
function trackRun(name: string, run: string, options: readonly string[] = []) {
  sandbox.write(
    `${name}.seam.ts`,
    `import { createRequire } from 'node:module'
import { workload } from 'seamproof'
const twins = createRequire(import.meta.url)('./twins.node') as { crash(): void; leakBlock(): void }
let calls = 0
workload('${name}', {
  operationsPerRound: 100, rounds: 4, warmupOperations: 100,
  teardown: () => { console.error('torn down') },
  run: () => {
    calls++
    ${run}
  },
})
export { twins, calls }
`,
  )
  return sandbox.run(['track', `${name}.seam.ts`, '-o', name, '--force', ...options])
}

describe('a workload that does not come to its end: exit code 4, and what was recorded is kept', () => {
  test('it throws: the message and the TypeScript line, and teardown still runs', async () => {
    const run = "if (calls > 250) throw new RangeError('no more ' + (calls as number))"
    const { status, stderr } = await trackRun('throwing', run)
    expect(status).toBe(4)
    expect(stderr).toContain('RangeError: no more 251')
    expect(stderr).toMatch(/throwing\.seam\.ts:10:\d+/)
    expect(stderr).toContain('in its round 2')
    expect(stderr).toContain('torn down')
  })

  test('it rejects with something that is no Error', async () => {
    const { status, stderr } = await trackRun('rejecting', 'return Promise.reject({ odd: 1 })')
    expect(status).toBe(4)
    expect(stderr).toContain('{ odd: 1 } (not an Error)')
  })

  test('it throws later, outside any operation', async () => {
    const run = "setTimeout(() => { throw new TypeError('too late') }, 1)"
    const { status, stderr } = await trackRun('late', run)
    expect(status).toBe(4)
    expect(stderr).toContain('TypeError: too late')
  })

  test('it calls process.exit', async () => {
    const { status, stderr } = await trackRun('exiting', 'if (calls > 250) process.exit(0)')
    expect(status).toBe(4)
    expect(stderr).toContain('ended the process with exit code 0')
  })

  test('it crashes in native code, and the leaks found until then are told', async () => {
    const run = 'twins.leakBlock(); if (calls > 450) twins.crash()'
    const { status, stdout, stderr } = await trackRun('crashing', run)
    expect(status).toBe(4)
    expect(stderr).toContain('was ended by SIGSEGV')
    expect(stderr).toContain('in its round 4')
    expect(stdout).toContain('48 B/op')
  })

  test('it is killed with SIGKILL', async () => {
    const run = "if (calls > 250) process.kill(process.pid, 'SIGKILL')"
    const { status, stderr } = await trackRun('killed', run)
    expect(status).toBe(4)
    expect(stderr).toContain('was ended by SIGKILL')
  })

  test('it awaits what never settles', async () => {
    const run = 'if (calls > 250) return new Promise(() => {})'
    const { status, stderr } = await trackRun('waiting', run)
    expect(status).toBe(4)
    expect(stderr).toContain('awaits something that never settles')
  })

  test('it hangs, and is stopped by the timeout', async () => {
    const { status, stderr } = await trackRun('hanging', 'if (calls > 250) for (;;);', [
      '--timeout',
      '8s',
    ])
    expect(status).toBe(4)
    expect(stderr).toContain('was stopped after 8 s')
  })
})

test('Ctrl-C ends it at once, with 130, and keeps what was recorded', async () => {
  sandbox.write(
    'long.cjs',
    "console.log('at work'); exports.run = () => new Promise((done) => setTimeout(done, 50)); exports.n = 1000\n",
  )
  const running = sandbox.start(['track', 'long.cjs', '-o', 'long'])
  await until(() => running.seen.stderr.includes('at work'))
  running.child.kill('SIGINT')
  const { status, stdout, stderr } = await running.finished
  expect(status).toBe(130)
  expect(stdout).toBe('')
  expect(stderr).toContain('interrupted; what was recorded is kept: seamproof leaks long')
  expect((await sandbox.run(['summary', 'long'])).stdout).toContain('live at end')
})

describe('a file that is no workload: exit code 4, before or right after the start', () => {
  const cases: [string, string, string, RegExp][] = [
    ['does not parse', 'broken.seam.ts', 'const a: = 1\n', /broken\.seam\.ts:1:10/],
    ['imports what is not there', 'lost.seam.ts', "import 'no-such-package'\n", /no-such-package/],
    [
      'throws while it loads',
      'thrower.seam.ts',
      "throw new Error('at load')\n",
      /at load\n.*thrower\.seam\.ts:1:7/,
    ],
    ['declares nothing', 'empty.cjs', 'exports.walk = 1\n', /declares no workload/],
    [
      'declares a name twice',
      'twice.seam.mjs',
      "import { workload } from 'seamproof'\nfor (let i = 0; i < 2; i++) workload('x', { run() {} })\n",
      /this name is taken/,
    ],
    [
      'declares no run',
      'runless.seam.mjs',
      "import { workload } from 'seamproof'\nworkload('x', {})\n",
      /"run" must be a function/,
    ],
  ]
  test.each(cases)('it %s', async (_what, name, text, message) => {
    sandbox.write(name, text)
    const { status, stderr } = await sandbox.run(['track', name, '-o', `${name}.out`])
    expect(status).toBe(4)
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain('bug in Seamproof')
  })

  test('it does not exist', async () => {
    const { status, stderr } = await sandbox.run(['track', 'nowhere.seam.ts'])
    expect(status).toBe(4)
    expect(stderr).toContain('there is no workload file')
  })
})
