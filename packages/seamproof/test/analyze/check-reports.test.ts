import { describe, expect, test } from 'vitest'
import { checkReports } from '../../src/analyze/check-reports.js'
import type { Instrument } from '../../src/contract/finding.js'
import type { Frame, FrameOrigin } from '../../src/contract/frame.js'
import type { Checkpoint, ToolFrame, ToolReport } from '../../src/contract/tool-report.js'

const operationsPerRound = 50
const warmupOperations = 100
const checkBytes = 1000

/** The log grows by a thousand bytes with each check: before the rounds, then after each. */
function checkpoints(workload = 'w', rounds = 3): Checkpoint[] {
  const one = (kind: Checkpoint['kind'], round: number, checksSoFar: number): Checkpoint => ({
    workload,
    kind,
    pid: 1,
    round,
    operationsPerRound,
    operationsDone: warmupOperations + round * operationsPerRound,
    logBytes: { 'log.1': checksSoFar * checkBytes },
  })
  return [
    one('begin', 0, 0),
    one('settling', 0, 1),
    one('warm', 0, 2),
    ...Array.from({ length: rounds }, (_, index) => one('round', index + 1, index + 3)),
    one('end', 0, rounds + 2),
  ]
}

const frame = (functionName: string, origin: FrameOrigin): Frame => ({
  functionName,
  origin,
  kind: 'native',
  isNamed: true,
  moduleName: `${origin}.so`,
})

/** Names are `origin:function`. */
const frameOf = ({ functionName = '' }: ToolFrame): Frame => {
  const [origin, name] = functionName.split(':')
  return frame(name!, origin as FrameOrigin)
}

const stackOf = (...names: string[]): ToolFrame[] =>
  names.map((functionName) => ({ pc: 1, functionName }))

const leaky = stackOf('system:malloc', 'subject:grow', 'runtime:napi', 'runtime:v8')

/** As LeakSanitizer lists it at each check: all that is lost until then. */
function leaks(
  totals: readonly number[],
  { rule = 'Direct leak', frames = leaky }: { rule?: string; frames?: ToolFrame[] } = {},
): ToolReport[] {
  return totals.map((blocks, check) => ({
    rule,
    text: '',
    bytes: blocks * 8,
    blocks,
    offset: check * checkBytes + 10,
    stacks: [{ role: 'allocated', frames }],
    notes: [],
  }))
}

function judged(
  reports: ToolReport[],
  {
    instrument = 'asan',
    isWorkload = true,
    rounds = 3,
  }: { instrument?: Instrument; isWorkload?: boolean; rounds?: number | undefined } = {},
) {
  return checkReports({
    instrument,
    logs: [{ name: 'log.1', log: { reports, faults: [] } }],
    checkpoints: isWorkload ? checkpoints('w', rounds) : [],
    isWorkload,
    frameOf,
  })
}

describe('leaks between rounds', () => {
  test('are what every round adds, at its rate', () => {
    const { reports } = judged(leaks([100, 100, 150, 200, 250]))
    expect(reports).toMatchObject([
      { kind: 'leak', workload: 'w', severity: 'error', perOperation: { bytes: 8, blocks: 1 } },
    ])
  })

  test('are found at a tenth of a block per operation', () => {
    const { reports } = judged(leaks([10, 10, 15, 20, 25]))
    expect(reports).toMatchObject([{ perOperation: { blocks: 0.1 } }])
  })

  test('are none where one round adds nothing', () => {
    const { reports, notes } = judged(leaks([100, 100, 150, 150, 200]))
    expect(reports).toEqual([])
    expect(notes[0]).toContain('grow')
  })

  test('are none where the addon lost a block as it started', () => {
    expect(judged(leaks([7, 7, 7, 7, 7, 7])).reports).toEqual([])
  })

  test('are one leak when V8 calls the addon in two ways', () => {
    const other = stackOf('system:malloc', 'subject:grow', 'runtime:other way')
    const { reports } = judged([
      ...leaks([50, 50, 100, 125, 150]),
      ...leaks([50, 50, 50, 75, 100], { frames: other }),
    ])
    expect(reports).toMatchObject([{ perOperation: { blocks: 1 } }])
  })

  test('are seen in checks that list only what became more', () => {
    const totals = leaks([100, 0, 150, 200, 250], { rule: 'Leak_DefinitelyLost' })
    const { reports } = judged(
      totals.filter(({ blocks }) => blocks !== 0),
      {
        instrument: 'memcheck',
      },
    )
    expect(reports).toMatchObject([{ perOperation: { blocks: 1 } }])
  })

  test('add up where JavaScript of one name called from code at another address', () => {
    const listed = [100, 0, 50, 50, 50]
    const reports = listed.flatMap((blocks, check) =>
      leaks([...Array.from({ length: check }, () => 0), blocks], {
        rule: 'Leak_DefinitelyLost',
        frames: leaky.map((frame, depth) => ({ ...frame, pc: depth === 3 ? check : 1 })),
      }).slice(-1),
    )
    expect(judged(reports.filter(({ blocks }) => blocks !== 0)).reports).toMatchObject([
      { workload: 'w', perOperation: { blocks: 1 } },
    ])
  })

  test('count what something still points to only as it grows, as a warning', () => {
    const rule = 'Leak_StillReachable'
    const grows = judged(leaks([100, 100, 150, 200, 250], { rule }), { instrument: 'memcheck' })
    expect(grows.reports).toMatchObject([{ severity: 'warning', rule: 'still reachable, grows' }])
    const stays = judged(leaks([100, 100, 100, 100, 100], { rule }), { instrument: 'memcheck' })
    expect(stays).toEqual({ reports: [], foreignCount: 0, notes: [] })
  })

  test('are only remarked on where what is held may be a cache that still fills', () => {
    const rule = 'Leak_StillReachable'
    const told = (totals: number[], rounds?: number) =>
      judged(leaks(totals, { rule }), { instrument: 'memcheck', rounds }).reports.map(
        ({ severity, message }) => [severity, /a cache that is filling/.test(message)],
      )
    expect(told([100, 100, 150, 200, 250])).toEqual([['warning', false]])
    expect(told([100, 100, 150, 180, 230])).toEqual([['advice', true]])
    // As steady as it can be, in fifty operations.
    expect(told([100, 100, 150], 1)).toEqual([['advice', true]])
  })

  test('that only the end shows are known by their number', () => {
    const operations = warmupOperations + 3 * operationsPerRound
    const atEnd = leaks([0, 0, 0, 0, 0, operations]).slice(5)
    expect(judged(atEnd).reports).toMatchObject([
      { workload: 'w', perOperation: { bytes: 8, blocks: 1 } },
    ])
    const once = leaks([0, 0, 0, 0, 0, 12]).slice(5)
    expect(judged(once).reports).toEqual([])
  })

  test('without rounds are what the end shows, and no more than a warning', () => {
    const { reports } = judged(leaks([12]), { isWorkload: false })
    expect(reports).toMatchObject([{ severity: 'warning', blocks: 12 }])
  })
})

describe('what is about the subject', () => {
  const race = (first: ToolFrame[], second: ToolFrame[]): ToolReport => ({
    rule: 'data race',
    text: 'data race',
    offset: 10,
    stacks: [
      { role: 'now', frames: first },
      { role: 'other-access', frames: second },
    ],
    notes: [],
  })
  const v8 = stackOf('system:memcpy', 'runtime:v8', 'subject:calls v8')

  test('is a leak with a frame of it, and none without', () => {
    const foreign = leaks([1, 2, 3, 4, 5], { frames: stackOf('system:malloc', 'runtime:v8') })
    expect(judged(foreign)).toMatchObject({ reports: [], foreignCount: 5 })
  })

  test('is a race in its own code, not one of V8 below it', () => {
    expect(judged([race(v8, v8)], { instrument: 'tsan' })).toMatchObject({
      reports: [],
      foreignCount: 1,
    })
    const own = stackOf('system:memcpy', 'subject:copies', 'runtime:v8')
    expect(judged([race(v8, own)], { instrument: 'tsan' }).reports).toHaveLength(1)
  })

  test('is no access to a stack that it switched to', () => {
    const access = (address: string): ToolReport => ({
      rule: 'InvalidWrite',
      text: `Invalid write of size 8\nAddress 0x2c is ${address}`,
      offset: 10,
      stacks: [{ role: 'now', frames: stackOf('subject:calls back') }],
      notes: [],
    })
    const count = (address: string) =>
      judged([access(address)], { instrument: 'memcheck' }).reports.length
    expect(count('in a rw- anonymous segment')).toBe(0)
    expect(count("on thread 1's stack")).toBe(0)
    expect(count("on thread 1's stack, 8 bytes below stack pointer")).toBe(1)
    expect(count("not stack'd, malloc'd or (recently) free'd")).toBe(1)
  })

  test('is told apart by workload, and counted where it repeats', () => {
    const own = stackOf('subject:reads', 'runtime:v8')
    const twice = [race(own, own), race(own, own)]
    expect(judged(twice, { instrument: 'tsan' }).reports).toMatchObject([
      { count: 2, workload: 'w' },
    ])
  })
})

test.each([
  ['asan', 'heap-buffer-overflow', '', 'overflow'],
  ['asan', 'stack-use-after-scope', '', 'use-after-free'],
  ['asan', 'SEGV', 'SEGV on unknown address 0x000000000000 (pc 0x1)', 'null-pointer'],
  ['asan', 'SEGV', 'SEGV on unknown address 0x7f0000000000 (pc 0x1)', 'crash'],
  [
    'memcheck',
    'InvalidRead',
    "Address 0x5 is 8 bytes inside a block of size 40 free'd",
    'use-after-free',
  ],
  ['memcheck', 'InvalidWrite', "is 0 bytes after a block of size 40 alloc'd", 'overflow'],
  ['memcheck', 'InvalidFree', "is 0 bytes inside a block of size 40 free'd", 'double-free'],
  ['memcheck', 'SyscallParam', '', 'uninitialised'],
  ['tsan', 'lock-order-inversion', '', 'lock-order'],
  ['ubsan', 'shift', '', 'undefined-behaviour'],
  ['helgrind', 'Race', '', 'race'],
  ['drd', 'ConflictingAccess', '', 'race'],
] as const)('%s calls %s %s what all call %s', (instrument, rule, text, kind) => {
  const report: ToolReport = {
    rule,
    text,
    offset: 10,
    stacks: [{ role: 'now', frames: stackOf('subject:it') }],
    notes: [],
  }
  expect(judged([report], { instrument }).reports).toMatchObject([{ kind }])
})

test('a crash counts although its stack does not come as far as the subject', () => {
  const report: ToolReport = {
    rule: 'ABRT',
    text: 'ABRT on unknown address 0x000000002842',
    offset: 10,
    stacks: [{ role: 'now', frames: stackOf('system:__pthread_kill_implementation') }],
    notes: [],
  }
  const { reports, foreignCount } = judged([report], { isWorkload: false })
  expect(reports).toMatchObject([
    { kind: 'crash', severity: 'error', message: 'the process was aborted (SIGABRT)' },
  ])
  expect(foreignCount).toBe(0)
})

describe('races, as valgrind sees them, in a module that makes its own locks', () => {
  const race = (module: string): ToolReport => ({
    rule: 'Race',
    text: 'possible data race',
    offset: 10,
    notes: [],
    stacks: [
      { role: 'now', frames: [{ pc: 1, functionName: `subject:${module}` }] },
      { role: 'other-access', frames: [{ pc: 2, functionName: 'subject:other' }] },
    ],
  })
  const run = (instrument: Instrument, reports: ToolReport[]) =>
    checkReports({
      instrument,
      logs: [{ name: 'log.1', log: { reports, faults: [] } }],
      checkpoints: checkpoints(),
      isWorkload: true,
      frameOf: (tool) => {
        const named = frameOf(tool)
        return {
          ...named,
          moduleName: named.functionName,
          modulePath: `/lib/${named.functionName}`,
        }
      },
      makesOwnLocks: (path) => path === '/lib/glib',
    })

  test.each(['helgrind', 'drd'] as const)('are left out of what %s says, and counted', (name) => {
    const { reports, incomplete } = run(name, [race('glib'), race('glib'), race('addon')])
    expect(reports).toHaveLength(1)
    expect(incomplete).toMatch(
      /^glib makes locks of its own .* 2 reports of races in it are left out/,
    )
  })

  test('are those of tsan, whose builds see every lock', () => {
    const { reports, incomplete } = run('tsan', [race('glib')])
    expect([reports.length, incomplete]).toEqual([1, undefined])
  })
})
