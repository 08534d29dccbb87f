import { describe, expect, test } from 'vitest'
import { captureFacts } from '../../src/analyze/analyze-trace.js'
import type { CaptureManifest } from '../../src/contract/capture.js'
import type { ProcessFacts } from '../../src/contract/facts.js'
import { traceScratch } from '../trace/trace-scratch.js'
import { groupFrames, runRounds, Scene, workloadRun } from './scene.js'

const scratch = traceScratch()
const path = () => scratch.path('process-1-1.trace')

const groupsWith = (facts: ProcessFacts, name: string) =>
  facts.groups.filter((group) => groupFrames(facts, group).includes(name))

describe('growth over rounds', () => {
  test('of one block per operation is found at its exact rate, with the JavaScript that led there', () => {
    const scene = new Scene()
    const { encoder } = scene
    runRounds(scene, 'encode', 6, () => {
      for (let i = 0; i < 200; i++) {
        const caller = i % 4 === 0 ? 'js:retry:30' : 'js:thumb:12'
        const leak = scene.stack('js:main:1', caller, 'sub:Encode:88', 'run:napi_create_reference')
        encoder.alloc(0, 1, leak, 40, scene.block())
        encoder.alloc(0, 1, scene.stack('js:main:1', caller, 'sub:Encode:90'), 500, 0x50)
        encoder.free(0, 0x50)
      }
    })
    const facts = scene.analyze(path(), [workloadRun('encode', 200)])
    const [group] = groupsWith(facts, 'napi_create_reference')
    expect(group).toMatchObject({
      attribution: 'subject',
      kind: 'malloc',
      moduleName: 'thumb.node',
      functionName: 'Encode',
      evidence: 'rounds',
      workload: 'encode',
      operationsPerStep: 200,
      liveCounts: [200, 400, 600, 800, 1000, 1200, 1400],
      countPerOperationByStep: [1, 1, 1, 1, 1, 1],
      blocksPerOperation: { value: 1, low: 1, high: 1 },
      bytesPerOperation: { value: 40, low: 40, high: 40 },
    })
    expect(groupFrames(facts, group!)).toEqual(['Encode', 'napi_create_reference'])
    expect(
      group!.callSites.map(({ frameIndexes, share }) => [
        frameIndexes.map((index) => facts.frames[index]!.functionName).join(' ← '),
        share,
      ]),
    ).toEqual([
      ['thumb ← main', 0.75],
      ['retry ← main', 0.25],
    ])
    const cost = facts.costs[group!.costIndexes[0]!]!
    expect(cost.growthCount + facts.costs[group!.costIndexes[1]!]!.growthCount).toBe(1200)
    expect(
      facts.groups.some(({ liveCounts }) => liveCounts.every((count) => count === liveCounts[0])),
    ).toBe(false)
    expect(facts.quietGroups).toEqual([
      {
        evidence: 'rounds',
        workload: group!.workload,
        kind: 'malloc',
        operationsPerStep: group!.operationsPerStep,
        stepCount: group!.liveCounts.length - 1,
        groupCount: 1,
      },
    ])
  })

  test('stays one series when the frames outside the subject change from round to round', () => {
    const scene = new Scene()
    runRounds(scene, 'encode', 6, (round) => {
      const tier = round < 3 ? ['js:main'] : ['js:main', 'run:Builtins_CallFunction', 'js:inner']
      const stack = scene.stack(
        ...tier,
        'run:FunctionCallback',
        'sub:Encode',
        'sub:Alloc',
        'sys:malloc',
      )
      for (let i = 0; i < 10; i++) scene.encoder.alloc(0, 1, stack, 8, scene.block())
    })
    const facts = scene.analyze(path(), [workloadRun('encode', 10)])
    expect(facts.groups.length).toBe(1)
    expect(facts.groups[0]!.liveCounts).toEqual([10, 20, 30, 40, 50, 60, 70])
    expect(groupFrames(facts, facts.groups[0]!)).toEqual(['Encode', 'Alloc', 'malloc'])
  })

  test('has its inlined callers put back from stacks of the same code before it was optimised', () => {
    const scene = new Scene()
    const alloc = (...javaScript: string[]) =>
      scene.encoder.alloc(0, 1, scene.stack(...javaScript, 'sub:Encode'), 8, scene.block())
    runRounds(scene, 'encode', 4, (round) => {
      for (let i = 0; i < 40; i++)
        if (round > 0) alloc('js:loop!', 'js:main!')
        else if (i % 4 === 0) alloc('js:loop', 'js:main', 'js:retry:7', 'js:thumb:12')
        else alloc('js:loop', 'js:main', 'js:thumb:12')
    })
    const facts = scene.analyze(path(), [workloadRun('encode', 40, 4)])
    const callers = facts.groups[0]!.callSites.map(({ frameIndexes, share }) => [
      frameIndexes
        .map((index) => facts.frames[index]!)
        .map((frame) => `${frame.functionName}${frame.isInlined ? ' inlined' : ''}`)
        .join(' ← '),
      share,
    ])
    expect(callers).toEqual([
      ['thumb inlined ← main ← loop', 0.75],
      ['thumb inlined ← retry inlined ← main ← loop', 0.25],
    ])
  })

  test('keeps a caller as it is when unoptimised runs of it called native code themselves', () => {
    const scene = new Scene()
    runRounds(scene, 'encode', 4, (round) => {
      const stack = scene.stack(round > 0 ? 'js:main!' : 'js:main', 'sub:Encode')
      for (let i = 0; i < 10; i++) scene.encoder.alloc(0, 1, stack, 8, scene.block())
    })
    const facts = scene.analyze(path(), [workloadRun('encode', 10, 4)])
    const [callSite, ...others] = facts.groups[0]!.callSites
    expect(others).toEqual([])
    expect(callSite!.share).toBe(1)
    expect(callSite!.frameIndexes.map((index) => facts.frames[index]!.functionName)).toEqual([
      'main',
    ])
  })

  test('is told apart by the line in the subject, and by workload', () => {
    const scene = new Scene()
    const leakAt = (line: number) => () => {
      const stack = scene.stack('js:main', `sub:Encode:${line}`)
      scene.encoder.alloc(0, 1, stack, 8, scene.block())
    }
    runRounds(scene, 'one', 4, leakAt(10))
    runRounds(scene, 'two', 4, leakAt(20))
    const facts = scene.analyze(path(), [workloadRun('one', 1, 4), workloadRun('two', 1, 4)])
    const grown = facts.groups
      .filter((group) => group.liveCounts.at(-1)! > group.liveCounts[0]!)
      .map((group) => [group.workload, facts.frames[group.frameIndexes[0]!]!.line])
    expect(grown).toEqual([
      ['one', 10],
      ['two', 20],
    ])
    const ids = facts.groups.map((group) => group.groupId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('of threads other than the one that marks is complete at each mark', () => {
    const scene = new Scene()
    runRounds(scene, 'pool', 5, () => {
      for (let i = 0; i < 40; i++)
        scene.encoder.alloc(1 + (i % 4), 1, scene.stack('sub:Work'), 8, scene.block())
    })
    const facts = scene.analyze(path(), [workloadRun('pool', 40, 5)])
    expect(facts.groups[0]!.countPerOperationByStep).toEqual([1, 1, 1, 1, 1])
    expect(facts.groups[0]!.callSites).toEqual([])
  })

  test('under JavaScript that the subject called is the runtime’s, not the subject’s', () => {
    const scene = new Scene()
    runRounds(scene, 'call', 4, () => {
      const stack = scene.stack(
        'js:main',
        'sub:Call',
        'run:napi_call_function',
        'js:callback',
        'run:ArrayBuffer',
      )
      for (let i = 0; i < 10; i++) scene.encoder.alloc(0, 2, stack, 64, scene.block())
    })
    const facts = scene.analyze(path(), [workloadRun('call', 10, 4)])
    expect(facts.groups.length).toBe(1)
    expect(facts.groups[0]).toMatchObject({ attribution: 'runtime', kind: 'calloc' })
    expect(groupFrames(facts, facts.groups[0]!)).toEqual(['ArrayBuffer'])
    const [callSite] = facts.groups[0]!.callSites
    const callers = callSite!.frameIndexes.map((index) => facts.frames[index]!.functionName)
    expect(callers).toEqual(['callback', 'main'])
  })

  test('without marks named by the manifest is counted per round', () => {
    const scene = new Scene()
    const stack = scene.stack('sub:Work')
    for (let round = 1; round <= 4; round++) {
      scene.encoder.mark(1, `loop#${round}`)
      for (let i = 0; i < 7; i++) scene.encoder.alloc(0, 1, stack, 8, scene.block())
      scene.encoder.mark(2, `loop#${round}`)
    }
    const [group] = scene.analyze(path()).groups
    expect(group).toMatchObject({
      workload: 'loop',
      operationsPerStep: 1,
      liveCounts: [0, 7, 14, 21, 28],
    })
  })

  test('of descriptors, threads, children and mappings is counted at the marks', () => {
    const scene = new Scene()
    const { encoder } = scene
    const stack = scene.stack('js:main', 'sub:Watch')
    let fd = 20
    runRounds(scene, 'watch', 4, () => {
      for (let i = 0; i < 2; i++) encoder.acquire(0, 1, fd++, stack)
      encoder.acquire(0, 3, 1000 + fd, stack)
      encoder.map(0, 0x10_0000 + fd * 0x10000, 4096, stack)
    })
    const facts = scene.analyze(path(), [workloadRun('watch', 1, 4)])
    const valuesOf = (resource: string) =>
      facts.resources.find((series) => series.resource === resource)?.values
    expect(valuesOf('fd')).toEqual([2, 4, 6, 8, 10])
    expect(valuesOf('child')).toEqual([1, 2, 3, 4, 5])
    expect(valuesOf('mapping')).toEqual([1, 2, 3, 4, 5])
    expect(valuesOf('thread')).toEqual([0, 0, 0, 0, 0])
    expect(valuesOf('rss')).toBeUndefined()
    const fdGroup = facts.groups.find((group) => group.kind === 'fd')
    expect(fdGroup?.blocksPerOperation.value).toBe(2)
  })

  test('of resources prefers what /proc said at the marks', () => {
    const scene = new Scene()
    const { encoder } = scene
    encoder.alloc(0, 1, scene.stack('sub:Watch'), 8, 0x100)
    for (let round = 0; round <= 4; round++) {
      encoder.timeUs += 50_000
      encoder.sample(5_000_000, 99, 9)
      encoder.timeUs += 49_000
      encoder.sample(9_000_000, 0, 0)
      encoder.timeUs += 1000
      encoder.sampleForMark(1_000_000 * (round + 1), 30 + 3 * round, 9, round, 40)
      encoder.mark(round === 0 ? 3 : 2, 'watch')
      encoder.seq++
    }
    const facts = scene.analyze(path(), [workloadRun('watch', 3, 4)])
    const valuesOf = (resource: string) =>
      facts.resources.find((series) => series.resource === resource)?.values
    expect(valuesOf('fd')).toEqual([30, 33, 36, 39, 42])
    expect(valuesOf('child')).toEqual([0, 1, 2, 3, 4])
    expect(valuesOf('mapping')).toEqual([40, 40, 40, 40, 40])
    expect(valuesOf('rss')).toEqual([1e6, 2e6, 3e6, 4e6, 5e6])
    expect(facts.resources[0]!.perOperation.value).toBe(1)
    // Samples that did not read descriptors and threads do not show as none.
    expect(facts.timeline.fdCount.slice(0, 4)).toEqual([99, 99, 30, 99])
  })
})

describe('aggregate mode', () => {
  test('gives the same growth from snapshots as full mode from events', () => {
    const scene = new Scene({ mode: 'aggregate' })
    const { encoder } = scene
    const stack = scene.stack('js:main', 'sub:Encode')
    const snapshot = (round: number) => {
      encoder.timeUs += 10
      encoder.snapshot({ bytes: 80 * round, count: 10 * round, peakBytes: 80 * round + 5 }, [
        [stack, 1, 30 * round, 240 * round, 20 * round, 160 * round],
        [stack, 17, 2 * round, 0, round, 0],
      ])
    }
    encoder.mark(3, 'encode')
    snapshot(1)
    for (let round = 2; round <= 5; round++) {
      encoder.timeUs += 1000
      encoder.seq++
      encoder.mark(2, 'encode')
      // One that the agent takes by itself, between the mark and its own.
      encoder.snapshot({ bytes: 1, count: 1, peakBytes: 1 }, [[stack, 1, 30, 240, 29, 239]], 0)
      snapshot(round)
    }
    const facts = scene.analyze(path(), [workloadRun('encode', 10, 4)])
    const heap = facts.groups.find((group) => group.kind === 'malloc')
    expect(heap).toMatchObject({
      liveCounts: [10, 20, 30, 40, 50],
      blocksPerOperation: { value: 1 },
      bytesPerOperation: { value: 8 },
    })
    expect(facts.groups.find((group) => group.kind === 'fd')?.liveCounts).toEqual([1, 2, 3, 4, 5])
    expect(facts.totals).toMatchObject({
      allocatedCount: 150,
      freedCount: 100,
      liveBytes: 400,
      peakBytes: 405,
    })
    expect(facts.marks.map((mark) => mark.liveCount)).toEqual([10, 20, 30, 40, 50])
  })
})

describe('a group’s id', () => {
  test('is the same in every run of the same binary, whatever JavaScript led there', () => {
    const idsOf = (caller: string, before: string[]) => {
      const scene = new Scene()
      scene.stack(...before)
      runRounds(scene, 'encode', 3, () => {
        const stack = scene.stack(caller, 'sub:Encode:88', 'sys:malloc:5')
        scene.encoder.alloc(0, 1, stack, 8, scene.block())
      })
      const facts = scene.analyze(path(), [workloadRun('encode', 1, 3)])
      return facts.groups.map((group) => group.groupId)
    }
    const first = idsOf('js:main', [])
    expect(first.length).toBe(1)
    expect(first[0]).toMatch(/^thumb\.node-[0-9a-f]{16}$/)
    // Other functions first: everything lies at other addresses.
    expect(idsOf('js:other', ['js:x', 'sub:Decode', 'sys:free'])).toEqual(first)
  })
})

test('the processes of a capture come in the order in which they began', () => {
  const facts = [300, 100, 200].map((pid, index) => {
    const scene = new Scene({ pid })
    scene.encoder.headerView.setBigUint64(24, BigInt(1_790_000_000 + index) * 1_000_000_000n, true)
    return scene.analyze(path())
  })
  const manifest: CaptureManifest = {
    formatVersion: 1,
    seamproofVersion: '0',
    createdAt: '',
    command: ['node', 'app.js'],
    cwd: '/app',
    mode: 'full',
    isExact: false,
    exit: { code: 0, signal: null },
    wallMs: 1,
    machine: { os: '', arch: '', libc: '', nodeVersion: '' },
  }
  const capture = captureFacts(manifest, '1.2.3', [...facts].reverse())
  expect(capture.processes.map((process) => process.pid)).toEqual([300, 100, 200])
  expect(capture).toMatchObject({ command: ['node', 'app.js'], seamproofVersion: '1.2.3' })
})

describe('growth over a life without rounds', () => {
  test('is read from the snapshots in aggregate mode, when there are enough of them', () => {
    const scene = new Scene({ mode: 'aggregate' })
    const stack = scene.stack('js:main', 'sub:Encode')
    for (let i = 1; i <= 6; i++) {
      scene.encoder.timeUs = i * 2_000_000
      scene.encoder.seq++
      scene.encoder.mark(0, 'a mark of the user')
      scene.encoder.snapshot({ bytes: 80 * i, count: 10 * i, peakBytes: 80 * i }, [
        [stack, 1, 10 * i, 80 * i, 0, 0],
      ])
    }
    const [group] = scene.analyze(path()).groups
    expect(group).toMatchObject({
      evidence: 'lifetime',
      operationsPerStep: 2,
      liveCounts: [10, 20, 30, 40, 50, 60],
      blocksPerOperation: { value: 5 },
    })
  })

  test('is read per second from snapshots that become rarer, without what tear-down releases', () => {
    const scene = new Scene({ mode: 'aggregate' })
    const { encoder } = scene
    const stack = scene.stack('js:main', 'sub:Encode')
    const timesMs = [500, 1000, 1500, 2000, 2100, 3000, 4000, 5000, 6000, 10_000, 14_000]
    for (const timeMs of timesMs) {
      encoder.timeUs = timeMs * 1000
      encoder.snapshot({ bytes: 0, count: 0, peakBytes: 0 }, [[stack, 1, timeMs, timeMs, 0, 0]], 0)
    }
    encoder.timeUs += 1000
    encoder.mark(4, '')
    encoder.snapshot({ bytes: 0, count: 0, peakBytes: 0 }, [
      [stack, 1, 14_000, 14_000, 14_000, 14_000],
    ])
    const [group] = scene.analyze(path()).groups
    expect(group!.positions).toEqual([0, 1, 2.5, 3.5, 4.5, 5.5, 9.5, 13.5])
    expect(group!.countPerOperationByStep).toEqual(group!.countPerOperationByStep.map(() => 1000))
    expect(group!.blocksPerOperation.value).toBe(1000)
    expect(group!.liveCounts.at(-1)).toBe(14_000)
  })

  test('leaves out blocks younger than a tenth of the life', () => {
    const scene = new Scene()
    const { encoder } = scene
    const leak = scene.stack('js:main', 'sub:Leak')
    const busy = scene.stack('js:main', 'sub:Busy')
    const ring: number[] = []
    for (let i = 0; i < 10_000; i++) {
      encoder.timeUs = i * 1000
      encoder.alloc(0, 1, leak, 32, scene.block())
      const young = scene.block()
      encoder.alloc(0, 1, busy, 32, young)
      ring.push(young)
      // Blocks that live for a twentieth of the life.
      if (ring.length > 500) encoder.free(0, ring.shift()!)
    }
    const facts = scene.analyze(path())
    const of = (name: string) => groupsWith(facts, name)[0]!
    expect(of('Leak').evidence).toBe('lifetime')
    expect(of('Leak').blocksPerOperation.value).toBeCloseTo(1000, -1)
    expect(groupsWith(facts, 'Busy')).toEqual([])
    expect(facts.quietGroups).toMatchObject([
      { evidence: 'lifetime', kind: 'malloc', groupCount: 1 },
    ])
  })

  test('reads a trace that was killed to its last event', () => {
    const scene = new Scene()
    for (let i = 0; i < 4000; i++) {
      scene.encoder.timeUs = i * 1000
      scene.encoder.alloc(0, 1, scene.stack('sub:Leak'), 32, scene.block())
    }
    const facts = scene.analyze(path(), [], 'killed')
    expect(facts.durationMs).toBe(3999)
    expect(facts.groups[0]!.blocksPerOperation.value).toBeCloseTo(1000, -1)
  })
})
