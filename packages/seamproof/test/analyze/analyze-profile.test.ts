// Each kind of cost has a profile that shows it and one that does not.
import { describe, expect, test } from 'vitest'
import { analyzeProfile } from '../../src/analyze/analyze-profile.js'
import { callLatencies } from '../../src/analyze/call-latencies.js'
import {
  type OperationFacts,
  opportunitiesFromOperations,
} from '../../src/analyze/opportunities-from-operations.js'
import type { CpuProfile } from '../../src/contract/cpu-profile.js'
import type { Frame } from '../../src/contract/frame.js'
import type { OpportunityKind, OpportunityList } from '../../src/contract/opportunity.js'
import { renderOpportunitiesMarkdown } from '../../src/report/markdown/render-opportunities-markdown.js'
import { renderOpportunities } from '../../src/report/text/render-opportunities.js'
import { ProfileScript, stacks, thumbProfile } from '../report/synthetic-profile.js'

const analyze = (profile: CpuProfile, more: object = {}): OpportunityList =>
  analyzeProfile(profile, { input: 'app.seamproof', seamproofVersion: 'test', ...more })
const of = (list: OpportunityList, kind: OpportunityKind) =>
  list.opportunities.filter((one) => one.kind === kind)

const onMain = (act: (script: ProfileScript, main: number) => void): CpuProfile => {
  const script = new ProfileScript()
  act(script, script.thread('node', 'main', 1))
  return script.build()
}

describe('what a profile says could be saved', () => {
  const list = analyze(thumbProfile())

  test('is ranked by the predicted gain, each with its share, n, interval, stack and next command', () => {
    const gains = list.opportunities.map((one) => one.predictedGain.value)
    expect(gains).toEqual([...gains].sort((a, b) => b - a))
    for (const one of list.opportunities) {
      expect(one.hitCount).toBeGreaterThanOrEqual(10)
      expect(one.shareEstimate.value).toBeCloseTo(one.hitCount / one.sampleCount, 10)
      for (const { low, value, high } of [one.shareEstimate, one.predictedGain]) {
        expect(low).toBeLessThanOrEqual(value)
        expect(value).toBeLessThanOrEqual(high)
        expect(high).toBeLessThanOrEqual(1)
      }
      expect(one.predictedGain.value).toBeLessThanOrEqual(one.shareEstimate.value)
      expect(one.stack.length).toBeGreaterThan(0)
      expect(one.evidence).toMatch(/\d+ of \d+ .*\d %, 95 % interval/)
      expect(one.nextCommand).toMatch(/seamproof [a-z]+/)
    }
  })

  test('counts every CPU sample once, so that gains of CPU time add up to at most all of it', () => {
    const cpu = list.opportunities.filter((one) => one.whole === 'cpu')
    const hits = cpu.reduce((sum, one) => sum + one.hitCount, 0)
    expect(hits).toBeLessThanOrEqual(list.cpuSampleCount)
    expect(cpu.reduce((sum, one) => sum + one.predictedGain.value, 0)).toBeLessThanOrEqual(1)
  })

  test('names the function that somebody can change, not the library it ends in', () => {
    expect(of(list, 'hotspot').map((one) => one.title)).toEqual(
      expect.arrayContaining(['parseHeader computes', 'quantise computes']),
    )
    expect(of(list, 'copy')[0]).toMatchObject({ title: 'Encode copies memory', hitCount: 100 })
    expect(of(list, 'conversion')[0]).toMatchObject({
      title: 'Encode converts values by napi_get_value_string_utf8',
      hitCount: 80,
    })
    expect(of(list, 'gc')[0]).toMatchObject({
      title: 'Garbage collection while makeThumb runs',
      hitCount: 120,
    })
  })

  test('a hotspot saves half of itself, what can be avoided saves all of itself', () => {
    const hotspot = of(list, 'hotspot').find((one) => one.title.startsWith('parseHeader'))!
    expect(hotspot.predictedGain.value).toBeCloseTo(800 / 1700 / 2, 10)
    const copy = of(list, 'copy')[0]!
    expect(copy.predictedGain.value).toBeCloseTo(100 / 1700, 10)
  })

  test('tells the share of each state with its interval', () => {
    expect(list.states.map(({ state, sampleCount }) => [state, sampleCount])).toEqual([
      ['js', 800],
      ['native', 680],
      ['gc', 120],
      ['builtin', 60],
      ['kernel', 40],
    ])
  })
})

describe('waiting', () => {
  test('for a lock is seen under who waits, and a free lock is not', () => {
    const contended = analyze(
      onMain((script, main) =>
        script.add(main, stacks.encode, 'native', 200).add(main, stacks.lock, 'idle', 100),
      ),
    )
    expect(of(contended, 'lock')[0]).toMatchObject({
      title: 'Pool::take waits for a lock on thread node (1)',
      whole: 'run',
      hitCount: 100,
      sampleCount: 300,
    })
    const free = analyze(
      onMain((script, main) =>
        script.add(main, stacks.encode, 'native', 200).add(main, stacks.lock, 'native', 100),
      ),
    )
    expect(of(free, 'lock')).toEqual([])
  })

  test('of the main thread inside a callback is a blocking call; for events, or on the pool, it is not', () => {
    const blocked = analyze(
      onMain((script, main) =>
        script.add(main, stacks.parse, 'js', 100).add(main, stacks.write, 'idle', 60),
      ),
    )
    expect(of(blocked, 'blocking call')[0]).toMatchObject({
      title: 'send blocks the main thread in write',
      hitCount: 60,
    })
    const script = new ProfileScript()
    const main = script.thread('node', 'main', 1)
    const pool = script.thread('libuv-worker', 'pool', 2)
    script.add(main, stacks.wait, 'idle', 200).add(pool, stacks.pool, 'idle', 200)
    script.add(main, stacks.parse, 'js', 100)
    expect(of(analyze(script.build()), 'blocking call')).toEqual([])
  })

  test('for a core is a cost where the program keeps the cores busy, and a disturbance where others do', () => {
    const starved = onMain((script, main) =>
      script.add(main, stacks.encode, 'native', 100).add(main, stacks.encode, 'runnable', 100),
    )
    const others = analyze(starved)
    expect(of(others, 'run queue')).toEqual([])
    expect(others.losses.join()).toContain('Other programs had the cores: thread node (1)')
    starved.threads[0]!.cpuNs = starved.durationNs * 3
    expect(of(analyze(starved), 'run queue')[0]!.shareEstimate.value).toBeCloseTo(0.5)
    Object.assign(starved.threads[0]!, { runQueueNs: 90e6, wallNs: 200e6 })
    expect(of(analyze(starved), 'run queue')[0]!.predictedGain.value).toBeCloseTo(0.45)
    const calm = analyze(thumbProfile())
    expect(of(calm, 'run queue')).toEqual([])
    expect(calm.losses.join()).not.toContain('Other programs')
  })

  test('conversions by V8 itself are conversions too, and code without symbols is one place', () => {
    const frame = (functionName: string, more: Partial<Frame>): Frame => {
      const { file: _, line: __, ...bare } = stacks.encode.at(-1)!
      return { ...bare, ...more, functionName }
    }
    const unnamed = (address: string) =>
      frame(`libx.so+0x${address}`, { isNamed: false, moduleName: 'libx.so' })
    const list = analyze(
      onMain((script, main) => {
        const set = frame('v8::Object::Set', { origin: 'runtime', moduleName: 'node' })
        script.add(main, [...stacks.encode, set], 'native', 50)
        for (const address of ['1f', '2f', '3f'])
          script.add(main, [...stacks.encode, unnamed(address)], 'native', 50)
      }),
    )
    expect(of(list, 'conversion')[0]).toMatchObject({
      title: 'quantise converts values by v8::Object::Set',
      hitCount: 50,
    })
    expect(of(list, 'hotspot')[0]).toMatchObject({
      title: 'libx.so (no symbols) computes',
      hitCount: 150,
    })
  })

  test('is not answered where only running threads were sampled', () => {
    const profile = onMain((script, main) => script.add(main, stacks.parse, 'js', 300))
    expect(analyze(profile).unanswered.map((one) => one.question)).toContain(
      'Do threads wait for locks, or for each other?',
    )
  })
})

describe('the event loop', () => {
  const withTurns = (turnMs: number) =>
    onMain((script, main) => {
      for (let turn = 0; turn < 8; turn++)
        script.add(main, stacks.parse, 'js', turnMs).add(main, stacks.wait, 'idle', 20)
    })

  test('held too long is told with the callback that holds it', () => {
    const [hold] = of(analyze(withTurns(120)), 'event loop')
    expect(hold).toMatchObject({ title: 'handle holds the event loop', hitCount: 960 })
    expect(hold!.evidence).toMatch(/^8 times longer than 50 ms, at most 120 ms/)
    // 70 of each 120 ms lie beyond the bound.
    expect(hold!.predictedGain.value).toBeCloseTo((960 / 1120) * (70 / 120), 5)
  })

  test('let go in time is only described', () => {
    const list = analyze(withTurns(30))
    expect(of(list, 'event loop')).toEqual([])
    expect(list.turns).toMatchObject({ turnCount: 8, p50Ns: 30e6, maxNs: 30e6, resolutionNs: 1e6 })
  })

  test('a script that runs to its end holds nobody up', () => {
    const script = onMain((one, main) => one.add(main, stacks.parse, 'js', 900))
    expect(of(analyze(script), 'event loop')).toEqual([])
  })
})

describe('too few samples', () => {
  test('are said to be, with how much longer would do', () => {
    const list = analyze(
      onMain((script, main) =>
        script.add(main, stacks.parse, 'js', 290).add(main, stacks.convert, 'native', 6),
      ),
    )
    expect(of(list, 'conversion')).toEqual([])
    const question = list.unanswered.find((one) => one.question.includes('converts values'))!
    expect(question.reason).toMatch(
      /^6 of 296 samples \(2\.03 %, 95 % interval 0\.93–4\.35 %\) are not enough/,
    )
    // A quarter of a share of 2 % needs about 3,000 samples; 296 took 0.3 s.
    expect(question.secondsNeeded).toBe(3)
  })

  test('of a run that did nothing rank nothing', () => {
    const list = analyze(onMain((script, main) => script.add(main, stacks.parse, 'js', 20)))
    expect(list.unanswered[0]).toMatchObject({ question: 'Where does the time go?' })
    expect(list.unanswered[0]!.reason).toContain('20 CPU samples show only the largest costs')
  })

  test('none at all give an empty list and no NaN', () => {
    const empty = { ...thumbProfile(), costs: [], timeline: { timeNs: [], costIndex: [] } }
    const text = JSON.stringify(analyze(empty))
    expect(text).not.toContain('null')
    expect(analyze(empty).opportunities).toEqual([])
  })
})

describe('calls into an addon', () => {
  const layer = [
    {
      addonPath: '/srv/app/build/thumb.node',
      exportName: 'encode',
      callCount: 1200,
      totalNs: 6e8,
      maxNs: 4e6,
      apiCallCount: 4800,
      bytesIn: 5000,
      bytesOut: 70,
      allocationCount: 0,
      allocatedBytes: 0,
    },
    {
      addonPath: '/srv/app/build/thumb.node',
      exportName: 'version',
      callCount: 3,
      totalNs: 900,
      maxNs: 400,
      apiCallCount: 3,
      bytesIn: 0,
      bytesOut: 12,
      allocationCount: 0,
      allocatedBytes: 0,
    },
  ]

  test('that cost more than the work they carry are told so, others are not', () => {
    const dear = onMain((script, main) =>
      script.add(main, stacks.convert, 'native', 300).add(main, stacks.encode, 'native', 100),
    )
    const cheap = onMain((script, main) =>
      script.add(main, stacks.convert, 'native', 100).add(main, stacks.encode, 'native', 300),
    )
    const evidence = (profile: CpuProfile) => of(analyze(profile), 'conversion')[0]!.evidence
    expect(evidence(dear)).toContain(
      'Getting into Encode and back costs more than the work that it carries: 300.0 ms against 100.0 ms, by 400 samples.',
    )
    expect(evidence(cheap)).not.toContain('more than the work')
  })

  test('have percentiles of their length with the interval that so many calls allow', () => {
    const latencies = [
      { ns: 1000, count: 900 },
      { ns: 50_000, count: 92 },
      { ns: 2_000_000, count: 8 },
    ]
    const { p50, p90, p99 } = callLatencies(latencies)!
    expect([p50, p90.value]).toEqual([{ value: 1000, low: 1000, high: 1000 }, 1000])
    // The 99th of 1,000 may be one of the eight long ones, by chance: the interval says so.
    expect(p99).toEqual({ value: 50_000, low: 50_000, high: 2_000_000 })
    expect(p90.high).toBe(50_000)
    expect(callLatencies([{ ns: 1000, count: 99 }])).toBeUndefined()
  })

  test('have the time inside and the time in Node-API apart', () => {
    const [encode] = analyze(thumbProfile()).crossings
    expect(encode).toMatchObject({
      functionName: 'Encode',
      moduleName: 'thumb.node',
      insideNs: 500e6,
      crossingNs: 80e6,
      sampleCount: 580,
    })
    expect(encode!.shareEstimate!.value).toBeCloseTo(580 / 1700)
  })

  test('are joined with what the layer counted, and what was never sampled is listed too', () => {
    const { crossings, unanswered } = analyze({ ...thumbProfile(), crossings: layer })
    expect(crossings.map((one) => [one.functionName, one.callCount])).toEqual([
      ['Encode', 1200],
      ['version', 3],
    ])
    expect(unanswered.map((one) => one.question).join()).not.toContain('How often')
    expect(
      analyze(thumbProfile())
        .unanswered.map((one) => one.question)
        .join(),
    ).toContain('How often')
  })
})

describe('measured operations', () => {
  const estimate = (value: number) => ({ value, low: value * 0.9, high: value * 1.1 })
  const facts: OperationFacts = {
    workload: 'draw a screen',
    nsPerOperation: estimate(10_000),
    roundCount: 12,
    crossingNs: estimate(50),
    calls: [
      { functionName: 'setCell', moduleName: 'termcore.node', callsPerOperation: 80 },
      { functionName: 'flush', moduleName: 'termcore.node', callsPerOperation: 1 },
    ],
    allocations: [
      {
        allocationsPerOperation: 20,
        allocationNs: estimate(40),
        stack: stacks.encode.toReversed(),
      },
    ],
  }

  test('that cross often gain by batching, by what the crossings cost', () => {
    const [batching] = opportunitiesFromOperations(facts)
    expect(batching).toMatchObject({ kind: 'batching', whole: 'operation' })
    expect(batching!.shareEstimate.value).toBeCloseTo(0.4)
    // 5 batches stay of 80 calls.
    expect(batching!.predictedGain.value).toBeCloseTo((75 * 50) / 10_000)
    expect(batching!.predictedGain.low).toBeCloseTo((75 * 45) / 11_000)
    expect(batching!.predictedGain.high).toBeCloseTo((75 * 55) / 9_000)
  })

  test('that allocate gain by pooling; without a measured cost nothing is said', () => {
    const pooling = opportunitiesFromOperations(facts).find((one) => one.kind === 'pooling')
    expect(pooling!.predictedGain.value).toBeCloseTo(0.08)
    expect(pooling!.title).toBe('quantise allocates 20 blocks for each operation')
    const { allocations: _, ...unmeasured } = facts
    expect(opportunitiesFromOperations(unmeasured).map((one) => one.kind)).toEqual(['batching'])
  })

  test('that cross once have nothing to batch', () => {
    const calls = [{ functionName: 'f', moduleName: 'm', callsPerOperation: 1 }]
    expect(opportunitiesFromOperations({ ...facts, calls, allocations: [] })).toEqual([])
  })
})

describe('as text', () => {
  const list = analyze(thumbProfile())

  test('never shows a share without n and interval', () => {
    const text = renderOpportunities(list)
    expect(text).toContain('1. parseHeader computes')
    for (const line of text.split('\n'))
      if (/\d %/.test(line) && !line.includes('within'))
        expect(line).toMatch(/–|to \d|\d of \d|interval|\(95 %\)$/)
    expect(text).toContain('next: seamproof profile --crossings -- node server.ts')
  })

  test('fits the width', () => {
    for (const width of [60, 80, 200])
      for (const line of renderOpportunities(list, { width }).split('\n'))
        if (!line.includes('next:') && !line.startsWith('  '))
          expect(line.length).toBeLessThanOrEqual(width)
  })

  test('in Markdown, names from strangers stay names', () => {
    const hostile = thumbProfile()
    const attack = '</summary><script>x</script> | `a``b` [l](javascript:x)\n# head @everyone'
    for (const frame of hostile.frames) frame.functionName = `${attack}${frame.functionName}`
    hostile.command = ['node', attack]
    const text = renderOpportunitiesMarkdown(analyze(hostile))
    expect(text).not.toMatch(/^# head/m)
    const outside = text.replace(/```[\s\S]*?```/g, '').replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, '')
    expect(outside).not.toMatch(/<script|<\/summary><s/)
    expect(outside).not.toMatch(/[^\\]\[l\]\(/)
    expect(outside).not.toMatch(/[^\\]@everyone/)
    for (const row of outside.split('\n').filter((line) => /^\| \d/.test(line)))
      expect(row.split(/(?<!\\)\|/)).toHaveLength(7)
  })
})
