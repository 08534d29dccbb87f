import { describe, expect, test } from 'vitest'
import type { GrowthGroup, ProcessFacts } from '../../src/contract/facts.js'
import { type JudgeOptions, judgeCapture } from '../../src/judge/judge-capture.js'
import { captureOf, frames, group, processOf, resource, runtimeGroup } from './made-facts.js'

function judge(
  groups: GrowthGroup[],
  options: JudgeOptions = {},
  rest: Partial<ProcessFacts> = {},
) {
  return judgeCapture(captureOf(processOf(groups, rest)), options)
}

const statusOf = (groups: GrowthGroup[], rest: Partial<ProcessFacts> = {}) =>
  judge(groups, {}, rest).leaks.map((leak) => leak.status)
const times = (count: number, step: number) => Array.from({ length: count }, () => step)

describe('a group of the subject', () => {
  test('that grows by as much in every round is a leak, told with its numbers', () => {
    const { leaks, checks } = judge([
      group({ steps: times(6, 2000) }),
      group({ steps: times(6, 0) }),
    ])
    expect(leaks.length).toBe(1)
    expect(leaks[0]!.status).toBe('fail')
    expect(leaks[0]!.reason).toBe(
      'every round grows at a steady rate: 2000 2000 2000 2000 2000 2000 → 1.0000/op, 40.0 B/op',
    )
    expect(checks[0]).toEqual({
      check: 'leaks: encode',
      status: 'fail',
      evidence: '1 of 2 groups grow over 6 rounds of 2000 operations',
    })
  })

  test('that wanders around a steady rate by a few per cent is one too', () => {
    expect(statusOf([group({ steps: [1995, 1990, 2003, 1999, 1988, 2000] })])).toEqual(['fail'])
    expect(statusOf([group({ steps: [36_000, 35_100, 38_200, 36_700, 34_900, 36_300] })])).toEqual([
      'fail',
    ])
  })

  test('that grows with every one of a few slow operations is one as well', () => {
    expect(statusOf([group({ steps: times(6, 2), operationsPerStep: 2 })])).toEqual(['fail'])
  })

  test('whose first round still settled is judged by the others, and that is said', () => {
    const [leak] = judge([group({ steps: [9000, 2000, 2000, 2000, 2000, 2000] })]).leaks
    expect(leak!.status).toBe('fail')
    expect(leak!.reason).toMatch(/^every round after the first/)
  })

  const silent: [string, number[]][] = [
    ['never grows', [0, 0, 0, 0, 0, 0]],
    ['shrinks', [-20, 5, -30, 2, 0, -1]],
    ['grows once, as a cache does', [0, 0, 4096, 0, 0, 0]],
    ['grows in the first round only', [5000, 0, 0, 0, 0, 0]],
    ['grew and has stopped', [2000, 1500, 900, 0, 0, 0]],
    ['fills up: each round adds a fraction of the last', [20000, 9000, 4000, 1500, 400, 90]],
    ['wanders by a few blocks', [3, -2, 1, 0, 2, -1]],
    ['keeps a block now and then', [1, 0, 1, 1, 0, 1]],
    ['keeps one to three blocks a round', [3, 1, 2, 3, 1, 2]],
  ]
  for (const [what, steps] of silent)
    test(`that ${what} is not spoken of`, () => {
      const verdicts = judge([group({ steps })])
      expect(verdicts.leaks).toEqual([])
      expect(verdicts.checks[0]!.status).toBe('pass')
    })

  const asking: [string, number[]][] = [
    ['grows by two blocks a round', times(6, 2)],
    ['grows unevenly', [500, 2100, 90, 3000, 700, 1500]],
    ['grows by a little less each round', [2000, 1700, 1450, 1200, 1000, 850]],
  ]
  for (const [what, steps] of asking)
    test(`that ${what} is inconclusive and asks for more rounds`, () => {
      const verdicts = judge([group({ steps })])
      expect(verdicts.leaks.map((leak) => leak.status)).toEqual(['inconclusive'])
      expect(verdicts.leaks[0]!.reason).toMatch(/--rounds 20/)
      expect(verdicts.checks[0]!).toMatchObject({ status: 'inconclusive' })
      expect(verdicts.checks[0]!.reason).toBe(verdicts.leaks[0]!.reason)
    })

  test('whose blocks become larger but not more leaks bytes', () => {
    const growing = group({ steps: times(6, 0), bytesSteps: times(6, 80_000) })
    const [leak] = judge([growing]).leaks
    expect(leak!.status).toBe('fail')
    expect(leak!.reason).toMatch(/80000 80000 .* → 0\.0000\/op, 40\.0 B\/op/)
    const onceLarger = group({ steps: times(6, 0), bytesSteps: [0, 0, 80_000, 0, 0, 0] })
    expect(statusOf([onceLarger])).toEqual([])
  })

  test('is not called a leak when as many releases may have been lost', () => {
    const losses = { ...processOf([]).losses, damagedChunks: 1, damagedBytes: 65_536 }
    const [leak] = judge([group({ steps: times(6, 2000) })], {}, { losses }).leaks
    expect(leak!.status).toBe('inconclusive')
    expect(leak!.reason).toMatch(/65536 events were lost/)
    expect(statusOf([group({ steps: times(6, 20_000) })], { losses })).toEqual(['fail'])
  })
})

describe('a group of the runtime', () => {
  test('that wanders, as those of V8 do, is not spoken of', () => {
    const wandering = [
      [900, 120, 0, 700, 10, 350],
      times(6, 2),
      [300, 310, 290, 305, 300, 295],
      [1900, 2300, 2000, 1700, 2100, 2050],
    ]
    for (const steps of wandering) expect(statusOf([runtimeGroup({ steps })])).toEqual([])
    const [check] = judge([runtimeGroup({ steps: wandering[0]! })]).checks
    expect(check).toMatchObject({
      status: 'pass',
      evidence: 'the subject allocated nothing over 6 rounds of 2000 operations',
    })
  })

  test('that grows by a block per operation under the user’s JavaScript is a leak of the program', () => {
    const { leaks } = judge([runtimeGroup({ steps: times(6, 2000) })])
    expect(leaks[0]!.status).toBe('fail')
    expect(leaks[0]!.reason).toMatch(/nothing of the subject explains it/)
  })

  test('is never a leak when the subject leaks at the same rate, which may be what keeps it', () => {
    const { leaks } = judge([
      runtimeGroup({ steps: times(6, 2000), bytesEach: 4096 }),
      group({ steps: times(6, 2000) }),
    ])
    expect(leaks.map((leak) => leak.status)).toEqual(['fail', 'inconclusive'])
    expect(leaks[1]!.reason).toMatch(/thumb\.node\) leaks at the same rate/)
  })

  test('is inconclusive at most when no JavaScript of the user is in its stacks', () => {
    expect(statusOf([runtimeGroup({ steps: times(6, 2000), callSites: [] })])).toEqual([
      'inconclusive',
    ])
    const nodes = [{ frameIndexes: [3], share: 1 }]
    expect(statusOf([runtimeGroup({ steps: times(6, 2000), callSites: nodes })])).toEqual([
      'inconclusive',
    ])
  })

  test('is spoken of once, though one object takes several blocks', () => {
    const groups = [16, 4096, 64].map((bytesEach) =>
      runtimeGroup({ steps: times(6, 2000), bytesEach }),
    )
    const { leaks } = judge(groups)
    expect(leaks.map((leak) => leak.groupId)).toEqual([groups[1]!.groupId])
  })
})

describe('a suppression', () => {
  test('with a pattern of a function, module or file hides the leak and is shown beside it', () => {
    for (const pattern of [
      'Encode(int, char*)',
      'Encode*',
      'thumb.node',
      '*/thumb.cc',
      '*thumb.ts',
    ]) {
      const reason = 'a cache of the author, freed at exit'
      const verdicts = judge([group({ steps: times(6, 2000) })], {
        suppressions: [{ pattern, reason }],
      })
      expect(verdicts.leaks[0]).toMatchObject({
        status: 'suppressed',
        suppressedBy: { pattern, reason },
      })
      expect(verdicts.checks[0]).toMatchObject({ status: 'pass' })
      expect(verdicts.checks[0]!.evidence).toMatch(/1 suppressed/)
      expect(verdicts.unusedSuppressions).toBeUndefined()
    }
  })

  test('that hides nothing is listed', () => {
    for (const pattern of ['Decode*', 'thumb', 'thumb.n.de', 'Encode(int, char)']) {
      const suppression = { pattern, reason: 'known' }
      const verdicts = judge([group({ steps: times(6, 2000) })], { suppressions: [suppression] })
      expect(verdicts.leaks[0]!.status).toBe('fail')
      expect(verdicts.unusedSuppressions).toEqual([suppression])
    }
  })
})

describe('resources', () => {
  const checkOf = (resources: ProcessFacts['resources'], check: string) =>
    judge([group({ steps: times(6, 0) })], {}, { resources }).checks.find(
      (candidate) => candidate.check === check,
    )

  test('fail when every round leaves as many more', () => {
    const check = checkOf([resource('fd', [20, 60, 100, 140, 180])], 'file descriptors: encode')
    expect(check).toMatchObject({ status: 'fail' })
    expect(check!.evidence).toMatch(/20 60 100 140 180 at the marks → 2\.0000\/op/)
  })

  test('pass when they stay, and when a pool was filled once', () => {
    for (const values of [times(7, 12), [8, 12, 12, 12, 12, 12, 12], [12, 13, 12, 13, 12, 12, 13]])
      expect(checkOf([resource('thread', values)], 'threads: encode')!.status).toBe('pass')
  })

  test('pass when the runtime’s own mappings come and go, and fail at one per operation', () => {
    const wobble = resource('mapping', [43, 59, 61, 75, 80, 91, 99], 2000)
    expect(checkOf([wobble], 'mappings: encode')!.status).toBe('pass')
    const leak = resource('mapping', [43, 63, 83, 103, 123, 143, 163])
    expect(checkOf([leak], 'mappings: encode')!.status).toBe('fail')
  })

  test('fail by the groups of their kind, with a stack', () => {
    const fds = group({ steps: times(6, 40), kind: 'fd', bytesEach: 0, operationsPerStep: 20 })
    const verdicts = judge([fds], {}, { resources: [resource('fd', times(7, 20))] })
    expect(verdicts.leaks[0]!.reason).toMatch(/→ 2\.0000\/op, 0\.0 B\/op/)
    const statuses = verdicts.checks.map(({ check, status }) => `${check} ${status}`)
    expect(statuses).toContain('file descriptors: encode fail')
    expect(statuses).toContain('leaks: encode pass')
  })
})

describe('what was not measured is never a pass', () => {
  test('too few rounds', () => {
    const [check] = judge([group({ steps: times(2, 0) })]).checks
    expect(check).toMatchObject({ status: 'not-run' })
    expect(check!.reason).toMatch(/only 2 rounds/)
  })

  test('a workload that threw, and one without rounds in any trace', () => {
    const run = { operationsPerRound: 10, roundCount: 6, warmupOperations: 10 }
    const { checks } = judge([group({ steps: times(6, 0) })], {
      workloads: [
        { ...run, name: 'encode' },
        { ...run, name: 'decode', error: 'Error: no such codec' },
        { ...run, name: 'resize' },
      ],
    })
    const notRun = checks.filter((check) => check.status === 'not-run')
    expect(notRun.map(({ check, reason }) => [check, reason])).toEqual([
      ['leaks: decode', 'the workload threw: Error: no such codec'],
      ['leaks: resize', 'its rounds are in no trace of this capture'],
    ])
  })

  test('a capture without traces', () => {
    const { checks } = judgeCapture(captureOf())
    expect(checks).toMatchObject([{ check: 'leaks', status: 'not-run' }])
  })

  test('a program without rounds in aggregate mode', () => {
    const [check] = judge([], {}, { mode: 'aggregate' }).checks
    expect(check).toMatchObject({ check: 'leaks', status: 'not-run' })
    expect(check!.reason).toMatch(/full mode/)
    expect(judge([]).checks[0]).toMatchObject({ status: 'pass' })
  })

  test('a program that ended at once', () => {
    const short = { durationMs: 300 }
    const lifetime = group({ steps: times(17, 0), evidence: 'lifetime' })
    delete lifetime.workload
    const [check] = judge([lifetime], {}, short).checks
    expect(check).toMatchObject({ check: 'leaks', status: 'not-run' })
    expect(check!.reason).toMatch(/300 ms/)
  })
})

test('groups that did not change are only counted, and count as evidence', () => {
  const quiet = {
    evidence: 'rounds' as const,
    workload: 'encode',
    kind: 'malloc' as const,
    operationsPerStep: 2000,
    stepCount: 6,
    groupCount: 498,
  }
  const quietGroups = [quiet, { ...quiet, kind: 'fd' as const, groupCount: 7 }]
  const evidenceOf = (groups: GrowthGroup[]) => judge(groups, {}, { quietGroups }).checks[0]
  expect(evidenceOf([])).toEqual({
    check: 'leaks: encode',
    status: 'pass',
    evidence: '0 of 498 groups grow over 6 rounds of 2000 operations',
  })
  expect(evidenceOf([group({ steps: [5, -5, 3, -3, 0, 1] })])!.evidence).toMatch(/^0 of 499 /)
  expect(evidenceOf([group({ steps: times(6, 2000) })])!.evidence).toMatch(/^1 of 499 /)
  const { workload: _, ...life } = { ...quiet, evidence: 'lifetime' as const }
  const [check] = judge([], {}, { mode: 'aggregate', quietGroups: [life] }).checks
  expect(check!.status).toBe('pass')
})

describe('two groups that one call of the subject led to', () => {
  const [reference, encode] = [0, 1]
  const handles =
    frames.push({ ...frames[reference]!, functionName: 'v8::GlobalHandles::Create' }) - 1
  const slow = group({
    steps: times(6, 8),
    bytesEach: 8232,
    frameIndexes: [handles, reference, encode],
  })
  const fast = group({ steps: times(6, 2000) })

  test('are one leak: the one with more blocks', () => {
    const { leaks, checks } = judge([slow, fast])
    expect(leaks.map(({ groupId, status, partOf }) => [groupId, status, partOf])).toEqual([
      [slow.groupId, 'fail', fast.groupId],
      [fast.groupId, 'fail', undefined],
    ])
    expect(checks[0]!.evidence).toMatch(/^1 of 1 groups grow over/)
  })

  const apart: [string, GrowthGroup[]][] = [
    ['in another workload', [slow, { ...fast, workload: 'decode' }]],
    ['of another module', [slow, { ...fast, moduleName: 'other.node' }]],
    [
      'through another function of the runtime',
      [slow, { ...fast, frameIndexes: [handles, encode] }],
    ],
    [
      'with the very same frames, from another address',
      [{ ...slow, frameIndexes: fast.frameIndexes }, fast],
    ],
    [
      'when the subject allocated by itself',
      [slow, fast].map((one) => ({ ...one, frameIndexes: [encode] })),
    ],
  ]
  for (const [how, groups] of apart)
    test(`${how} are two`, () => {
      const { leaks } = judge(groups)
      expect(leaks.map(({ status, partOf }) => [status, partOf])).toEqual([
        ['fail', undefined],
        ['fail', undefined],
      ])
    })

  test('are told apart from one that is suppressed', () => {
    const suppressions = [{ pattern: 'v8::GlobalHandles*', reason: 'known' }]
    const { leaks } = judge([slow, fast], { suppressions })
    expect(leaks.map(({ status, partOf }) => [status, partOf])).toEqual([
      ['fail', undefined],
      ['suppressed', undefined],
    ])
  })
})

describe('a program without rounds', () => {
  const life = (steps: number[]) => {
    const { workload: _, ...rest } = group({ steps, evidence: 'lifetime', operationsPerStep: 3 })
    return rest
  }

  test('that grows steadily for its whole life leaks, said to be weaker evidence', () => {
    const { leaks, checks } = judge([life(times(17, 500))])
    expect(leaks[0]!.status).toBe('fail')
    expect(leaks[0]!.reason).toMatch(/166\.6667\/s, 6666\.7 B\/s .* weaker evidence/)
    expect(checks.map((check) => check.check)).toEqual(['leaks'])
  })

  test('in aggregate mode is judged by growth per second, and told that young blocks count too', () => {
    const positions = [0, 1, 2, 3, 4, 6, 8, 10, 14, 18, 22]
    const steps = positions.slice(1).map((position, index) => 900 * (position - positions[index]!))
    const leak = { ...life(steps), positions, operationsPerStep: 2.2 }
    const [told] = judge([leak], {}, { mode: 'aggregate' }).leaks
    expect(told!.status).toBe('fail')
    expect(told!.reason).toMatch(/steady rate .* 1980 .* does not know their age; weaker evidence/)
    const { positions: _, ...equal } = leak
    expect(statusOf([equal], { mode: 'aggregate' })).toEqual(['inconclusive'])
  })

  test('that grows unevenly is inconclusive', () => {
    const steps = Array.from({ length: 17 }, (_, i) => (i % 3) * 400 + 10)
    expect(statusOf([life(steps)])).toEqual(['inconclusive'])
  })

  test('that grew while it started, or by little, is not spoken of', () => {
    expect(statusOf([life([...times(5, 9000), ...times(12, 0)])])).toEqual([])
    expect(statusOf([life(times(17, 3))])).toEqual([])
  })

  test('is judged without its children, unless the subject was at work in them', () => {
    const parent = processOf([life(times(17, 0))])
    const child = (pid: number, groups: GrowthGroup[]) =>
      processOf(groups, { pid, parentPid: 10, traceFile: `process-${pid}-1.trace` })
    const { checks } = judgeCapture(
      captureOf(parent, child(11, []), child(12, [life(times(17, 500))])),
    )
    expect(checks.map(({ check, status }) => [check, status])).toEqual([
      ['leaks (pid 10)', 'pass'],
      ['leaks (pid 12)', 'fail'],
    ])
  })
})
