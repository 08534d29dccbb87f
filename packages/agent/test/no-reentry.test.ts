import { execa } from 'execa'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildSubject, scratchFolder } from './build-subject.js'
import { newCapture, readCapture, runTraced, tracedEnvironment } from './traced-run.js'

const folder = scratchFolder()
let shim: string
let exerciser: string

beforeAll(async () => {
  shim = await buildSubject(folder, 'no-reentry.c', { shared: true })
  exerciser = await buildSubject(folder, 'exerciser.c')
})

describe.each(['full', 'aggregate'] as const)(
  'pitfalls 2 and 4: in %s mode a hook uses nothing of the process',
  (mode) => {
    test('no allocator, no __tls_get_addr, no stdio, no pthread_getattr_np, no loader', async () => {
      const run = await runTraced(folder, exerciser, {
        mode,
        before: [shim],
        args: ['4', '20000', 'maps'],
      })
      expect([run.code, run.stderr, run.stdout]).toEqual([0, '', 'unharmed'])
      expect(run.trace.violations).toEqual([])
      if (mode === 'full') expect(run.trace.events.length).toBeGreaterThan(100_000)
    })
  },
)

test('valgrind’s memcheck finds no fault in a process with the agent in it', async () => {
  const captureDir = newCapture(folder)
  const args = ['--quiet', '--error-exitcode=77', exerciser, '4', '300', 'maps']
  const env = await tracedEnvironment(captureDir, {})
  const result = await execa('valgrind', args, { env, extendEnv: false, reject: false })
  if (result.code === 'ENOENT')
    throw new Error('this test needs valgrind: apt-get install valgrind')
  expect([result.exitCode, result.stderr, result.stdout]).toEqual([0, '', 'unharmed'])
  for (const trace of readCapture(captureDir)) expect(trace.violations).toEqual([])
})
