import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { nodeBinary, otherNodeMajors } from '../../../scripts/node-versions.mjs'
import { TraceState } from '../../seamproof/src/trace/trace-format.js'
import { buildSubject, scratchFolder, subjectFolder } from './build-subject.js'
import { newCapture, nodeOptions, runTraced, type TracedRun } from './traced-run.js'

const folder = scratchFolder()

/** Node of a major version; the test fails with how to get it. */
function node(major: number): string {
  if (major === Number(process.versions.node.split('.')[0])) return process.execPath
  const path = nodeBinary(major)
  if (!existsSync(path)) throw new Error(`this test needs Node ${major}: npm run setup`)
  return path
}

const runNode = (
  script: string,
  args: string[] = [],
  { flags = '', cwd = folder, binary = process.execPath } = {},
) =>
  runTraced(folder, binary, {
    args: [...flags.split(' ').filter(Boolean), join(subjectFolder, script), ...args],
    env: { NODE_OPTIONS: nodeOptions },
    cwd,
  })

const majors = [Number(process.versions.node.split('.')[0]), ...otherNodeMajors]

describe.each([...new Set(majors)])(
  'pitfall 16: JavaScript code that moves, on Node %i',
  (major) => {
    let run: TracedRun
    let cwd: string
    beforeAll(async () => {
      cwd = newCapture(folder)
      const flags = '--expose-gc --stress-flush-code'
      run = await runNode('code-moves.cjs', [], { flags, cwd, binary: node(major) })
    })

    test('the program runs, and V8’s own log files are nowhere', () => {
      expect([run.code, run.stdout]).toEqual([0, 'unharmed'])
      expect(run.trace.violations).toEqual([])
      expect(readdirSync(cwd)).toEqual([])
      const { pid } = run.trace.meta.header
      expect(readdirSync('/tmp')).not.toContain(`perf-${pid}.map`)
    })

    test('in every tier the functions that allocate have their names, files and lines', async () => {
      for (const size of [8209, 8221]) {
        const blocks = run.trace.allocationsOf(size)
        expect(blocks.length).toBeGreaterThanOrEqual(400 * 40)
        for (const stack of new Set(blocks.map((block) => block.stack))) {
          const frames = (await run.trace.stack(stack)).filter((frame) =>
            frame.file?.endsWith('code-moves.cjs'),
          )
          // An optimised function hides those that V8 inlined into it; the outermost is always there.
          for (const frame of frames) expect(frame.line).toBeGreaterThan(0)
          expect(frames.map((frame) => frame.functionName).join()).toMatch(/hot/)
        }
      }
    })

    test('code at the place of other code has its own name', async () => {
      const blocks = run.trace.allocationsOf(8231)
      expect(blocks).toHaveLength(600 * 3)
      const made = new Map<string, number>()
      for (const { stack } of blocks) {
        const names = await run.trace.stackNames(stack)
        const own = names.filter((name) => /^made_/.test(name))
        expect(own).toHaveLength(1)
        made.set(own[0]!, (made.get(own[0]!) ?? 0) + 1)
      }
      expect(made.size).toBe(600)
      expect([...made.values()].every((count) => count === 3)).toBe(true)
    })
  },
)

test('a program’s own files that are called like V8’s are written as asked', async () => {
  const subject = await buildSubject(folder, 'user-files.c')
  const run = await runTraced(folder, subject, { cwd: newCapture(folder) })
  expect([run.code, run.stdout]).toEqual([0, 'unharmed'])
  expect(run.trace.meta.code).toEqual([])
})

describe('pitfall 17: workers', () => {
  test('those that are terminated while they allocate leave a sound trace', async () => {
    const run = await runNode('workers.cjs', ['6'])
    expect([run.code, run.stdout]).toEqual([0, 'unharmed'])
    expect(run.trace.violations).toEqual([])
    expect(run.trace.meta.header.state).toBe(TraceState.closed)
    expect(run.trace.allocationsOf(8233).length).toBeGreaterThan(0)
    expect(run.trace.liveOf(8233)).toBe(0)
  })

  test.each([...new Set(majors)])(
    'on Node %i marks, heap numbers and collections of isolates that come and go are recorded',
    async (major) => {
      const run = await runNode('control.cjs', [], { flags: '--expose-gc', binary: node(major) })
      expect([run.code, run.stdout, run.stderr]).toEqual([0, 'unharmed', ''])
      const { marks, gcs, jsHeap } = run.trace.meta
      expect(run.trace.violations).toEqual([])
      const names = marks.map((mark) => mark.name)
      expect(names.filter((name) => name === 'round 3').length).toBeGreaterThanOrEqual(2)
      expect(names).toContain('x'.repeat(256))
      expect(marks.filter((mark) => mark.kind === 'round-end').length).toBeGreaterThanOrEqual(24)
      expect(jsHeap.length).toBeGreaterThanOrEqual(24)
      expect(jsHeap.every((heap) => heap.usedBytes > 1e6)).toBe(true)
      expect(gcs.length).toBeGreaterThanOrEqual(24)
    },
  )

  test('process.exit in a handler, while workers run, closes the trace in order', async () => {
    const run = await runNode('workers.cjs', ['1', 'exit'])
    expect(run.code).toBe(5)
    expect(run.trace.violations).toEqual([])
    expect(run.trace.meta.header.state).toBe(TraceState.closed)
    expect(run.trace.allocationsOf(8237)).toHaveLength(1)
    expect(run.trace.meta.marks.at(-1)?.kind).toBe('program-end')
  })
})
