import { describe, expect, test } from 'vitest'
import { buildSubject, scratchFolder } from './build-subject.js'
import { runTraced } from './traced-run.js'

const folder = scratchFolder()

const ways: [string, string[]][] = [
  ['-O0 with frame pointers', ['-O0', '-fno-omit-frame-pointer']],
  ['-O0 without', ['-O0', '-fomit-frame-pointer']],
  ['-O2 with frame pointers', ['-O2', '-fno-omit-frame-pointer']],
  ['-O2 without', ['-O2', '-fomit-frame-pointer']],
  ['-O3 and no position independence', ['-O3', '-fomit-frame-pointer', '-fno-pie', '-no-pie']],
  ['-Os and control-flow protection', ['-Os', '-fomit-frame-pointer', '-fcf-protection=full']],
]

describe.each(ways)('compiled with %s', (name, flags) => {
  test('every stack is the one that libgcc walks, address by address', async () => {
    const as = `unwind-${ways.findIndex((way) => way[0] === name)}`
    const subject = await buildSubject(folder, 'unwind.cc', {
      as,
      flags: ['-finline', ...flags],
    })
    const run = await runTraced(folder, subject)
    expect(run.code).toBe(0)
    const cases = run.stdout.split('\n').map((line) => line.split(' ').map(Number))
    expect(cases.length).toBe(13)
    for (const [bytes, ...expected] of cases) {
      const [block] = run.trace.allocationsOf(bytes!)
      const pcs = run.trace.pcs(block!.stack).slice(1)
      expect({ bytes, pcs }).toEqual({ bytes, pcs: expected })
    }
    expect(run.trace.meta.header.walksEndedEarly).toBe(0)
  })
})

const withoutTables: [string, string[]][] = [
  ['-O2', ['-O2']],
  ['-Os', ['-Os']],
  ['-O3 and control-flow protection', ['-O3', '-fcf-protection=full']],
]

describe.each(withoutTables)('a library without unwind tables, %s', (name, flags) => {
  test('is walked by what its code does, past return addresses that earlier calls left', async () => {
    const as = `no-tables-${withoutTables.findIndex((way) => way[0] === name)}.so`
    const library = await buildSubject(folder, 'no-tables.c', {
      as,
      shared: true,
      flags: [...flags, '-fno-asynchronous-unwind-tables', '-fno-unwind-tables', '-g0'],
    })
    const subject = await buildSubject(folder, 'no-tables-main.c', {
      as: `${as}-main`,
      flags: ['-Wl,--no-as-needed', library],
    })
    const run = await runTraced(folder, subject)
    expect(run.code).toBe(0)
    const cases = run.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number))
    expect(cases).toHaveLength(52)
    for (const [bytes, ...expected] of cases) {
      const [block] = run.trace.allocationsOf(bytes!)
      const pcs = run.trace.pcs(block!.stack)
      expect({ bytes, pcs: pcs.slice(1, expected.length + 1) }).toEqual({ bytes, pcs: expected })
    }
    expect(run.trace.meta.header.walksEndedEarly).toBe(0)
  })
})
