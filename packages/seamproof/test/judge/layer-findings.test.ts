import { describe, expect, it } from 'vitest'
import type { LayerFacts, LayerFinding } from '../../src/contract/layer.js'
import { layerKnown } from '../../src/contract/layer-known.js'
import { layerRule } from '../../src/contract/layer-rules/layer-rules.js'
import { judgeLayer } from '../../src/judge/judge-layer.js'
import { hasFix } from '../../src/judge/known-findings.js'
import { layerReports } from '../../src/judge/layer-reports.js'
import { captureOf, frames, processOf } from './made-facts.js'

const encode = 1

function finding(ruleId: string, rest: Partial<LayerFinding> = {}): LayerFinding {
  return {
    ruleId,
    severity: 'error',
    addonPath: '/app/thumb.node',
    exportName: 'resize',
    functionName: 'napi_delete_reference',
    phase: 'callback',
    timeMs: 1,
    thread: 0,
    stacks: [{ role: 'created', frameIndexes: [encode] }],
    notes: [],
    count: 3,
    ...rest,
  }
}

function layerOf(findings: LayerFinding[], rest: Partial<LayerFacts> = {}): LayerFacts {
  return {
    nodeVersion: '20.20.0',
    wrappedFunctionCount: 155,
    unknownFunctionCount: 0,
    apiCallCount: 1,
    injected: [],
    madeFaults: [],
    findings,
    crossings: [],
    objects: [],
    unseenAddons: [],
    ...rest,
  }
}

const judge = (findings: LayerFinding[], rest: Partial<LayerFacts> = {}) => {
  const facts = captureOf(processOf([], { layer: layerOf(findings, rest) }))
  const verdicts = judgeLayer(facts)
  return { ...verdicts, reports: layerReports(facts, verdicts) }
}

describe('an addon that the layer sees nothing of', () => {
  const crossing = {
    addonPath: '/seen.node',
    exportName: 'run',
    callCount: 1,
    totalNs: 1,
    maxNs: 1,
    apiCallCount: 1,
    bytesIn: 0,
    bytesOut: 0,
    allocationCount: 0,
    allocatedBytes: 0,
  }

  it('is not-run with the reason, beside others that passed', () => {
    const unseenAddons = [{ addonPath: '/lib/hidden.node', reason: 'table' as const }]
    const { checks } = judge([], { crossings: [crossing], unseenAddons })
    expect(checks.map(({ check, status }) => [check, status])).toEqual([
      ['seam layer', 'pass'],
      ['seam layer: hidden.node', 'not-run'],
    ])
    expect(checks[1]!.reason).toContain('table in its env')
  })

  it('is left out with the addons that nobody asked for', () => {
    const unseenAddons = [{ addonPath: '/lib/hidden.node', reason: 'no-call' as const }]
    const facts = captureOf(processOf([], { layer: layerOf([], { unseenAddons }) }))
    expect(judgeLayer(facts, { addons: ['seen.node'] }).checks).toHaveLength(1)
    expect(judgeLayer(facts, { addons: ['hidden'] }).checks).toHaveLength(2)
  })

  it('is named and fails nothing when it is made with V8’s own interface', () => {
    const unseenAddons = [{ addonPath: '/lib/old.node', reason: 'v8' as const }]
    const { checks } = judge([], { crossings: [crossing], unseenAddons })
    expect(checks).toHaveLength(1)
    expect(checks[0]).toMatchObject({ status: 'pass' })
    expect(checks[0]!.evidence).toContain('old.node: not seen')
    expect(judge([], { unseenAddons }).checks[0]).toMatchObject({ status: 'not-run' })
  })
})

describe('a choice of findings', () => {
  const crossings = [
    {
      addonPath: '/app/thumb.node',
      exportName: 'resize',
      callCount: 1,
      totalNs: 1,
      maxNs: 1,
      apiCallCount: 1,
      bytesIn: 0,
      bytesOut: 0,
      allocationCount: 0,
      allocatedBytes: 0,
    },
  ]
  const facts = captureOf(
    processOf([], { layer: layerOf([finding('SEAM-REF-002')], { crossings }) }),
  )

  it('is no pass where no addon has such a name', () => {
    expect(judgeLayer(facts, { addons: ['sharp'] }).checks[0]).toMatchObject({
      status: 'not-run',
      reason: 'no function of an addon whose path contains "sharp" was called',
    })
  })

  it('says what it leaves out', () => {
    const { checks } = judgeLayer(facts, { rules: ['SEAM-HANDOFF'] })
    expect(checks[0]).toMatchObject({ status: 'pass' })
    expect(checks[0]!.evidence).toContain('; 1 finding not asked for')
  })
})

describe('a bug of Node itself', () => {
  const released = finding('SEAM-TSFN-001', {
    functionName: 'napi_release_threadsafe_function',
    notes: [{ name: 'still held by its threads', value: 'yes' }],
  })

  it('is advice under Node’s name, with the releases that have the fix', () => {
    const { findings, checks, reports } = judge([released])
    expect(findings[0]).toMatchObject({
      severity: 'advice',
      known: { origin: 'node', fixedIn: ['24.14.0', '25.4.0'] },
    })
    expect(checks[0]!.status).not.toBe('fail')
    expect(reports[0]!.severity).toBe('advice')
  })

  it('is not Node’s where Node has the fix, where another function is called, or the version is not known', () => {
    for (const rest of [{ nodeVersion: '24.14.0' }, { nodeVersion: '26.0.0' }])
      expect(judge([released], rest).findings[0]!.severity).toBe('error')
    const { nodeVersion: _, ...unversioned } = layerOf([released])
    const facts = captureOf(processOf([], { layer: unversioned }))
    expect(judgeLayer(facts).findings[0]!.severity).toBe('error')
    expect(judge([{ ...released, notes: [] }]).findings[0]!.known).toBeUndefined()
  })

  it.each([
    ['20.99.0', false],
    ['24.13.9', false],
    ['24.14.0', true],
    ['24.15.1', true],
    ['25.3.0', false],
    ['25.4.0', true],
    ['26.0.0', true],
  ])('Node %s has a fix of 24.14.0 and 25.4.0: %s', (version, expected) => {
    expect(hasFix(version, ['24.14.0', '25.4.0'])).toBe(expected)
  })
})

describe('a known pattern', () => {
  it('is not counted, and is kept with its reason', () => {
    const register = { ...frames[encode]!, functionName: 'napi_register_module_v1' }
    const process = processOf([], {
      frames: [register],
      end: 'killed',
      layer: layerOf([
        finding('SEAM-TSFN-006', { stacks: [{ role: 'created', frameIndexes: [0] }] }),
      ]),
    })
    const { findings, suppressed } = judgeLayer(captureOf(process))
    expect(findings).toEqual([])
    expect(suppressed[0]!.known!.reason).toContain('CustomGC')
  })

  it('names a rule that there is, says why, and where it can be read up', () => {
    for (const entry of layerKnown) {
      expect(layerRule(entry.ruleId), entry.id).toBeDefined()
      expect(entry.reason.length).toBeGreaterThan(30)
      expect(entry.url).toMatch(/^https:/)
    }
  })
})

describe('what only a hang shows', () => {
  it('is dropped when the process came to its end by itself', () => {
    expect(judge([finding('SEAM-TSFN-006')]).findings).toEqual([])
  })
})

describe('findings as the reports of an instrument', () => {
  it('have the word that other tools use for the same defect', () => {
    const kinds = ['SEAM-HANDOFF-001', 'SEAM-HANDOFF-006', 'SEAM-CRASH-001', 'SEAM-SCOPE-003'].map(
      (id) => judge([finding(id)]).reports[0]!.kind,
    )
    expect(kinds).toEqual(['use-after-free', 'double-free', 'crash', 'rule'])
  })

  it('say where, how often, and the life of the object', () => {
    const [report] = judge([finding('SEAM-REF-002')]).reports
    expect(report).toMatchObject({
      instrument: 'layer',
      rule: 'SEAM-REF-002',
      severity: 'error',
      message: 'a reference deleted twice: calling napi_delete_reference in resize() of thumb.node',
      count: 3,
    })
    expect(report!.stacks).toEqual([{ role: 'allocated', frames: [frames[encode]] }])
    expect(report!.notes).toContainEqual({ name: 'phase', value: 'callback' })
  })

  it('have a rate when they pile up in rounds', () => {
    const [report] = judge([], {
      objects: [
        {
          kind: 'reference',
          addonPath: '/app/thumb.node',
          exportName: 'resize',
          frameIndexes: [encode],
          workload: 'resize',
          operationsPerRound: 10,
          liveCounts: [5, 25, 45, 65, 85],
        },
      ],
    }).reports
    expect(report).toMatchObject({
      kind: 'leak',
      rule: 'SEAM-REF-004',
      workload: 'resize',
      perOperation: { blocks: 2 },
      blocks: 80,
    })
  })
})
