import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CaptureFacts } from '../../src/contract/facts.js'
import {
  type CallTree,
  CallTreeLayout,
  keyText,
} from '../../src/report/call-tree/call-tree-layout.js'
import { foldNames, groupings } from '../../src/report/call-tree/frame-keys.js'
import { searchMarks, searchTest, stackMarks } from '../../src/report/call-tree/node-marks.js'
import { topFrames } from '../../src/report/call-tree/top-frames.js'
import { firstEndingAfter, nodeAt, type ViewTree } from '../../src/report/call-tree/view-tree.js'
import { leakedAmounts, metrics, metricUnits } from '../../src/report/metric.js'
import { FactsBuilder, processOf } from './facts-builder.js'
import { leakyFacts, leakyVerdicts } from './synthetic-facts.js'
import { addon, entry, js, libc, native, runtime } from './synthetic-frames.js'

const noLeaks = leakedAmounts(leakyFacts(1).processes[0]!, {
  formatVersion: 1,
  checks: [],
  leaks: [],
})

const request = { metric: 'live', unit: 'bytes' } as const

/** `name value` of every node, indented by depth. */
const outline = (call: CallTree): string[] =>
  Array.from({ length: call.tree.size - 1 }, (_, index) => index + 1).map(
    (node) =>
      `${'  '.repeat(call.tree.depth[node]! - 1)}${keyText(call, call.tree.key[node]!).name} ${call.tree.value[node]}`,
  )

function layoutOf(stacks: [frames: Parameters<FactsBuilder['stack']>[0], bytes: number][]) {
  const builder = new FactsBuilder()
  for (const [frames, bytes] of stacks)
    builder.cost(builder.stack(frames), 'malloc', { liveCount: 1, liveBytes: bytes })
  return new CallTreeLayout(processOf(builder), noLeaks)
}

const run = js('run', 'src/run.ts', 3)
const task = js('processTicksAndRejections', 'node:internal/process/task_queues', 95)

describe('the call tree that reports draw', () => {
  test('is merged by function, widest child first', () => {
    const layout = layoutOf([
      [[run, addon('small', 1)], 10],
      [[run, addon('wide', 2)], 30],
      [[run, addon('wide', 9)], 30],
    ])
    expect(outline(layout.tree(request))).toEqual(['run 70', '  wide 60', '  small 10'])
  })

  test('keeps lines apart when it is asked to', () => {
    const layout = layoutOf([
      [[run, addon('wide', 2)], 20],
      [[run, addon('wide', 9)], 30],
    ])
    expect(outline(layout.tree({ ...request, grouping: 'line' }))).toEqual([
      'run 50',
      '  wide 30',
      '  wide 20',
    ])
  })

  test('joins frames of one function over the tiers that V8 ran it in', () => {
    const layout = layoutOf([
      [[js('hot', 'src/a.ts', 1, { tier: 'interpreted' }), addon('f', 1)], 1],
      [[js('hot', 'src/a.ts', 1, { tier: 'optimized' }), addon('f', 1)], 1],
    ])
    expect(outline(layout.tree(request))).toEqual(['hot 2', '  f 2'])
  })

  test('folds each run of plumbing into one box, and keeps the Node-API in sight', () => {
    const layout = layoutOf([
      [
        [
          ...entry,
          task,
          run,
          runtime('v8::Call'),
          addon('f', 1),
          runtime('napi_create_reference'),
          runtime('v8impl::Reference::New'),
          libc('malloc'),
        ],
        5,
      ],
    ])
    expect(
      outline(layout.tree({ ...request, folds: foldNames })).map((line) => line.trim()),
    ).toEqual([
      '⋯ Node and V8 5',
      'run 5',
      '⋯ Node and V8 5',
      'f 5',
      'napi_create_reference 5',
      '⋯ Node and V8 5',
    ])
  })

  test('leaves allocator frames away at the end of a stack, unless nothing else is there', () => {
    const layout = layoutOf([
      [[addon('f', 1), native('operator new', 'libstdc++.so.6', 'system'), libc('malloc')], 5],
      [[libc('start_thread'), libc('malloc')], 3],
    ])
    expect(outline(layout.tree({ ...request, folds: ['system'] }))).toEqual(['f 5', '⋯ libc 3'])
  })

  test('inverted, begins with what allocates and leads to its callers', () => {
    const layout = layoutOf([
      [[run, addon('f', 1), libc('malloc')], 5],
      [[task, addon('f', 1), libc('malloc')], 3],
    ])
    const call = layout.tree({ ...request, isInverted: true, folds: ['system'] })
    expect(outline(call)).toEqual(['f 8', '  run 5', '  processTicksAndRejections 3'])
  })

  test('by module, a run of one module is one box', () => {
    const inPackage = js('helper', '/srv/thumbs/node_modules/@acme/x/lib/a.js', 3)
    const layout = layoutOf([[[run, inPackage, addon('f', 1), addon('g', 2)], 5]])
    expect(
      outline(layout.tree({ ...request, grouping: 'module' })).map((line) => line.trim()),
    ).toEqual(['run.ts 5', '@acme/x 5', 'thumb.node 5'])
  })

  test('a function that calls itself counts once in its total', () => {
    const layout = layoutOf([[[run, addon('f', 1), run, addon('f', 1)], 8]])
    const { tree } = layout.tree(request)
    const totals = topFrames(tree).map(({ key, self, total }) => [
      tree.keys.label[key],
      self,
      total,
    ])
    expect(totals).toEqual([
      ['f', 8, 8],
      ['run', 0, 8],
    ])
  })
})

describe('any tree', () => {
  const facts: CaptureFacts = leakyFacts(150)
  const process = facts.processes[0]!
  const layout = new CallTreeLayout(process, leakedAmounts(process, leakyVerdicts(facts)))
  const requests = fc.record({
    metric: fc.constantFrom(...metrics),
    unit: fc.constantFrom(...metricUnits),
    grouping: fc.constantFrom(...groupings),
    isInverted: fc.boolean(),
    folds: fc.subarray([...foldNames]),
  })

  test('keeps every byte, whatever is folded, grouped or turned over', () => {
    fc.assert(
      fc.property(requests, ({ metric, unit, ...rest }) => {
        const plain = layout.tree({ metric, unit }).tree.value[0]!
        expect(layout.tree({ metric, unit, ...rest }).tree.value[0]).toBeCloseTo(plain, 3)
      }),
      { numRuns: 60 },
    )
  })

  test('has rows whose boxes are in order, inside their callers, and numbered depth first', () => {
    fc.assert(
      fc.property(requests, (wanted) => {
        const { tree } = layout.tree(wanted)
        for (let row = 0; row < tree.rowCount; row++) checkRow(tree, row)
        for (let node = 1; node < tree.size; node++) {
          const parent = tree.parent[node]!
          expect(parent).toBeLessThan(node)
          expect(node).toBeLessThan(parent + tree.subtree[parent]!)
          expect(tree.start[node]!).toBeGreaterThanOrEqual(tree.start[parent]! - 1e-6)
          expect(tree.start[node]! + tree.value[node]!).toBeLessThanOrEqual(
            tree.start[parent]! + tree.value[parent]! + 1e-6,
          )
        }
      }),
      { numRuns: 40 },
    )
  })

  test('finds the box under a point as a search through the whole row does', () => {
    const { tree } = layout.tree(request)
    const total = tree.value[0]!
    const point = fc.record({
      row: fc.integer({ min: 0, max: tree.rowCount - 1 }),
      share: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    })
    fc.assert(
      fc.property(point, ({ row, share }) => {
        const value = share * total
        const nodes = [...tree.rowNodes.subarray(tree.rowStart[row]!, tree.rowStart[row + 1]!)]
        const found = nodes.find(
          (node) => tree.start[node]! <= value && value < tree.start[node]! + tree.value[node]!,
        )
        expect(nodeAt(tree, row, value)).toBe(found ?? -1)
      }),
    )
  })

  function checkRow(tree: ViewTree, row: number): void {
    let end = -1
    for (let at = tree.rowStart[row]!; at < tree.rowStart[row + 1]!; at++) {
      const node = tree.rowNodes[at]!
      expect(tree.depth[node]).toBe(row)
      expect(tree.start[node]!).toBeGreaterThanOrEqual(end - 1e-6)
      end = tree.start[node]! + tree.value[node]!
    }
    expect(firstEndingAfter(tree, row, end)).toBe(tree.rowStart[row + 1])
  }
})

describe('marks', () => {
  const layout = layoutOf([
    [[run, addon('encode', 88), addon('encode_row', 90)], 60],
    [[run, addon('decode', 12)], 40],
  ])
  const { tree, data } = layout.tree(request)

  test('a search counts each stack once, though caller and callee match', () => {
    const marks = searchMarks(tree, data, searchTest('ENCODE')!)
    expect(marks.value).toBe(60)
    expect(marks.count).toBe(2)
  })

  test('a search finds files, lines and regular expressions; a broken one is told apart', () => {
    expect(searchMarks(tree, data, searchTest('addon.cc:12')!).value).toBe(40)
    expect(searchMarks(tree, data, searchTest('/^(en|de)code$/')!).value).toBe(100)
    expect(searchTest('/(/')).toBeUndefined()
  })

  test('the stacks of a leak are marked from the root to their end', () => {
    const marks = stackMarks(tree, [0])
    const marked = [...marks.isMarked.keys()].filter((node) => marks.isMarked[node] === 1)
    expect(marked.map((node) => tree.keys.label[tree.key[node]!])).toEqual([
      'run',
      'encode',
      'encode_row',
    ])
    expect(marks.value).toBe(60)
  })
})
