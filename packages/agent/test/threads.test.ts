import { readdirSync, readFileSync } from 'node:fs'
import { execa } from 'execa'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildSubject, scratchFolder } from './build-subject.js'
import { newCapture, readCapture, runTraced, tracedEnvironment } from './traced-run.js'

/** None where the thread has ended meanwhile. */
function statusOf(path: string): string[] {
  try {
    return [readFileSync(path, 'utf8')]
  } catch {
    return []
  }
}

const folder = scratchFolder()
let threads: string

beforeAll(async () => {
  threads = await buildSubject(folder, 'threads.c')
})

const run = (way: string) => runTraced(folder, threads, { args: [way] })

describe('pitfall 4: thread-local storage', () => {
  test('threads with the smallest stack there is can start, and a hook fits onto it', async () => {
    const { code, signal, trace } = await run('tiny')
    expect([code, signal]).toEqual([0, undefined])
    expect(trace.allocationsOf(7121)).toHaveLength(50)
    expect(trace.violations).toEqual([])
  })

  test('threads that do nothing leave nothing of ours behind: their end is their only event', async () => {
    const { code, stdout, trace } = await run('idle')
    expect(code).toBe(0)
    const [before, after] = stdout.split(/\s/).map(Number)
    // A chunk and a state for each would be 400 more.
    expect(after! - before!).toBeLessThan(10)
    expect(trace.violations).toEqual([])
  })

  test('a thread with the smallest stack can be the first in a library', async () => {
    const flags = ['-DNAME=tiny', '-DSIZE=7211']
    const plugin = await buildSubject(folder, 'plugin.c', { shared: true, flags })
    const result = await runTraced(folder, threads, { args: ['tiny-plugin', plugin] })
    expect([result.code, result.signal]).toEqual([0, undefined])
    const [block] = result.trace.allocationsOf(7211)
    expect((await result.trace.stackNames(block!.stack))[0]).toBe('allocate_in_tiny')
  })

  test('a thread with the smallest stack can end the process', async () => {
    const { code, signal, trace } = await run('tiny-exit')
    expect([code, signal]).toEqual([0, undefined])
    expect(trace.meta.marks.at(-1)?.kind).toBe('program-end')
  })

  test('a program with 8 MB of static thread-local storage still gets its threads, and a sampler', async () => {
    const big = await buildSubject(folder, 'threads.c', {
      as: 'big-tls',
      flags: ['-DBIG_TLS=(8<<20)'],
    })
    const { code, stdout, trace } = await runTraced(folder, big, { args: ['default'] })
    expect([code, stdout]).toEqual([0, 'unharmed'])
    expect(trace.allocationsOf(7121)).toHaveLength(1)
  })

  test('what destructors of thread-specific data allocate and free, in all their rounds, is not lost', async () => {
    const { code, trace } = await run('destructors')
    expect(code).toBe(0)
    const count = trace.allocationsOf(7103).length
    // Eight keys, each set again for as many rounds as there are, in 200 threads.
    expect(count).toBe(200 * 8 * 4)
    expect(trace.allocationsOf(7109)).toHaveLength(count)
    expect([trace.liveOf(7103), trace.liveOf(7109)]).toEqual([0, 0])
    expect(trace.meta.header.untrackedCalls).toBe(0)
    expect(trace.violations).toEqual([])
  })

  test('destructors of C++ thread_local objects are recorded', async () => {
    const subject = await buildSubject(folder, 'thread-locals.cc')
    const { code, trace } = await runTraced(folder, subject)
    expect(code).toBe(0)
    expect(trace.allocationsOf(7151)).toHaveLength(1000)
    expect(trace.liveOf(7151)).toBe(0)
    expect(trace.allocationsOf(7129)).toHaveLength(100)
    expect(trace.violations).toEqual([])
  })

  test('a thread that is cancelled again and again loses no event', async () => {
    const { code, trace } = await run('cancel')
    expect(code).toBe(0)
    expect(trace.liveOf(7127)).toBeLessThanOrEqual(20)
    expect(trace.violations).toEqual([])
  })
})

describe('a stack that the program gave to its thread', () => {
  test('is the thread’s own: walked to its end and not flagged', async () => {
    const { code, trace } = await run('own-stack')
    expect(code).toBe(0)
    const frames = await trace.stack(trace.allocationsOf(7121)[0]!.stack)
    expect(frames.map((frame) => frame.functionName)).toEqual(
      expect.arrayContaining(['allocate_once', 'start_thread']),
    )
    expect(trace.meta.header.foreignStackWalks).toBe(0)
    expect(trace.meta.header.walksEndedEarly).toBe(0)
  })
})

describe('many threads', () => {
  test('a thousand short ones each have a name and an end, and a page of the file', async () => {
    const { code, trace } = await run('short')
    expect(code).toBe(0)
    expect(trace.allocationsOf(7121)).toHaveLength(1000)
    expect(trace.meta.threads.length).toBeGreaterThanOrEqual(1001)
    expect(trace.meta.threads.filter((thread) => thread.endUs !== null).length).toBeGreaterThan(999)
    expect(trace.sizeBytes).toBeLessThan(6 << 20)
    expect(trace.violations).toEqual([])
  })
})

describe('pitfall 8: the helper thread', () => {
  test('blocks every signal, is named, and is not in the way of SIGTERM', async () => {
    const captureDir = newCapture(folder)
    const subject = execa(threads, ['wait'], {
      env: await tracedEnvironment(captureDir, {}),
      extendEnv: false,
      reject: false,
    })
    await new Promise((resolve) => subject.stdout.once('data', resolve))
    const namedTasks = () =>
      readdirSync(`/proc/${subject.pid}/task`)
        .flatMap((tid) => statusOf(`/proc/${subject.pid}/task/${tid}/status`))
        .filter((status) => /^Name:\tseamproof$/m.test(status))
    // A thread names itself once it runs, which on a busy machine is later than the subject's first line.
    await expect.poll(() => namedTasks().length, { timeout: 10_000 }).toBeGreaterThan(0)
    const helpers = namedTasks()
    subject.kill('SIGTERM')
    const result = await subject
    expect(helpers).toHaveLength(1)
    // All but SIGKILL, SIGSTOP and the two that libc keeps for itself.
    expect(/^SigBlk:\t(\w+)$/m.exec(helpers[0]!)?.[1]).toBe('fffffffe7ffbfeff')
    expect(result.signal).toBe('SIGTERM')
    expect(readCapture(captureDir)[0]!.violations).toEqual([])
  })

  test('a program without threads stays without', async () => {
    const captureDir = newCapture(folder)
    const env = await tracedEnvironment(captureDir, {})
    const result = await execa('ls', ['/proc/self/task'], { env, extendEnv: false })
    expect(result.stdout.split('\n')).toHaveLength(1)
  })
})
