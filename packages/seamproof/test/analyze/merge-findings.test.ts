import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeFindings } from '../../src/analyze/merge-findings.js'
import { plainFunctionName } from '../../src/analyze/plain-name.js'
import type { CheckRun, DefectReport } from '../../src/contract/finding.js'
import type { Frame } from '../../src/contract/frame.js'
import { madeRun, own, script, system } from './made-reports.js'

const allocated = (...frames: Frame[]): DefectReport['stacks'] => [{ role: 'allocated', frames }]
const at = (line: number, file = '/src/thumb.cc') => ({ file, line })

/** The leak as track sees it in the release build, and as two checkers see it in theirs. */
const tracked = {
  stacks: allocated(
    system('operator new(unsigned long)', 'libstdc++.so.6'),
    own('encode(int, char*)', at(88)),
    own('Thumb::Run()', at(20)),
    script('makeThumb', 12),
  ),
  perOperation: { bytes: 64, blocks: 1 },
  workload: 'thumb',
}
const sanitized = {
  stacks: allocated(
    system('operator new(unsigned long)', 'libasan.so.8'),
    own('encode', at(88, '/tmp/build/thumb.cc')),
    own('Thumb::Run', at(20, '/tmp/build/thumb.cc')),
  ),
  bytes: 6400,
  workload: 'thumb',
}

describe('findings merged over instruments', () => {
  it('are one when track, LeakSanitizer and memcheck saw the same leak', () => {
    const findings = mergeFindings([
      madeRun('memcheck', [{ ...sanitized, rule: 'Leak_DefinitelyLost' }]),
      madeRun('asan', [sanitized]),
      madeRun('track', [tracked]),
    ])
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({
      kind: 'leak',
      instruments: ['asan', 'memcheck', 'track'],
      workloads: ['thumb'],
      perOperation: { bytes: 64, blocks: 1 },
      location: { file: '/src/thumb.cc', line: 88, functionName: 'encode(int, char*)' },
    })
  })

  it('are one when a build without lines inlined the inner function', () => {
    const inlined = allocated(
      system('operator new(unsigned long)'),
      own('Thumb::Run()'),
      script('makeThumb', 12),
    )
    const findings = mergeFindings([
      madeRun('track', [{ ...tracked, stacks: inlined }]),
      madeRun('asan', [sanitized]),
    ])
    expect(findings).toHaveLength(1)
    expect(findings[0]!.aliases).toHaveLength(2)
    // A check with either instrument alone must be known to a baseline that was written with both.
    for (const instrument of ['track', 'asan'] as const) {
      const stacks = instrument === 'track' ? inlined : sanitized.stacks
      const [alone] = mergeFindings([madeRun(instrument, [{ ...tracked, stacks }])])
      expect(findings[0]!.aliases).toContain(alone!.fingerprint)
    }
  })

  it('are one in a module without symbols, when an instrument knows only addresses, or not what was called', () => {
    const napi = { ...system('napi_create_reference', 'node'), origin: 'runtime' as const }
    const seenAs = (outer: Frame[], inner: Frame[] = [napi]) => ({
      stacks: allocated(...inner, ...outer, script('makeThumb', 12)),
    })
    const offsets = [own('thumb.node+0x960d'), own('thumb.node+0x9f63')]
    const addresses = [0x2c4b260d, 0x2c4b2f63].map((address) => ({
      ...own(`0x${address.toString(16)}`),
      isNamed: false,
    }))
    const findings = mergeFindings([
      madeRun('track', [{ ...seenAs(offsets), perOperation: { bytes: 40, blocks: 1 } }]),
      madeRun('layer', [{ ...seenAs(offsets, []), perOperation: { bytes: 0, blocks: 1 } }]),
      madeRun('memcheck', [seenAs(addresses)]),
    ])
    expect(findings.map(({ instruments }) => instruments)).toEqual([['layer', 'memcheck', 'track']])
    expect(findings[0]!.perOperation).toEqual({ bytes: 40, blocks: 1 })
  })

  it('stay two when one instrument told them apart', () => {
    const other = allocated(system('operator new(unsigned long)'), own('decode'), own('Thumb::Run'))
    const findings = mergeFindings([
      madeRun('asan', [{ stacks: sanitized.stacks }, { stacks: other }]),
      madeRun('track', [{ stacks: allocated(system('operator new'), own('Thumb::Run')) }]),
    ])
    expect(findings).toHaveLength(3)
  })

  it('stay two when their rates differ', () => {
    const half = { ...tracked, perOperation: { bytes: 32, blocks: 0.5 } }
    const short = allocated(system('operator new'), own('Thumb::Run'))
    expect(
      mergeFindings([
        madeRun('track', [half]),
        madeRun('memcheck', [{ ...tracked, stacks: short }]),
      ]),
    ).toHaveLength(2)
  })

  it('tell leaks of two callers of one allocating helper apart', () => {
    const from = (caller: string) => ({
      stacks: allocated(system('malloc'), own('xmalloc', at(3)), own(caller, at(caller.length))),
    })
    expect(mergeFindings([madeRun('asan', [from('open'), from('close')])])).toHaveLength(2)
  })

  it('are one when the same line overflows from two callers', () => {
    const from = (caller: string): Partial<DefectReport> => ({
      kind: 'overflow',
      stacks: [{ role: 'now', frames: [own('fill', at(30)), own(caller, at(50 + caller.length))] }],
    })
    const [finding, ...more] = mergeFindings([madeRun('asan', [from('open'), from('close')])])
    expect(more).toEqual([])
    expect(finding!.reports).toHaveLength(2)
  })

  it('keep the offsets of a module without symbols, for nothing else tells places in it apart', () => {
    const stripped = (offset: string) => ({
      stacks: allocated(system('malloc'), own(`thumb.node+${offset}`)),
    })
    expect(mergeFindings([madeRun('track', [stripped('0x10'), stripped('0x20')])])).toHaveLength(2)
  })

  it('do not care which side of a race is named first', () => {
    const race = (first: string, second: string): Partial<DefectReport> => ({
      kind: 'race',
      stacks: [
        { role: 'now', frames: [own(first, at(first.length))] },
        { role: 'other-access', frames: [own(second, at(second.length))] },
      ],
    })
    const findings = mergeFindings([
      madeRun('tsan', [race('reader', 'writing')]),
      madeRun('helgrind', [race('writing', 'reader')]),
    ])
    expect(findings.map(({ instruments }) => instruments)).toEqual([['tsan', 'helgrind']])
  })

  it('name the workload in the command where the file holds several', () => {
    const several = { workloads: ['thumb', "it's big"] }
    const [finding] = mergeFindings([
      madeRun('asan', [{ ...sanitized, workload: "it's big" }], several),
    ])
    expect(finding!.reproduce).toBe(
      "seamproof check --with asan thumb.seam.ts --only 'it'\\''s big'",
    )
  })

  it('have the fingerprint of the code, not of its place on disk or its lines', () => {
    const moved = allocated(
      system('operator new(unsigned long)'),
      own('encode(int, char*)', at(91, '/home/ci/thumb.cc')),
      own('Thumb::Run()', at(22, '/home/ci/thumb.cc')),
      script('makeThumb', 14),
    )
    const [before] = mergeFindings([madeRun('track', [tracked])])
    const [after] = mergeFindings([madeRun('track', [{ ...tracked, stacks: moved }])])
    expect(after!.fingerprint).toBe(before!.fingerprint)
    expect(before!.fingerprint).toMatch(/^[0-9a-f]{16}$/)
  })
})

const frame = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('encode', 'decode', 'fill', 'Run'),
      fc.option(fc.integer({ min: 1, max: 3 })),
    )
    .map(([name, line]) => own(name, line === null ? undefined : at(line))),
  fc.constantFrom(system('malloc'), system('operator new'), script('makeThumb', 4)),
)
const report = fc.record({
  kind: fc.constantFrom('leak' as const, 'race' as const, 'overflow' as const),
  severity: fc.constantFrom('error' as const, 'warning' as const),
  message: fc.constantFrom('one', 'two'),
  count: fc.integer({ min: 1, max: 3 }),
  workload: fc.constantFrom('thumb', 'strip'),
  stacks: fc.array(
    fc.record({
      role: fc.constantFrom('now' as const, 'allocated' as const, 'other-access' as const),
      frames: fc.array(frame, { maxLength: 4 }),
    }),
    { maxLength: 3 },
  ),
})
const runs = fc.array(
  fc
    .tuple(
      fc.constantFrom('track' as const, 'asan' as const, 'memcheck' as const),
      fc.array(report, { maxLength: 5 }),
      fc.constantFrom('a.seam.ts', 'b.seam.ts'),
    )
    .map(([instrument, reports, target]) => madeRun(instrument, reports, { target })),
  { maxLength: 4 },
)
const shuffled = (list: readonly CheckRun[], order: readonly number[]) =>
  list
    .map((run, index) => ({ run, key: order[index % order.length]! * (index + 1) }))
    .sort((a, b) => a.key - b.key)
    .map(({ run }) => ({ ...run, reports: [...run.reports].reverse() }))

describe('merging', () => {
  it('does not depend on the order of runs and reports', () => {
    fc.assert(
      fc.property(runs, fc.array(fc.integer(), { minLength: 1 }), (list, order) => {
        expect(mergeFindings(shuffled(list, order))).toEqual(mergeFindings(list))
      }),
    )
  })

  it('gives the same when a run is given twice, or was stored and read between', () => {
    fc.assert(
      fc.property(runs, (list) => {
        const stored = JSON.parse(JSON.stringify(list)) as CheckRun[]
        expect(mergeFindings([...list, ...stored])).toEqual(mergeFindings(list))
      }),
    )
  })

  it('loses no report, and puts none into two findings', () => {
    fc.assert(
      fc.property(runs, (list) => {
        const texts = (all: readonly unknown[]) => all.map((one) => JSON.stringify(one)).sort()
        const given = new Set(texts(list.flatMap(({ reports }) => reports)))
        expect(texts(mergeFindings(list).flatMap(({ reports }) => reports))).toEqual(
          [...given].sort(),
        )
      }),
    )
  })

  it('gives every fingerprint to one finding only', () => {
    fc.assert(
      fc.property(runs, (list) => {
        const all = mergeFindings(list).flatMap(({ aliases }) => aliases)
        expect(new Set(all).size).toBe(all.length)
      }),
    )
  })
})

describe('a plain function name', () => {
  it.each([
    ['encode(int, char*)', 'encode'],
    ['void app::Encode<int>(int, char*) const', 'app::Encode'],
    ['Encode [clone .isra.0]', 'Encode'],
    ['fill.constprop.0', 'fill'],
    ['(anonymous namespace)::Work::Execute()', '{anonymous}::Work::Execute'],
    ['operator new(unsigned long)', 'operator new'],
    ['__interceptor_malloc', 'malloc'],
    ['addon::encode::h0123456789abcdef', 'addon::encode'],
    ['Run()::{lambda(int)#1}::operator()(int) const', 'Run::{lambda#1}::operator{call}'],
    ['std::vector<int, std::allocator<int> >::push_back(int&&)', 'std::vector::push_back'],
  ])('of %s is %s', (given, plain) => {
    expect(plainFunctionName(given)).toBe(plain)
  })
})
