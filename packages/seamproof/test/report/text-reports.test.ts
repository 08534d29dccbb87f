import { describe, expect, test } from 'vitest'
import type { CaptureFacts } from '../../src/contract/facts.js'
import { formatBytes } from '../../src/report/format-quantity.js'
import { brailleChart } from '../../src/report/text/braille-chart.js'
import { renderDiff } from '../../src/report/text/render-diff.js'
import { renderSummary } from '../../src/report/text/render-summary.js'
import { renderTimeline } from '../../src/report/text/render-timeline.js'
import { renderTree } from '../../src/report/text/render-tree.js'
import { columns } from '../../src/report/text/text-style.js'
import { FactsBuilder, processOf } from './facts-builder.js'
import { leakyFacts, leakyVerdicts } from './synthetic-facts.js'
import { addon, entry, js, libc } from './synthetic-frames.js'

const facts = leakyFacts(60)
const verdicts = leakyVerdicts(facts)

/** Two stacks whose numbers can be checked by eye. */
function smallFacts(bytes: { encode: number; decode: number }): CaptureFacts {
  const builder = new FactsBuilder()
  const add = (name: string, size: number) => {
    if (size === 0) return
    const stack = [...entry, js('run', 'src/run.ts', 3), addon(name, 7), libc('malloc')]
    builder.cost(builder.stack(stack), 'malloc', {
      allocatedCount: 1,
      allocatedBytes: size,
      liveCount: 1,
      liveBytes: size,
      peakCount: 1,
      peakBytes: size,
    })
  }
  add('encode', bytes.encode)
  add('decode', bytes.decode)
  return {
    formatVersion: 1,
    seamproofVersion: '0.1.0',
    command: ['node', 'run.ts'],
    processes: [processOf(builder)],
  }
}

describe('summary', () => {
  test('a process fits on one screen: totals, functions, modules, stacks, sizes', () => {
    expect(renderSummary(facts, verdicts, { limit: 5 })).toMatchSnapshot()
  })

  test('in aggregate mode nothing is ranked by a peak that is not known', () => {
    const aggregate = structuredClone(facts)
    aggregate.processes[0]!.mode = 'aggregate'
    const text = renderSummary(aggregate, verdicts, { metric: 'peak' })
    expect(text).toContain('Functions that allocated most: live at end')
    expect(text).not.toContain('temporary')
  })

  test('several processes are listed, and another can be shown', () => {
    const two = structuredClone(facts)
    const child = structuredClone(two.processes[0]!)
    two.processes.push({
      ...child,
      pid: 4243,
      argv: ['node', 'child.js'],
      traceFile: 'child.trace',
    })
    const text = renderSummary(two, verdicts, { processIndex: 1 })
    expect(text).toContain('2 processes')
    expect(text).toMatch(/▸ +1 .*child\.js/)
  })

  test('a capture without a process says so', () => {
    expect(renderSummary({ ...facts, processes: [] }, verdicts)).toBe(
      'The capture holds no process.\n',
    )
  })
})

describe('tree', () => {
  test('the widest branch comes first, and what is left out is said', () => {
    expect(renderTree(facts, verdicts, { depth: 6, shareMin: 0.05 })).toMatchSnapshot()
  })

  test('inverted, it begins with what allocates', () => {
    const text = renderTree(smallFacts({ encode: 4096, decode: 1024 }), verdicts, {
      isInverted: true,
    })
    const rows = text.split('\n').filter((line) => line.includes('addon.cc:7'))
    expect(rows[0]).toMatch(/80\.0 % +4\.00 KiB +├ encode/)
    expect(rows[1]).toMatch(/20\.0 % +1\.00 KiB +└ decode/)
  })

  test('with nothing folded, every frame is there', () => {
    const text = renderTree(smallFacts({ encode: 10, decode: 0 }), verdicts, { folds: [] })
    for (const name of ['__libc_start_main', 'node::Start', 'run', 'encode', 'malloc'])
      expect(text).toContain(name)
  })

  test('no line is wider than asked', () => {
    const text = renderTree(facts, verdicts, { width: 80, folds: [] })
    expect(text.split('\n').filter((line) => columns(line) > 80)).toEqual([])
  })
})

describe('timeline', () => {
  test('live bytes and RSS are drawn over time with the marks', () => {
    expect(renderTimeline(facts, { width: 80, height: 6 })).toMatchSnapshot()
  })

  test('a process too short to be sampled says so', () => {
    const short = structuredClone(facts)
    const empty = {
      liveMs: [],
      liveBytes: [],
      rssMs: [],
      rssBytes: [],
      fdCount: [],
      threadCount: [],
    }
    short.processes[0]!.timeline = empty
    expect(renderTimeline(short)).toContain('RSS: not sampled')
  })

  test('the highest point touches the top row and the lowest the bottom row', () => {
    const chart = { widthColumns: 20, heightRows: 4, xMin: 0, xMax: 1, yMin: 0, yMax: 10 }
    const rows = brailleChart({ x: [0, 1], y: [0, 10] }, chart)
    expect(rows[0]!.trim()).not.toBe('')
    expect(rows[3]!.trim()).not.toBe('')
    expect(rows[0]!.startsWith(' ')).toBe(true)
    expect(rows[3]!.endsWith(' ')).toBe(true)
  })
})

describe('diff', () => {
  test('what is new, grew, shrank and went is listed with its stack', () => {
    const before = { facts: smallFacts({ encode: 4096, decode: 1024 }) }
    const after = { facts: smallFacts({ encode: 6144, decode: 0 }) }
    const text = renderDiff(before, after)
    expect(text).toMatch(
      /Grew: 1 stack, live at end\n +\+2\.00 KiB +0 +encode addon\.cc:7 ← run run\.ts:3/,
    )
    expect(text).toMatch(/Gone: 1 stack, live at end\n +-1\.00 KiB +-1 +decode addon\.cc:7/)
    expect(text).not.toContain('New')
    expect(renderDiff(after, before)).toMatch(/New: 1 stack.*\n +\+1\.00 KiB +\+1 +decode/)
  })

  test('a stack whose lines moved and whose path differs is still the same stack', () => {
    const before = smallFacts({ encode: 4096, decode: 1024 })
    const after = structuredClone(before)
    for (const frame of after.processes[0]!.frames) {
      if (frame.line !== undefined) frame.line += 10
      if (frame.file !== undefined) frame.file = frame.file.replace('/srv/thumbs', '/elsewhere/v2')
    }
    expect(renderDiff({ facts: before }, { facts: after })).toContain('No stack differs.')
  })

  test('the totals stand side by side with their change', () => {
    const before = { facts: smallFacts({ encode: 4096, decode: 1024 }) }
    const after = { facts: smallFacts({ encode: 6144, decode: 0 }) }
    const live = renderDiff(before, after)
      .split('\n')
      .find((line) => line.startsWith('Live at end'))
    expect(live).toMatch(/5\.00 KiB +6\.00 KiB +\+1\.00 KiB/)
    expect(formatBytes(5120)).toBe('5.00 KiB')
  })
})
