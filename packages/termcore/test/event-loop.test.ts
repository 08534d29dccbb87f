import { spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { buildNative, type Sanitizer } from '@seamproof/kit/native-build'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { termcoreMetrics } from '../src/bridge-flags.js'
import { EventLoop, readiness } from '../src/event-loop.js'
import { buildDir, nativeDir } from '../src/native-build.js'

function buildLoopTest(sanitizers: readonly Sanitizer[]): string {
  const testDir = fileURLToPath(new URL('native', import.meta.url))
  const parts = ['', '_uv', '_epoll', '_timers', '_signals']
  return buildNative({
    name: ['event_loop_test', ...sanitizers].join('_'),
    kind: 'executable',
    sources: [
      join(testDir, 'event_loop_test.c'),
      join(testDir, 'uv_absent.c'),
      ...parts.map((part) => join(nativeDir, `event_loop${part}.c`)),
    ],
    includeDirs: [nativeDir],
    flags: ['-O1'],
    sanitizers,
    outDir: buildDir,
  })
}

test.each([
  ['plain', []],
  ['under AddressSanitizer and UBSan', ['address', 'undefined']],
  ['under ThreadSanitizer', ['thread']],
] as const)('the native event loop keeps its order and its promises %s', (_, sanitizers) => {
  const result = spawnSync(buildLoopTest(sanitizers), {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, TSAN_OPTIONS: 'halt_on_error=1' },
  })
  expect(`${result.stdout}${result.stderr}`).toBe('0 failures\n')
  expect(result.status).toBe(0)
})

describe.each(['uv', 'epoll'] as const)('the event loop over %s', (backend) => {
  const folder = mkdtempSync(join(tmpdir(), 'termcore-loop-'))
  let loop: EventLoop
  let fd: number
  beforeEach(() => {
    loop = new EventLoop({ backend })
    const path = join(folder, `fifo-${Math.random().toString(36).slice(2)}`)
    expect(spawnSync('mkfifo', [path]).status).toBe(0)
    fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  })
  afterEach(() => {
    loop.close()
    closeSync(fd)
    rmSync(folder, { recursive: true, force: true })
    spawnSync('mkdir', ['-p', folder])
  })
  const happens = async (condition: () => boolean): Promise<void> => {
    for (let turn = 0; turn < 2000 && !condition(); turn++) await wait(1)
    expect(condition()).toBe(true)
  }

  test('delivers descriptors, timers and signals', async () => {
    const seen = new Set<string>()
    loop.watchFd(fd, readiness.readable, (ready) => {
      seen.add(`fd ${ready}`)
      readSync(fd, Buffer.alloc(8))
    })
    loop.startTimer({ afterMs: 1, everyMs: 1 }, (expirations) => {
      if (expirations >= 1) seen.add('timer')
    })
    loop.startTimer({ afterMs: 0.2, precise: true }, () => seen.add('precise'))
    loop.watchSignal('SIGUSR2', (number) => seen.add(`signal ${number}`))
    writeSync(fd, 'x')
    process.kill(process.pid, 'SIGUSR2')
    await happens(() => seen.size === 4)
    expect([...seen].sort()).toEqual(['fd 1', 'precise', 'signal 12', 'timer'])
    const counts = loop.counts()
    expect(counts.signalCount).toBe(1)
    expect(counts.sourceCount).toBe(4)
  })

  test('lets a callback remove itself, others and add new sources', async () => {
    let ticks = 0
    let later = 0
    const other = loop.startTimer({ afterMs: 5, everyMs: 5 }, () => {})
    const timer = loop.startTimer({ afterMs: 1, everyMs: 1 }, () => {
      if (++ticks < 3) return
      timer.remove()
      other.remove()
      loop.startTimer({ afterMs: 0 }, () => later++)
    })
    await happens(() => later === 1)
    expect(ticks).toBe(3)
    expect(loop.counts().sourceCount).toBe(1)
    expect(() => timer.remove()).toThrow(expect.objectContaining({ code: 'TERMCORE_STATE' }))
    expect(() => timer[Symbol.dispose]()).not.toThrow()
  })

  test('delivers only what the interest asks for, from the moment it changes', async () => {
    const seen: number[] = []
    writeSync(fd, 'x')
    const source = loop.watchFd(fd, readiness.readable, (ready) => {
      seen.push(ready)
      source.modify(readiness.writable)
      if (ready === readiness.writable) source.remove()
    })
    await happens(() => seen.length === 2)
    expect(seen).toEqual([readiness.readable, readiness.writable])
  })

  test('can be closed by its own callback, and then refuses everything', async () => {
    let calls = 0
    loop.startTimer({ afterMs: 0, everyMs: 1 }, () => {
      calls++
      loop.close()
    })
    await happens(() => calls > 0)
    await wait(10)
    expect(calls).toBe(1)
    expect(() => loop.startTimer({ afterMs: 1 }, () => {})).toThrow(
      expect.objectContaining({ code: 'TERMCORE_STATE' }),
    )
    expect(() => loop.close()).not.toThrow()
  })

  test('refuses what makes no sense, by type, and goes on', async () => {
    const refused = (code: string) => expect.objectContaining({ code })
    loop.watchFd(fd, readiness.readable, () => {})
    expect(() => loop.watchFd(fd, readiness.readable, () => {})).toThrow(refused('TERMCORE_STATE'))
    expect(() => loop.watchFd(99999, readiness.readable, () => {})).toThrow(
      refused('TERMCORE_ARGUMENT'),
    )
    expect(() => loop.watchFd(fd, 0, () => {})).toThrow(refused('TERMCORE_ARGUMENT'))
    expect(() => loop.watchFd(fd, 1, 'no' as never)).toThrow(refused('TERMCORE_ARGUMENT'))
    expect(() => loop.startTimer({ afterMs: -1 }, () => {})).toThrow(refused('TERMCORE_RANGE'))
    expect(() => loop.startTimer({ afterMs: Number.NaN }, () => {})).toThrow(
      refused('TERMCORE_RANGE'),
    )
    expect(() => loop.watchSignal('SIGNOPE' as never, () => {})).toThrow(
      refused('TERMCORE_ARGUMENT'),
    )
    let fired = false
    loop.startTimer({ afterMs: 1 }, () => {
      fired = true
    })
    await happens(() => fired)
  })

  test('times one callback in 64', async () => {
    let ticks = 0
    const timer = loop.startTimer({ afterMs: 0, everyMs: 0.01, precise: true }, () => ticks++)
    await happens(() => ticks > 200)
    timer.remove()
    const { sampledCount, timerCount, sampledNs } = loop.counts()
    expect(sampledCount).toBe(Math.floor(timerCount / 64))
    expect(sampledNs).toBeGreaterThan(0)
    const dispatches = termcoreMetrics().find('termcore_loop_dispatches')
    const before = termcoreMetrics().read(dispatches)
    loop.close()
    expect(termcoreMetrics().read(dispatches) - before).toBe(timerCount % 64)
  })
})

describe('the end of a process', () => {
  const module = new URL('../dist/event-loop.js', import.meta.url).href
  const run = (body: string) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', body], {
      encoding: 'utf8',
      timeout: 30_000,
    })

  test.each(['uv', 'epoll'])('comes when nothing is left to wait for (%s)', (backend) => {
    const result = run(`import { EventLoop } from '${module}'
      const loop = new EventLoop({ backend: '${backend}' })
      loop.startTimer({ afterMs: 100000 }, () => {}).unref()
      const timer = loop.startTimer({ afterMs: 5, everyMs: 5 }, () => { console.log('tick'); timer.remove() })`)
    expect(result.stdout).toBe('tick\n')
    expect(result.status).toBe(0)
  })

  test('an exception in a callback is an uncaught exception like any other', () => {
    const result = run(`import { EventLoop } from '${module}'
      process.on('uncaughtException', (error) => { console.log('caught', error.message); process.exit(7) })
      new EventLoop().startTimer({ afterMs: 1, everyMs: 1 }, () => { throw new Error('boom') })`)
    expect(result.stdout).toBe('caught boom\n')
    expect(result.status).toBe(7)
  })

  test('workers may leave everything open, in any order', () => {
    const worker = `import { EventLoop } from '${module}'
      import { parentPort } from 'node:worker_threads'
      for (const backend of ['uv', 'epoll', 'uv']) {
        const loop = new EventLoop({ backend })
        loop.startTimer({ afterMs: 0, everyMs: 0.05, precise: true }, () => {})
        loop.startTimer({ afterMs: 1, everyMs: 1 }, () => {})
        if (backend === 'epoll') loop.close()
      }
      setTimeout(() => Math.random() < 0.5 ? process.exit(0) : parentPort.postMessage('up'), 5)`
    const result = run(`import { Worker } from 'node:worker_threads'
      const source = new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(worker)}))
      await Promise.all(Array.from({ length: 8 }, () => new Promise((resolve, reject) => {
        const worker = new Worker(source)
        worker.on('message', () => worker.terminate())
        worker.on('exit', resolve)
        worker.on('error', reject)
      })))
      console.log('all ended')`)
    expect(`${result.stdout}${result.stderr}`).toBe('all ended\n')
    expect(result.status).toBe(0)
  })
})
