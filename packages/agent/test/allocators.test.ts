import { existsSync } from 'node:fs'
import { execa } from 'execa'
import { beforeAll, describe, expect, test } from 'vitest'
import { KindCode } from '../../seamproof/src/trace/trace-format.js'
import { buildSubject, scratchFolder } from './build-subject.js'
import { runTraced, type TracedRun } from './traced-run.js'

const folder = scratchFolder()
const libraries = '/usr/lib/x86_64-linux-gnu'
let mix: string

beforeAll(async () => {
  mix = await buildSubject(folder, 'allocator-mix.c')
})

function library(name: string, aptPackage: string): string {
  const path = `${libraries}/${name}`
  if (!existsSync(path)) throw new Error(`this test needs ${name}: apt-get install ${aptPackage}`)
  return path
}

function expectAllSeen({ code, stdout, trace }: TracedRun): void {
  expect([code, stdout]).toEqual([0, 'unharmed'])
  expect(trace.violations).toEqual([])
  expect(trace.allocationsOf(7459)).toHaveLength(3000)
  expect(trace.allocationsOf(7477)).toHaveLength(1500)
  expect([7459, 7477, 7481, 7483, 7488, 7489].map((size) => trace.liveOf(size))).toEqual([
    0, 0, 0, 0, 0, 0,
  ])
  expect(trace.liveOf(7499)).toBe(1)
  expect(trace.allocationsOf(7483)[0]?.kind).toBe(KindCode.calloc)
}

describe('pitfall 12: another allocator preloaded beside the agent', () => {
  test.each([
    ['libjemalloc.so.2', 'libjemalloc2'],
    ['libmimalloc.so', 'libmimalloc-dev'],
  ])(
    '%s after the agent: every block is seen, and the allocator is the one that serves',
    async (name, apt) => {
      const allocator = library(name, apt)
      expectAllSeen(await runTraced(folder, mix, { after: [allocator] }))
      expectAllSeen(await runTraced(folder, mix))
      const run = await runTraced(folder, mix, { after: [allocator], mode: 'aggregate' })
      expect([run.code, run.stdout]).toEqual([0, 'unharmed'])
      expect(run.trace.violations).toEqual([])
    },
  )

  test.each([
    ['libjemalloc.so.2', 'libjemalloc2'],
    ['libmimalloc.so', 'libmimalloc-dev'],
  ])('%s before the agent: blocks are not seen, nothing breaks', async (name, apt) => {
    const run = await runTraced(folder, mix, { before: [library(name, apt)] })
    expect([run.code, run.stdout]).toEqual([0, 'unharmed'])
    expect(run.trace.allocationsOf(7459)).toEqual([])
    expect(run.trace.violations).toEqual([])
  })

  test('Node runs on jemalloc under the agent', async () => {
    const allocator = library('libjemalloc.so.2', 'libjemalloc2')
    const run = await runTraced(folder, process.execPath, {
      args: ['-e', 'console.log(Buffer.alloc(7523, 1).length)'],
      after: [allocator],
    })
    expect([run.code, run.stdout]).toEqual([0, '7523'])
    expect(run.trace.events.length).toBeGreaterThan(10_000)
    expect(run.trace.violations).toEqual([])
  })
})

describe('pitfall 18: a subject built with AddressSanitizer', () => {
  let subject: string
  let runtime: string
  beforeAll(async () => {
    subject = await buildSubject(folder, 'sanitized-subject.c', {
      flags: ['-fsanitize=address'],
    })
    runtime = (await execa('gcc', ['-print-file-name=libasan.so'])).stdout
  })

  test('the sanitizer first: it works and finds its leak, the agent sees no blocks', async () => {
    const run = await runTraced(folder, subject, { before: [runtime] })
    expect(run.stdout).toBe('unharmed')
    expect(run.stderr).toContain('7507 byte(s) leaked')
    expect(run.code).toBe(1)
    expect(run.trace.allocationsOf(7507)).toEqual([])
  })

  test('the agent first: it sees every block, once the sanitizer is told not to mind', async () => {
    const env = { ASAN_OPTIONS: 'verify_asan_link_order=0:detect_leaks=0' }
    const run = await runTraced(folder, subject, { env })
    expect([run.code, run.stdout]).toEqual([0, 'unharmed'])
    expect([run.trace.liveOf(7507), run.trace.liveOf(7517)]).toEqual([1, 0])
    expect(run.trace.violations).toEqual([])
  })

  test('the agent first, and the sanitizer not told: it says so and the subject does not start', async () => {
    const run = await runTraced(folder, subject)
    expect(run.code).not.toBe(0)
    expect(run.stderr).toContain('ASan runtime does not come first')
  })
})
