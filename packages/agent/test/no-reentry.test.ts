import { beforeAll, describe, expect, test } from 'vitest'
import { buildSubject, scratchFolder } from './build-subject.js'
import { runTraced } from './traced-run.js'

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
