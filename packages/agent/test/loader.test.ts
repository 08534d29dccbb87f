import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildSubject, scratchFolder } from './build-subject.js'
import { runTraced } from './traced-run.js'

const folder = scratchFolder()
let loader: string
let plugins: string[]

const plugin = (name: string, size: number, into = folder) =>
  buildSubject(into, 'plugin.c', {
    as: `plugin-${name}.so`,
    shared: true,
    flags: [`-DNAME=${name}`, `-DSIZE=${size}`, '-fno-optimize-sibling-calls'],
  })

beforeAll(async () => {
  loader = await buildSubject(folder, 'loader.c')
  plugins = await Promise.all([plugin('alpha', 7211), plugin('beta', 7213), plugin('gamma', 7219)])
})

describe('pitfall 3: no lock of ours is held over the loader’s', () => {
  test('eight threads load and unload, others allocate, also under the loader’s own lock', async () => {
    const run = await runTraced(folder, loader, { args: ['storm', ...plugins] })
    expect([run.code, run.signal, run.stdout]).toEqual([0, undefined, 'unharmed'])
    const { trace } = run
    expect(trace.violations).toEqual([])
    expect(trace.allocationsOf(7211)).toHaveLength(3 * 700)
    expect(trace.allocationsOf(7213)).toHaveLength(3 * 700)
    expect(trace.allocationsOf(7219)).toHaveLength(2 * 700)
  })
})

describe('pitfall 3: hooks do not wait for the loader', () => {
  test('a thread that holds its lock may wait for one that calls every hook for the first time', async () => {
    const waiter = await buildSubject(folder, 'loader.c', { as: 'waiter', flags: ['-rdynamic'] })
    const run = await runTraced(folder, waiter, { args: ['wait-under-lock', plugins[0]!] })
    expect([run.code, run.signal]).toEqual([0, undefined])
    expect(run.trace.violations).toEqual([])
  })
})

describe('on a loader without _dl_find_object', () => {
  let old: string
  beforeAll(async () => {
    old = await buildSubject(folder, 'old-loader.c', { shared: true })
  })

  test('threads that load, unload and allocate do not lock each other out', async () => {
    const run = await runTraced(folder, loader, { args: ['storm', ...plugins], before: [old] })
    expect([run.code, run.signal, run.stdout]).toEqual([0, undefined, 'unharmed'])
    expect(run.trace.violations).toEqual([])
  })

  test('stacks have names', async () => {
    const run = await runTraced(folder, loader, { args: ['once', plugins[0]!], before: [old] })
    const [block] = run.trace.allocationsOf(7211)
    expect((await run.trace.stackNames(block!.stack)).slice(0, 3)).toEqual([
      'allocate_in_alpha',
      'run_plugin',
      'use',
    ])
    expect(run.trace.meta.header.walksEndedEarly).toBe(0)
  })
})

describe('pitfall 11: a library is unloaded and another takes its place', () => {
  test('each block is named after the library that allocated it', async () => {
    const run = await runTraced(folder, loader, { args: ['in-turn', plugins[0]!, plugins[1]!] })
    expect(run.code).toBe(0)
    // Otherwise this test proves nothing.
    expect(Number(run.stdout)).toBeGreaterThan(0)
    for (const [size, name] of [
      [7211, 'alpha'],
      [7213, 'beta'],
    ] as const) {
      const found = run.trace.allocationsOf(size)
      expect(found).toHaveLength(3)
      for (const { stack } of found) {
        const frames = await run.trace.stack(stack)
        expect(frames.slice(0, 3).map((frame) => frame.functionName)).toEqual([
          `allocate_in_${name}`,
          'run_plugin',
          'use',
        ])
        expect(frames[0]!.moduleName).toBe(`plugin-${name}.so`)
      }
    }
    const { modules } = run.trace.meta
    const loaded = modules.filter((module) => module.path.includes('plugin-'))
    expect(loaded).toHaveLength(6)
    expect(loaded.every((module) => module.unloadedAtRecord !== null)).toBe(true)
    expect(loaded.every((module) => module.buildId.length === 40)).toBe(true)
  })

  test('after more loads than there are places for modules, new ones still have names', async () => {
    const { trace } = await runTraced(folder, loader, { args: ['many', ...plugins] })
    const loaded = trace.meta.modules.filter((module) => module.path.includes('plugin-'))
    expect(loaded.length).toBeGreaterThan(4096)
    for (const [size, name] of [
      [7211, 'alpha'],
      [7213, 'beta'],
      [7219, 'gamma'],
    ] as const)
      for (const { stack } of trace.allocationsOf(size).slice(-3))
        expect((await trace.stackNames(stack))[0]).toBe(`allocate_in_${name}`)
  })
})

describe('pitfall 10: dlopen', () => {
  test.each(['-Wl,--enable-new-dtags', '-Wl,--disable-new-dtags'])(
    'a library that only the caller’s %s path leads to is found',
    async (tags) => {
      const inner = join(folder, `inner${tags.length}`)
      mkdirSync(inner, { recursive: true })
      await plugin('inner', 7229, inner)
      const finder = await buildSubject(folder, 'loader.c', {
        as: `finder${tags.length}`,
        flags: [tags, `-Wl,-rpath,$ORIGIN/inner${tags.length}`],
      })
      const run = await runTraced(folder, finder, { args: ['once', 'plugin-inner.so'] })
      expect([run.code, run.stderr]).toEqual([0, ''])
      expect(run.trace.allocationsOf(7229)).toHaveLength(1)
    },
  )

  test('a library loaded with RTLD_DEEPBIND works, is not seen, and the trace says so', async () => {
    const run = await runTraced(folder, loader, { args: ['deepbind', plugins[0]!] })
    expect([run.code, run.stdout]).toEqual([0, 'unharmed'])
    expect(run.trace.allocationsOf(7211)).toEqual([])
    expect(run.trace.meta.notes.join('\n')).toMatch(/RTLD_DEEPBIND.*plugin-alpha\.so/)
    expect(run.trace.violations).toEqual([])
  })

  test('nothing is said of libraries loaded without it', async () => {
    const run = await runTraced(folder, loader, { args: ['once', plugins[0]!] })
    expect(run.trace.allocationsOf(7211)).toHaveLength(1)
    expect(run.trace.meta.notes).toEqual([])
  })
})
