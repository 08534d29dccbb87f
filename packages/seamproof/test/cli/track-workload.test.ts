import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildAddon } from './build-addon.js'
import { Sandbox } from './run-seamproof.js'

let sandbox: Sandbox
beforeAll(() => {
  sandbox = new Sandbox()
  buildAddon('twins', sandbox.folder)
})
afterAll(() => sandbox.remove())

const rounds = ['--rounds', '5', '--operations', '500', '--warmup', '3000']

interface Leak {
  status: string
  kind: string
  functionName: string
  location: string
  calledFrom?: { functionName: string; location: string }
  blocksPerOperation: { value: number }
  bytesPerOperation: { value: number }
}

/** Tracks a workload whose operation is one call of a twin, and reads what was found. */
async function trackTwin(call: string, options: readonly string[] = rounds) {
  const name = call.replace(/\W.*$/, '')
  sandbox.write(
    `${name}.seam.ts`,
    `import { createRequire } from 'node:module'
import { workload } from 'seamproof'

type Twins = Record<string, (value?: object) => unknown>
const twins = createRequire(import.meta.url)('./twins.node') as Twins

workload('${name}', {
  run: () => operate(),
})

function operate(): void {
  twins.${call}
}
`,
  )
  const track = await sandbox.run(['track', `${name}.seam.ts`, '-o', name, '--force', ...options])
  const leaks = await sandbox.run(['leaks', name, '--json'])
  const report = JSON.parse(leaks.stdout) as {
    checks: { check: string; status: string }[]
    leaks: Leak[]
  }
  return { track, ...report }
}

describe('each defect is found at its rate, and its fixed twin passes', () => {
  test('a block that is never freed: 1 block and 48 bytes per operation, from C line to TypeScript line', async () => {
    const { track, leaks } = await trackTwin('leakBlock()')
    expect(track.status).toBe(1)
    expect(leaks).toHaveLength(1)
    const [leak] = leaks
    expect(leak).toMatchObject({ status: 'fail', kind: 'malloc', functionName: 'leak_block' })
    expect(leak!.blocksPerOperation.value).toBeCloseTo(1, 6)
    expect(leak!.bytesPerOperation.value).toBeCloseTo(48, 4)
    expect(leak!.location).toMatch(/twins\.c:14(:\d+)?$/)
    expect(leak!.calledFrom!.functionName).toBe('operate')
    expect(leak!.calledFrom!.location).toMatch(/leakBlock\.seam\.ts:1[23]/)
    expect(track.stdout).toContain('48 B/op, 1.00 block/op')
  })

  test.each([
    ['a block that is freed', 'freeBlock()'],
    ['a table that is built once', 'cacheOnce()'],
    ['a cache with a limit', 'cacheBounded()'],
    ['a descriptor that is closed', 'closeDescriptor()'],
    ['a mapping that is unmapped', 'unmap()'],
    ['a reference that is deleted', 'deleteReference({})'],
    ['memory that a finalizer frees', 'externalWithFinalizer()'],
  ])('%s passes', async (_what, call) => {
    const { track, leaks } = await trackTwin(call)
    expect(leaks.filter(({ status }) => status !== 'suppressed')).toEqual([])
    expect(track.stdout).toContain('No leak')
    expect(track.status).toBe(0)
  })

  test('a descriptor that is never closed: 1 per operation', async () => {
    const { track, leaks } = await trackTwin('leakDescriptor()', [
      '--rounds',
      '4',
      '--operations',
      '50',
      '--warmup',
      '100',
    ])
    expect(track.status).toBe(1)
    const leak = leaks.find(({ kind }) => kind === 'fd')
    expect(leak).toMatchObject({ status: 'fail', functionName: 'leak_descriptor' })
    expect(leak!.blocksPerOperation.value).toBeCloseTo(1, 6)
  })

  test('a mapping that is never unmapped: 8,192 bytes per operation', async () => {
    const { track, leaks } = await trackTwin('leakMapping()')
    expect(track.status).toBe(1)
    const leak = leaks.find(({ kind }) => kind === 'mmap')
    expect(leak).toMatchObject({ status: 'fail', functionName: 'leak_mapping' })
    expect(leak!.bytesPerOperation.value).toBeCloseTo(8192, 3)
  })

  test('a block that another thread allocates: its own stack names the function', async () => {
    const { track, leaks } = await trackTwin('leakOnThread()')
    expect(track.status).toBe(1)
    const leak = leaks.find(({ functionName }) => functionName === 'allocate_on_thread')
    expect(leak).toMatchObject({ status: 'fail', kind: 'malloc' })
    expect(leak!.bytesPerOperation.value).toBeCloseTo(80, 4)
  })

  test('a reference that is never deleted: blamed on the addon, not on Node that allocated it', async () => {
    const { track, leaks } = await trackTwin('leakReference({})')
    expect(track.status).toBe(1)
    const leak = leaks.find(
      ({ functionName, blocksPerOperation }) =>
        functionName === 'leak_reference' && Math.abs(blocksPerOperation.value - 1) < 0.01,
    )
    expect(leak).toMatchObject({ status: 'fail' })
  })

  test('memory whose object is collected but that nobody frees: 256 bytes per operation', async () => {
    const { track, leaks } = await trackTwin('externalWithoutFinalizer()')
    expect(track.status).toBe(1)
    const leak = leaks.find(({ functionName }) => functionName === 'external_without_finalizer')
    expect(leak!.bytesPerOperation.value).toBeCloseTo(256, 3)
  })
})

describe('ways to track a workload', () => {
  test('aggregate mode finds the same leak at the same rate', async () => {
    const { track, leaks } = await trackTwin('leakBlock()', [...rounds, '--mode', 'aggregate'])
    expect(track.status).toBe(1)
    expect(leaks[0]!.blocksPerOperation.value).toBeCloseTo(1, 6)
  })

  test('a suppression in the config hides a leak, with its reason in sight, and the run passes', async () => {
    const config = { suppressions: [{ pattern: 'leak_block', reason: 'known, harmless' }] }
    sandbox.write('seamproof.config.json', JSON.stringify(config))
    try {
      const { track, leaks } = await trackTwin('leakBlock()')
      expect(track.status).toBe(0)
      expect(leaks.map(({ status }) => status)).toEqual(['suppressed'])
      expect(track.stdout).toContain('known, harmless')
    } finally {
      sandbox.write('seamproof.config.json', '{}')
    }
  })

  test('a plain module that exports run(n) is a workload, and is named for its file', async () => {
    sandbox.write(
      'plain.cjs',
      `const twins = require('./twins.node')
exports.n = 400
exports.run = async (n) => { for (let i = 0; i < n; i++) twins.leakBlock() }
`,
    )
    const { status, stdout } = await sandbox.run([
      'track',
      'plain.cjs',
      '-o',
      'plain-capture',
      '--rounds',
      '4',
      '--warmup',
      '2000',
    ])
    expect(status).toBe(1)
    expect(stdout).toContain('leaks: plain')
    expect(stdout).toContain('48 B/op')
  })

  test('workloads that the config names are all tracked, and one leak fails the run', async () => {
    const own = new Sandbox()
    try {
      const body = (name: string) =>
        `import { workload } from 'seamproof'\nworkload('${name}', { run() { Buffer.alloc(10) } })\n`
      own.write('a.seam.mjs', body('first'))
      own.write('deep/b.seam.ts', body('second'))
      own.write(
        'seamproof.config.json',
        '{ "workloads": "**/*.seam.*", "rounds": 3, "operations": 100 }',
      )
      const { status, stdout } = await own.run(['track', '--warmup', '1000', '--json'])
      expect(status).toBe(0)
      const captures = JSON.parse(stdout) as { manifest: { workloads: { name: string }[] } }[]
      expect(captures.map(({ manifest }) => manifest.workloads[0]!.name)).toEqual([
        'first',
        'second',
      ])
    } finally {
      own.remove()
    }
  })

  test('what a workload prints goes to stderr, so that stdout is the report alone', async () => {
    sandbox.write(
      'chatty.cjs',
      "console.log('from the workload'); exports.run = () => {}; exports.n = 50\n",
    )
    const args = [
      'track',
      'chatty.cjs',
      '-o',
      'chatty',
      '--json',
      '--rounds',
      '3',
      '--warmup',
      '50',
    ]
    const { stdout, stderr } = await sandbox.run(args)
    expect(JSON.parse(stdout)).toMatchObject({ formatVersion: 1 })
    expect(stderr).toContain('from the workload')
  })

  test('setup is handed to run and teardown, in this order, once each', async () => {
    sandbox.write(
      'order.seam.ts',
      `import { appendFileSync } from 'node:fs'
import { workload } from 'seamproof'
const say = (text: string) => appendFileSync('order.txt', text)
workload('order', {
  setup: async () => { say('setup '); return { calls: 0 } },
  run: (state) => { if (state.calls++ === 0) say('run ') },
  teardown: (state) => say('teardown after ' + state.calls),
  operationsPerRound: 10,
  rounds: 3,
  warmupOperations: 20,
})
`,
    )
    const { status } = await sandbox.run(['track', 'order.seam.ts', '-o', 'order'])
    expect(status).toBe(0)
    expect(readFileSync(sandbox.path('order.txt'), 'utf8')).toBe('setup run teardown after 50')
  })

  test('--only runs one of several workloads; a name that is not there is told those that are', async () => {
    sandbox.write(
      'several.seam.mjs',
      `import { workload } from 'seamproof'
workload('one', { run() {} })
workload('two', { run() {} })
`,
    )
    const few = ['--rounds', '3', '--operations', '10', '--warmup', '10']
    const one = await sandbox.run([
      'track',
      'several.seam.mjs',
      '--only',
      'two',
      '-o',
      'two',
      '--json',
      ...few,
    ])
    expect(
      JSON.parse(one.stdout).manifest.workloads.map(({ name }: { name: string }) => name),
    ).toEqual(['two'])
    const none = await sandbox.run([
      'track',
      'several.seam.mjs',
      '--only',
      'tow',
      '-o',
      'tow',
      ...few,
    ])
    expect(none.status).toBe(4)
    expect(none.stderr).toContain('"one", "two"')
  })

  test('a capture is never overwritten, unless it is said with --force', async () => {
    sandbox.write('again.cjs', 'exports.run = () => {}; exports.n = 10\n')
    const args = ['track', 'again.cjs', '-o', 'again', '--rounds', '3', '--warmup', '10']
    expect((await sandbox.run(args)).status).toBe(0)
    const refused = await sandbox.run(args)
    expect(refused.status).toBe(2)
    expect(refused.stderr).toContain('--force')
    expect((await sandbox.run([...args, '--force'])).status).toBe(0)
  })

  test('a folder that is no capture is never touched, not even with --force', async () => {
    sandbox.write('precious/thesis.txt', 'years of work')
    sandbox.write('again2.cjs', 'exports.run = () => {}; exports.n = 10\n')
    const { status } = await sandbox.run(['track', 'again2.cjs', '-o', 'precious', '--force'])
    expect(status).toBe(2)
    expect(existsSync(sandbox.path('precious/thesis.txt'))).toBe(true)
  })
})
