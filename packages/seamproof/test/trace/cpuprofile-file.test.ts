import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SeamproofError } from '../../src/base/seamproof-error.js'
import { parseCpuprofile } from '../../src/trace/cpuprofile-file.js'

const call = (functionName: string, url = '', lineNumber = -1) => ({
  functionName,
  scriptId: '0',
  url,
  lineNumber,
  columnNumber: lineNumber,
})
const profile = () => ({
  nodes: [
    { id: 1, callFrame: call('(root)'), children: [2, 3] },
    { id: 2, callFrame: call('main', 'file:///a.js', 4), children: [7] },
    { id: 3, callFrame: call('(idle)') },
    { id: 7, callFrame: call('inner', 'file:///a.js', 9) },
  ],
  startTime: 1_000,
  endTime: 5_000,
  samples: [2, 7, 3],
  timeDeltas: [500, 1_000, 1_000],
})
type Given = ReturnType<typeof profile>
const parse = (change: (given: Given) => unknown = (given) => given) => {
  const given = profile()
  return parseCpuprofile(JSON.stringify(change(given) ?? given), 'app.cpuprofile')
}

describe('a .cpuprofile', () => {
  test('is read with callers, places counted from one, and times from its start', () => {
    expect(parse()).toEqual({
      nodes: [
        { parent: -1, functionName: '(root)', url: '' },
        { parent: 0, functionName: 'main', url: 'file:///a.js', line: 5, column: 5 },
        { parent: 0, functionName: '(idle)', url: '' },
        { parent: 1, functionName: 'inner', url: 'file:///a.js', line: 10, column: 10 },
      ],
      sampleNode: [1, 3, 2],
      sampleUs: [500, 1_500, 2_500],
      durationUs: 4_000,
      outOfOrderCount: 0,
    })
  })

  test('has its samples sorted where V8 wrote them out of order, and counts those', () => {
    const file = parse((given) => {
      given.timeDeltas = [500, 1_000, -600]
    })
    expect(file.sampleUs).toEqual([500, 900, 1_500])
    expect(file.sampleNode).toEqual([1, 2, 3])
    expect(file.outOfOrderCount).toBe(1)
  })

  test.each<[string, (given: Given) => unknown, RegExp]>([
    ['cut off', () => 'x', /holds no object/],
    ['a Chrome trace', () => ({ traceEvents: [] }), /is a Chrome trace/],
    ['a heap profile', () => ({ head: {}, samples: [] }), /layout that V8 gave up/],
    ['without nodes', (given) => ({ ...given, nodes: [] }), /has no nodes/],
    [
      'with a sample of no node',
      (given) => ({ ...given, samples: [2, 99, 3] }),
      /samples\[1\] is node 99/,
    ],
    [
      'with a time too few',
      (given) => ({ ...given, timeDeltas: [1] }),
      /3 samples and 1 timeDeltas/,
    ],
    [
      'with a time that is text',
      (given) => ({ ...given, timeDeltas: [1, '2', 3] }),
      /timeDeltas\[1\] is "2"/,
    ],
    ['that ends before it starts', (given) => ({ ...given, endTime: 0 }), /ends before it starts/],
    [
      'with a child that is not there',
      (given) => {
        given.nodes[1]!.children = [12]
      },
      /has a child 12/,
    ],
    [
      'with a node of two callers',
      (given) => {
        given.nodes[0]!.children = [2, 3, 7]
      },
      /node 7 has two parents/,
    ],
    [
      'that calls itself',
      (given) => {
        given.nodes[0]!.children = [3]
        given.nodes[3]!.children = [2]
      },
      /its own caller/,
    ],
  ])('%s is refused with the place that is wrong', (_, change, message) => {
    expect(() => parse(change)).toThrow(message)
    expect(() => parse(change)).toThrow(SeamproofError)
  })

  test('cut anywhere, it is refused and not half read', () => {
    const text = JSON.stringify(profile())
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), (length) => {
        expect(() => parseCpuprofile(text.slice(0, length), 'cut')).toThrow(SeamproofError)
      }),
    )
  })
})
