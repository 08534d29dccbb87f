import { describe, expect, it } from 'vitest'
import { mergeFindings } from '../../src/analyze/merge-findings.js'
import { summarizeLeaks } from '../../src/analyze/summarize-leaks.js'
import { ExitCode } from '../../src/base/seamproof-error.js'
import type { CheckDemand, CheckRun, DefectReport } from '../../src/contract/finding.js'
import { extendedBaseline } from '../../src/judge/accepted-findings.js'
import { type JudgeFindingsOptions, judgeFindings } from '../../src/judge/judge-findings.js'
import { madeRun, own, system } from '../analyze/made-reports.js'

const today = '2026-11-23'

type Options = Partial<JudgeFindingsOptions & CheckDemand>

function judge(
  runs: readonly CheckRun[],
  { required = [], areToolsRequired = false, isStrict = false, ...options }: Options = {},
) {
  const findings = mergeFindings(runs)
  const leaks = summarizeLeaks(runs, findings)
  return judgeFindings(
    { runs, findings, leaks },
    {
      today,
      demand: { required, areToolsRequired, isStrict },
      ...options,
    },
  )
}

const leak = (name: string, rest: Partial<DefectReport> = {}): Partial<DefectReport> => ({
  stacks: [{ role: 'allocated', frames: [system('malloc'), own(name)] }],
  workload: 'thumb',
  perOperation: { bytes: 64, blocks: 1 },
  ...rest,
})
const notRun = (
  cause: NonNullable<CheckRun['cause']>,
  instrument: CheckRun['instrument'] = 'memcheck',
) => madeRun(instrument, [], { status: 'not-run', cause, reason: 'it could not' })

describe('findings against the limit that none is new', () => {
  it('fail on a new error', () => {
    const { exitCode, status, checks } = judge([madeRun('asan', [leak('encode')])])
    expect([exitCode, status]).toEqual([ExitCode.failed, 'fail'])
    expect(checks).toMatchObject([
      { check: 'asan: thumb.seam.ts', status: 'fail', evidence: '1 error' },
      { check: 'leaks: thumb', status: 'fail' },
    ])
  })

  it('pass where nothing was found, and say so', () => {
    const { exitCode, checks } = judge([madeRun('asan', [])])
    expect(exitCode).toBe(ExitCode.pass)
    expect(checks[0]).toMatchObject({ status: 'pass', evidence: 'no new finding' })
  })

  it('say that a pass is one in part where the addon was not built for the checker', () => {
    const { checks } = judge([madeRun('asan', [], { isPartial: true })])
    expect(checks[0]).toMatchObject({
      status: 'pass',
      isPartial: true,
      evidence: 'no new finding; only in part: the addon was not built for it',
    })
  })

  it('let a warning pass, unless the check is strict', () => {
    const runs = [madeRun('layer', [leak('encode', { severity: 'warning', kind: 'rule' })])]
    expect(judge(runs)).toMatchObject({ status: 'pass', exitCode: ExitCode.pass })
    expect(judge(runs, { isStrict: true }).exitCode).toBe(ExitCode.failed)
  })

  it('are inconclusive, and no failure, where more rounds are needed', () => {
    const slow = leak('encode', { severity: 'warning', isInconclusive: true, message: 'slow' })
    const { status, exitCode, checks } = judge([madeRun('track', [slow])])
    expect([status, exitCode]).toEqual(['inconclusive', ExitCode.pass])
    expect(checks[0]).toMatchObject({ status: 'inconclusive', reason: 'slow' })
  })

  it('fail the runs that saw them, and no other', () => {
    const { checks } = judge([
      madeRun('asan', [leak('encode')]),
      madeRun('memcheck', []),
      madeRun('asan', [], { target: 'other.seam.ts', workloads: ['other'] }),
    ])
    expect(checks.map(({ check, status }) => `${check} ${status}`)).toEqual([
      'asan: thumb.seam.ts fail',
      'memcheck: thumb.seam.ts pass',
      'asan: other.seam.ts pass',
      'leaks: other pass',
      'leaks: thumb fail',
    ])
  })
})

describe('a baseline', () => {
  const runs = [madeRun('asan', [leak('encode')])]
  const accepted = (expires?: string) =>
    extendedBaseline([], judge(runs).findings, {
      reason: 'before the checks',
      ...(expires === undefined ? {} : { expires }),
    })

  it('makes what it names known', () => {
    const { findings, exitCode, notes } = judge(runs, { baseline: accepted() })
    expect(findings).toMatchObject([
      { status: 'known', acceptedBy: { reason: 'before the checks' } },
    ])
    expect([exitCode, notes]).toEqual([ExitCode.pass, []])
  })

  it('does not hide what is new', () => {
    const more = [madeRun('asan', [leak('encode'), leak('decode')])]
    const { findings, exitCode } = judge(more, { baseline: accepted() })
    expect(findings.map(({ status }) => status).sort()).toEqual(['known', 'new'])
    expect(exitCode).toBe(ExitCode.failed)
  })

  it('holds on its last day, and not on the next', () => {
    expect(judge(runs, { baseline: accepted(today) }).exitCode).toBe(ExitCode.pass)
    const after = judge(runs, { baseline: accepted('2026-11-22') })
    expect(after.exitCode).toBe(ExitCode.failed)
    expect(after.findings).toMatchObject([{ status: 'new', expired: { expires: '2026-11-22' } }])
    expect(after.notes).toEqual([expect.stringContaining('until 2026-11-22: it counts as new')])
  })

  it('says which entries matched nothing', () => {
    const { notes } = judge([madeRun('asan', [])], { baseline: accepted() })
    expect(notes).toEqual([expect.stringMatching(/baseline entry [0-9a-f]{16} .*matched nothing/)])
  })

  it('knows a defect by any instrument that saw it when it was written', () => {
    const inlined = leak('Run')
    const inner = leak('Run', {
      stacks: [{ role: 'allocated', frames: [system('malloc'), own('encode'), own('Run')] }],
    })
    const both = [madeRun('track', [inlined]), madeRun('asan', [inner])]
    const baseline = extendedBaseline([], judge(both).findings, { reason: 'known' })
    expect(baseline).toHaveLength(1)
    for (const run of both) expect(judge([run], { baseline }).exitCode).toBe(ExitCode.pass)
  })

  it('is extended by what is new alone, and an expired entry is replaced', () => {
    const more = [madeRun('asan', [leak('encode'), leak('decode')])]
    const first = accepted('2026-11-22')
    const second = extendedBaseline(first, judge(more, { baseline: first }).findings, {
      reason: 'again',
    })
    expect(second.map(({ reason }) => reason)).toEqual(['again', 'again'])
    const third = extendedBaseline(second, judge(more, { baseline: second }).findings, {
      reason: 'nothing new',
    })
    expect(third).toEqual(second)
  })
})

describe('a suppression of the config', () => {
  const runs = [madeRun('asan', [leak('encode')])]

  const said = madeRun('layer', [
    leak('encode', { stacks: [], message: 'stale: in fork() of pty.node' }),
  ])

  it('matches what is said, where there is no stack', () => {
    const suppressions = [{ pattern: '*in fork() of pty.node', reason: 'fine' }]
    expect(judge([said], { suppressions }).findings).toMatchObject([{ status: 'suppressed' }])
  })

  it.each(['encode', 'thumb.node', 'enc*', 'direct leak'])('matches "%s"', (pattern) => {
    const { findings } = judge(runs, { suppressions: [{ pattern, reason: 'fine' }] })
    expect(findings).toMatchObject([{ status: 'suppressed', acceptedBy: { reason: 'fine' } }])
  })

  it('expires like an entry of the baseline', () => {
    const suppressions = [{ pattern: 'encode', reason: 'fine', expires: '2026-01-01' }]
    expect(judge(runs, { suppressions }).exitCode).toBe(ExitCode.failed)
  })
})

describe('a run that was not made', () => {
  it('is no pass by itself', () => {
    const { status, checks } = judge([madeRun('asan', []), notRun('tool-missing')])
    expect(checks[1]).toMatchObject({ status: 'not-run', reason: 'it could not' })
    // Nobody asked for it, and another one ran.
    expect(status).toBe('pass')
  })

  it('is never 0 when nothing else ran', () => {
    expect(judge([notRun('tool-missing')]).exitCode).toBe(ExitCode.machineLacks)
    expect(judge([notRun('not-applicable')])).toMatchObject({
      exitCode: ExitCode.failed,
      status: 'not-run',
    })
    expect(judge([]).exitCode).toBe(ExitCode.failed)
  })

  it.each([
    ['tool-missing', { required: ['memcheck'] }, ExitCode.machineLacks],
    ['tool-missing', { areToolsRequired: true }, ExitCode.machineLacks],
    ['not-applicable', { areToolsRequired: true }, ExitCode.pass],
    ['not-applicable', { required: ['memcheck'] }, ExitCode.failed],
    ['subject-not-driven', {}, ExitCode.subjectNotDriven],
    ['interrupted', {}, ExitCode.failed],
    ['shard-missing', {}, ExitCode.failed],
    ['own-bug', {}, ExitCode.ownBug],
  ] as const)('because of %s with %o ends with %i', (cause, options, exitCode) => {
    expect(judge([madeRun('asan', []), notRun(cause)], options as Options).exitCode).toBe(exitCode)
  })

  it('still fails for what it saw before it broke off', () => {
    const broken = madeRun('asan', [leak('encode')], {
      status: 'not-run',
      cause: 'subject-not-driven',
      reason: 'it crashed',
    })
    const { exitCode, checks } = judge([broken])
    expect(exitCode).toBe(ExitCode.failed)
    expect(checks[0]!.status).toBe('fail')
  })
})

describe('leaks per workload', () => {
  it('tell what is lost from what grows, and count a leak once', () => {
    const held = leak('cache', { perOperation: { bytes: 16, blocks: 1 } })
    const runs = [
      madeRun('track', [leak('encode'), held]),
      madeRun('memcheck', [leak('encode', { rule: 'Leak_DefinitelyLost' })]),
      madeRun('asan', [leak('encode')]),
    ]
    expect(summarizeLeaks(runs, mergeFindings(runs))).toEqual([
      {
        workload: 'thumb',
        target: 'thumb.seam.ts',
        instruments: ['asan', 'memcheck', 'track'],
        findingCount: 2,
        growth: { bytes: 80, blocks: 2 },
        lost: { bytes: 64, blocks: 1 },
      },
    ])
  })

  it('do not call lost what memcheck still reaches', () => {
    const runs = [madeRun('memcheck', [leak('cache', { rule: 'Leak_StillReachable' })])]
    expect(summarizeLeaks(runs, mergeFindings(runs))).toMatchObject([
      { lost: { bytes: 0, blocks: 0 } },
    ])
  })

  it('take the rate from the tracker where a checker saw the same blocks only at the end', () => {
    const atEnd = madeRun('asan', [{ stacks: leak('encode').stacks!, bytes: 6400, blocks: 100 }])
    const runs = [madeRun('track', [leak('encode')]), atEnd]
    expect(summarizeLeaks(runs, mergeFindings(runs))).toMatchObject([
      { lost: { bytes: 64, blocks: 1 } },
    ])
  })

  it('have no number of an instrument that did not run', () => {
    const runs = [madeRun('track', []), notRun('tool-missing')]
    const [summary] = summarizeLeaks(runs, mergeFindings(runs))
    expect(summary).toMatchObject({ growth: { bytes: 0, blocks: 0 } })
    expect(summary).not.toHaveProperty('lost')
  })
})
