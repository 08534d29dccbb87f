import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, describe, expect, test } from 'vitest'
import { TraceState } from '../../seamproof/src/trace/trace-format.js'
import { buildSubject, scratchFolder } from './build-subject.js'
import { newCapture, readCapture, runTraced, tracedEnvironment } from './traced-run.js'

const folder = scratchFolder()
let endings: string
let counted: string

beforeAll(async () => {
  endings = await buildSubject(folder, 'endings.c')
  counted = await buildSubject(folder, 'counted.c')
})

const { closed, open } = TraceState

describe('pitfall 9: however a process ends, every event is in its trace', () => {
  test.each([
    ['return', closed, 7, undefined],
    ['exit', closed, 7, undefined],
    ['_exit', closed, 7, undefined],
    ['_Exit', closed, 7, undefined],
    ['quick_exit', closed, 7, undefined],
    ['exit from a thread', closed, 7, undefined],
    ['pthread_exit', closed, 0, undefined],
    ['exit_group', open, 7, undefined],
    ['abort', open, undefined, 'SIGABRT'],
    ['segv', open, undefined, 'SIGSEGV'],
    ['SIGTERM', open, undefined, 'SIGTERM'],
    ['SIGKILL', open, undefined, 'SIGKILL'],
  ])('%s', async (way, state, code, signal) => {
    const run = await runTraced(folder, endings, { args: [way] })
    expect([run.code, run.signal]).toEqual([code, signal])
    const { trace } = run
    expect(trace.violations).toEqual([])
    expect(trace.meta.header.state).toBe(state)
    expect(trace.allocationsOf(6521)).toHaveLength(1000)
    expect(trace.liveOf(6521)).toBe(1000)
    expect(trace.allocationsOf(6553)).toHaveLength(1)
    const endsInOrder = ['return', 'exit', 'exit from a thread', 'pthread_exit'].includes(way)
    // Handlers and destructors that run after ours are recorded too.
    expect(trace.allocationsOf(6529)).toHaveLength(endsInOrder || way === 'quick_exit' ? 1 : 0)
    expect(trace.allocationsOf(6547)).toHaveLength(endsInOrder ? 1 : 0)
    if (way === 'pthread_exit') expect(trace.allocationsOf(6551)).toHaveLength(100)
  })

  test('_exit in a signal handler that interrupted the agent does not wait for it', async () => {
    const run = await runTraced(folder, endings, { args: ['forty'] })
    expect(run.code).toBe(0)
    expect(run.traces).toHaveLength(41)
    for (const trace of run.traces) {
      expect(trace.violations).toEqual([])
      expect(trace.meta.header.state).toBe(closed)
    }
  })

  test('a closed trace takes no more of the disk than it uses', async () => {
    const { trace } = await runTraced(folder, endings, { args: ['return'] })
    expect(trace.meta.header.state).toBe(closed)
    expect(trace.sizeBytes).toBe(trace.meta.header.usedBytes)
    expect(trace.sizeBytes).toBeLessThan(512 * 1024)
  })

  test('killed while four threads write, the trace holds what each had done', async () => {
    const captureDir = newCapture(folder)
    const counts = join(folder, 'counts')
    const subject = execa(counted, [counts, '4'], {
      env: await tracedEnvironment(captureDir, {}),
      extendEnv: false,
      reject: false,
    })
    while (!hasCounted(counts, 50_000)) await new Promise((resolve) => setTimeout(resolve, 10))
    subject.kill('SIGKILL')
    await subject
    const [trace] = readCapture(captureDir)
    expect(trace!.violations).toEqual([])
    expect(trace!.meta.header.state).toBe(open)
    const blocks = [0, 1, 2, 3].map((index) => trace!.allocationsOf(20000 + index).length)
    for (const [index, done] of countsIn(counts).entries()) {
      // At most one block more: a thread may have been killed between the block and its count.
      expect(blocks[index]! - done).toBeGreaterThanOrEqual(0)
      expect(blocks[index]! - done).toBeLessThanOrEqual(1)
    }
  })
})

function countsIn(path: string): number[] {
  const bytes = readFileSync(path)
  return [0, 1, 2, 3].map((index) => Number(bytes.readBigUInt64LE(index * 8)))
}

function hasCounted(path: string, count: number): boolean {
  try {
    return countsIn(path).every((done) => done > count)
  } catch {
    return false
  }
}
