import { describe, expect, test } from 'vitest'
import { diffJson } from '../../src/report/json/diff-json.js'
import {
  leaksJson,
  summaryJson,
  timelineJson,
  treeJson,
} from '../../src/report/json/report-json.js'
import { leakyFacts, leakyVerdicts } from './synthetic-facts.js'

const facts = leakyFacts(60)
const verdicts = leakyVerdicts(facts)

/** Names of all fields, so that a field that goes or is renamed fails a test. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])]
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]))
  return value === null ? 'null' : typeof value
}

describe('--json', () => {
  test('leaks: every field that a script may read is there', () => {
    expect(shapeOf(leaksJson(facts, verdicts))).toMatchSnapshot()
  })

  test('leaks: numbers are numbers, and the first stack leads from malloc to the addon', () => {
    const [leak] = leaksJson(facts, verdicts).leaks
    expect(leak).toMatchObject({
      status: 'fail',
      functionName: 'encode',
      location: '/srv/thumbs/src/addon.cc:88',
      calledFrom: { functionName: 'makeThumb' },
      blocksPerOperation: { value: 1 },
      bytesPerOperation: { value: 64 },
    })
    expect(leak!.stack.map((frame) => frame.functionName).slice(0, 1)).toEqual(['malloc'])
  })

  test('summary, tree, timeline and diff keep their fields', () => {
    expect({
      summary: shapeOf(summaryJson(facts, verdicts)),
      tree: shapeOf(treeJson(facts, verdicts, { depth: 1 })),
      timeline: shapeOf(timelineJson(facts)),
      diff: shapeOf(diffJson({ facts }, { facts })),
    }).toMatchSnapshot()
  })

  test('a tree that cannot be drawn says why', () => {
    const aggregate = structuredClone(facts)
    aggregate.processes[0]!.mode = 'aggregate'
    expect(treeJson(aggregate, verdicts, { metric: 'peak' }).gap).toContain('--mode full')
    expect(diffJson({ facts: aggregate }, { facts }, { metric: 'peak' }).gap).toContain(
      '--mode full',
    )
  })

  test('a capture compared with itself has no row that differs', () => {
    const changes = new Set(diffJson({ facts }, { facts }).rows.map(({ change }) => change))
    expect([...changes]).toEqual(['same'])
  })

  test('all of it survives JSON', () => {
    for (const report of [
      leaksJson(facts, verdicts),
      summaryJson(facts, verdicts),
      timelineJson(facts),
    ])
      expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })
})
