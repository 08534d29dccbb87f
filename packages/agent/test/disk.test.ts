import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TraceState } from '../../seamproof/src/trace/trace-format.js'
import { buildSubject, scratchFolder } from './build-subject.js'
import type { TraceView } from './trace-view.js'
import { runTraced } from './traced-run.js'

const folder = scratchFolder()
const mounts: string[] = []
let filler: string

beforeAll(async () => {
  filler = await buildSubject(folder, 'filler.c')
})
afterAll(async () => {
  for (const mount of mounts) await execa('umount', ['--lazy', mount], { reject: false })
})

/** A file system of its own; undefined without the right to mount one. */
async function mountAt(type: string, options: readonly string[]): Promise<string | undefined> {
  const path = join(folder, `disk-${mounts.length}`)
  mkdirSync(path)
  const args = ['-t', type, ...options, 'seamproof-test', path]
  const result = await execa('mount', args, { reject: false })
  if (result.failed) return undefined
  mounts.push(path)
  return path
}

/** Where there is none, a limit on files stands in for it. */
const smallDisk = (sizeBytes: number) => mountAt('tmpfs', ['-o', `size=${sizeBytes}`])

/** What was dropped has been counted, and what was kept is the beginning of the truth. */
function expectCut(trace: TraceView, state: number): void {
  const { header } = trace.meta
  expect(header.state).toBe(state)
  expect(header.eventsDropped).toBeGreaterThan(10_000)
  expect(trace.events.length).toBeGreaterThan(10_000)
  expect(trace.violations).toEqual([])
  expect(trace.sizeBytes).toBeGreaterThanOrEqual(header.usedBytes)
}

describe('pitfall 9: a disk that fills up harms the trace, not the subject', () => {
  test('a full disk: no SIGBUS, the state says so, and what is lost is counted', async () => {
    const captureDir = await smallDisk(2 << 20)
    const options =
      captureDir === undefined ? { args: ['1.2', `limit:${2 << 20}`] } : { args: ['1'], captureDir }
    const run = await runTraced(folder, filler, options)
    expect([run.code, run.signal, run.stdout]).toEqual([0, undefined, 'unharmed'])
    expectCut(run.trace, captureDir === undefined ? TraceState.fileLimit : TraceState.diskFull)
  })

  test('a disk that is full from the start: no trace, no empty file, the subject runs', async () => {
    const captureDir = await smallDisk(64 << 10)
    if (captureDir === undefined) return expect(process.getuid?.()).not.toBe(0)
    writeFileSync(join(captureDir, 'ballast'), Buffer.alloc(64 << 10))
    const run = await runTraced(folder, filler, { args: ['0.1'], captureDir })
    expect([run.code, run.signal, run.stdout]).toEqual([0, undefined, 'unharmed'])
    expect(readdirSync(captureDir)).toEqual(['ballast'])
  })

  test('a file system that promises nothing (EOPNOTSUPP) is written to ahead', async () => {
    const captureDir = await mountAt('ramfs', [])
    if (captureDir === undefined) return expect(process.getuid?.()).not.toBe(0)
    const run = await runTraced(folder, filler, { args: ['0.3'], captureDir })
    expect([run.code, run.stdout]).toEqual([0, 'unharmed'])
    expect(run.trace.violations).toEqual([])
    expect(run.trace.meta.header.eventsDropped).toBe(0)
    expect(run.trace.events.length).toBeGreaterThan(200_000)
  })

  test('the file limit of the user is kept to', async () => {
    const run = await runTraced(folder, filler, { args: ['1'], fileLimitBytes: 1 << 20 })
    expect([run.code, run.stdout]).toEqual([0, 'unharmed'])
    expectCut(run.trace, TraceState.fileLimit)
    expect(run.trace.sizeBytes).toBeLessThanOrEqual(1 << 20)
  })

  test.each([[1 << 20], [100_000], [5000], [1]])(
    'a limit of %i bytes on the files of the process does not bring it SIGXFSZ',
    async (limit) => {
      const run = await runTraced(folder, filler, { args: ['0.6', `limit:${limit}`] })
      expect([run.code, run.signal, run.stdout]).toEqual([0, undefined, 'unharmed'])
      expect(run.trace.meta.header.state).toBe(TraceState.fileLimit)
      expect(run.trace.meta.header.eventsDropped).toBeGreaterThan(10_000)
      expect(run.trace.violations).toEqual([])
    },
  )

  test('a process that starts under such a limit runs too', async () => {
    const script = 'ulimit -f 8; exec "$0" 0.2'
    const run = await runTraced(folder, '/bin/bash', { args: ['-c', script, filler] })
    expect([run.code, run.signal, run.stdout]).toEqual([0, undefined, 'unharmed'])
  })
})

describe('our descriptor in the hands of the subject', () => {
  test.each(['close-all', 'dup2'])(
    '%s: the trace goes on, and not one byte goes into the user’s file',
    async (way) => {
      const users = join(folder, `users-${way}`)
      const run = await runTraced(folder, filler, { args: ['0.6', way, users] })
      expect([run.code, run.stdout]).toEqual([0, 'unharmed'])
      expect(readFileSync(users, 'utf8')).toBe("the user's")
      expect(run.trace.violations).toEqual([])
      expect(run.trace.meta.header.eventsDropped).toBe(0)
      expect(run.trace.events.length).toBeGreaterThan(400_000)
    },
  )
})
