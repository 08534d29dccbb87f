import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CheckedProject, found, subjectFrame } from './checked-project.js'

/** Valgrind takes a minute on a machine that has other things to do. */
const valgrindMs = 400_000

let project: CheckedProject
beforeAll(() => {
  project = new CheckedProject()
})
afterAll(() => project.remove())

describe('asan', () => {
  test('finds what is wrong with blocks, and nothing in the twins', async () => {
    const file = project.workloads(
      ...['overflow', 'overflowRight', 'afterFree', 'afterFreeRight', 'leak', 'leakRight', 'held'],
    )
    const run = await project.run('asan', { file })
    expect(found(run)).toEqual([
      ['afterFree', 'use-after-free'],
      ['leak', 'leak'],
      ['overflow', 'overflow'],
    ])
    const leak = run.reports.find(({ kind }) => kind === 'leak')!
    expect(leak.perOperation).toEqual({ bytes: 64, blocks: 1 })
    expect(leak.rule).toBe('definitely lost')
    const overflow = run.reports.find(({ kind }) => kind === 'overflow')!
    expect(overflow.message).toBe(
      'write of 1 byte, 0 bytes after a block of 40 (heap-buffer-overflow)',
    )
    // The file is the user's, not that of the copy which was built.
    expect(subjectFrame(run, 'overflow')).toMatchObject({
      file: project.path('checked.c'),
      functionName: 'overflow',
      moduleName: 'checked.node',
    })
    const frames = overflow.stacks.flatMap((stack) => stack.frames)
    expect(frames.some(({ kind, file: at }) => kind === 'js' && at === file)).toBe(true)
    expect(overflow.stacks.map(({ role }) => role)).toEqual(['now', 'allocated'])
    // The user's own build is not made, and not touched.
    expect(existsSync(project.path('build'))).toBe(false)
  })

  test('goes on with the next workload when one ends the process', async () => {
    const file = project.workloads('leakRight', 'crash', 'overflow')
    const run = await project.run('asan', { file })
    const kinds = run.reports.map(({ workload, kind }) => [workload, kind])
    expect(kinds).toContainEqual(['crash', 'null-pointer'])
    expect(kinds).toContainEqual(['overflow', 'overflow'])
    expect(run.workloads).toEqual(['leakRight', 'crash', 'overflow'])
  })
})

test('ubsan finds arithmetic that has no defined result, and the line', async () => {
  const file = project.workloads('intOverflow', 'intOverflowRight')
  const run = await project.run('ubsan', { file })
  expect(found(run)).toEqual([['intOverflow', 'undefined-behaviour']])
  expect(subjectFrame(run, 'intOverflow')).toMatchObject({ file: project.path('checked.c') })
})

test('tsan finds a race between threads, and takes a mutex for what it is', async () => {
  const file = project.workloads('race', 'raceRight')
  const run = await project.run('tsan', { file })
  expect(found(run)).toEqual([['race', 'race']])
  const roles = run.reports[0]!.stacks.map(({ role }) => role)
  expect(roles.slice(0, 2)).toEqual(['now', 'other-access'])
  expect(run.blindSpots.length).toBeGreaterThan(0)
})

test(
  'memcheck finds values that were never set, and what is lost in every round',
  async () => {
    const names = ['uninitialised', 'overflow', 'leak']
    const file = project.workloads(...names, ...names.map((name) => `${name}Right`), 'held')
    const run = await project.run('memcheck', { file })
    expect(found(run)).toEqual([
      ['leak', 'leak'],
      ['overflow', 'overflow'],
      ['uninitialised', 'uninitialised'],
    ])
    const leak = run.reports.find(({ kind }) => kind === 'leak')!
    expect(leak.perOperation).toEqual({ bytes: 64, blocks: 1 })
    const frames = leak.stacks.flatMap((stack) => stack.frames)
    expect(frames.some(({ kind, file: at }) => kind === 'js' && at === file)).toBe(true)
  },
  valgrindMs,
)

describe.each(['helgrind', 'drd'] as const)('%s', (instrument) => {
  test(
    'finds the race, and calls it possible',
    async () => {
      const file = project.workloads('race', 'raceRight')
      const run = await project.run(instrument, { file, operations: 5, rounds: 1 })
      expect(found(run)).toEqual([['race', 'race']])
      expect(run.reports.every(({ severity }) => severity === 'warning')).toBe(true)
    },
    valgrindMs,
  )
})
