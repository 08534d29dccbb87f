import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildAddon } from './build-addon.js'
import { type Finished, Sandbox } from './run-seamproof.js'

let sandbox: Sandbox
beforeAll(() => {
  sandbox = new Sandbox()
  buildAddon('twins', sandbox.folder)
})
afterAll(() => sandbox.remove())

interface Leak {
  status: string
  kind: string
  workload?: string
  functionName: string
  location: string
  calledFrom?: { functionName: string; location: string }
  blocksPerOperation: { value: number }
  bytesPerOperation: { value: number }
}

interface Report {
  checks: { check: string; status: string }[]
  leaks: Leak[]
}

/** Workload name → its one operation, a call of a twin. */
const twins = {
  'leaks a block': 'leakBlock()',
  'frees a block': 'freeBlock()',
  'builds a table once': 'cacheOnce()',
  'keeps a cache with a limit': 'cacheBounded()',
  'leaks a descriptor': 'leakDescriptor()',
  'closes a descriptor': 'closeDescriptor()',
  'leaks a mapping': 'leakMapping()',
  'unmaps a mapping': 'unmap()',
  'leaks on another thread': 'leakOnThread()',
  'leaks a reference': 'leakReference({})',
  'deletes a reference': 'deleteReference({})',
  'leaves memory to a finalizer': 'externalWithFinalizer()',
  'leaves memory to nobody': 'externalWithoutFinalizer()',
}
type TwinName = keyof typeof twins

/** One file with a workload for each twin: each is judged by itself. */
const twinsFile = `import { createRequire } from 'node:module'
import { workload } from 'seamproof'

type Twins = Record<string, (value?: object) => unknown>
const twins = createRequire(import.meta.url)('./twins.node') as Twins
const counts = { operationsPerRound: 200, rounds: 5, warmupOperations: 2500 }

${Object.entries(twins)
  .map(([name, call]) => `workload('${name}', { run: () => { twins.${call} }, ...counts })`)
  .join('\n')}
`

async function readLeaks(capture: string): Promise<Report> {
  const { stdout } = await sandbox.run(['leaks', capture, '--json'])
  return JSON.parse(stdout) as Report
}

describe.each(['full', 'aggregate'])('in %s mode, each defect is found at its rate', (mode) => {
  let track: Finished
  let report: Report
  beforeAll(async () => {
    sandbox.write('twins.seam.ts', twinsFile)
    track = await sandbox.run(['track', 'twins.seam.ts', '-o', mode, '--mode', mode])
    report = await readLeaks(mode)
  })

  /** What was found in one workload, apart from what is too uneven to be called a leak. */
  const found = (workload: TwinName) =>
    report.leaks.filter((leak) => leak.workload === workload && leak.status === 'fail')

  test('the run fails, because some of the workloads leak', () => {
    expect(track.stderr).not.toContain('bug in Seamproof')
    expect(track.status).toBe(1)
  })

  test.each<TwinName>([
    'frees a block',
    'builds a table once',
    'keeps a cache with a limit',
    'closes a descriptor',
    'unmaps a mapping',
    'deletes a reference',
    'leaves memory to a finalizer',
  ])('a workload that %s passes', (name) => {
    expect(found(name)).toEqual([])
    const checks = report.checks.filter(({ check }) => check.endsWith(`: ${name}`))
    expect(checks.length).toBeGreaterThan(0)
    expect(checks.filter(({ status }) => status !== 'pass')).toEqual([])
  })

  test('a block that is never freed: 1 and 48 bytes per operation, from C line to TypeScript line', () => {
    const [leak, ...others] = found('leaks a block')
    expect(others).toEqual([])
    expect(leak).toMatchObject({ kind: 'malloc', functionName: 'leak_block' })
    expect(leak!.blocksPerOperation.value).toBeCloseTo(1, 6)
    expect(leak!.bytesPerOperation.value).toBeCloseTo(48, 4)
    expect(leak!.location).toMatch(/twins\.c:14(:\d+)?$/)
    expect(leak!.calledFrom).toMatchObject({
      functionName: 'run',
      location: expect.stringMatching(/twins\.seam\.ts:8(:\d+)?$/),
    })
  })

  test('a descriptor that is never closed: 1 per operation', () => {
    const leak = found('leaks a descriptor').find(({ kind }) => kind === 'fd')
    expect(leak).toMatchObject({ functionName: 'leak_descriptor' })
    expect(leak!.blocksPerOperation.value).toBeCloseTo(1, 6)
  })

  test('a mapping that is never unmapped: 8,192 bytes per operation', () => {
    const leak = found('leaks a mapping').find(({ kind }) => kind === 'mmap')
    expect(leak).toMatchObject({ functionName: 'leak_mapping' })
    expect(leak!.bytesPerOperation.value).toBeCloseTo(8192, 3)
  })

  test('a block that another thread allocates: its own stack names the function', () => {
    const leak = found('leaks on another thread').find(({ kind }) => kind === 'malloc')
    expect(leak).toMatchObject({ functionName: 'allocate_on_thread' })
    expect(leak!.bytesPerOperation.value).toBeCloseTo(80, 4)
  })

  test('a reference that is never deleted: blamed on the addon, not on Node that allocated it', () => {
    const leak = found('leaks a reference').find(
      ({ blocksPerOperation }) => Math.abs(blocksPerOperation.value - 1) < 0.01,
    )
    expect(leak).toMatchObject({ functionName: 'leak_reference' })
  })

  test('memory whose object is collected but that nobody frees: 256 bytes per operation', () => {
    const leak = found('leaves memory to nobody').find(
      ({ functionName }) => functionName === 'external_without_finalizer',
    )
    expect(leak!.bytesPerOperation.value).toBeCloseTo(256, 3)
  })
})

const few = ['--rounds', '4', '--operations', '300', '--warmup', '2000']
const leakingModule = `const twins = require('./twins.node')
exports.run = async (n) => { for (let i = 0; i < n; i++) twins.leakBlock() }
`

describe('ways to track a workload', () => {
  test('a suppression in the config hides a leak, with its reason in sight, and the run passes', async () => {
    const own = new Sandbox()
    try {
      buildAddon('twins', own.folder)
      own.write('leak.cjs', leakingModule)
      const config = { suppressions: [{ pattern: 'leak_block', reason: 'known, harmless' }] }
      own.write('seamproof.config.json', JSON.stringify(config))
      const { status, stdout } = await own.run(['track', 'leak.cjs', ...few])
      expect(stdout).toContain('known, harmless')
      expect(status).toBe(0)
    } finally {
      own.remove()
    }
  })

  test('a plain module that exports run(n) is a workload, and is named for its file', async () => {
    sandbox.write('plain.cjs', leakingModule)
    const { status, stdout } = await sandbox.run(['track', 'plain.cjs', '-o', 'plain', ...few])
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
    const quick = ['--rounds', '3', '--operations', '10', '--warmup', '10']
    const one = await sandbox.run([
      'track',
      'several.seam.mjs',
      '--only',
      'two',
      '-o',
      'two',
      '--json',
      ...quick,
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
      ...quick,
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
