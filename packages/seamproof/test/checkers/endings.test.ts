import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CheckedProject } from './checked-project.js'

let project: CheckedProject
beforeAll(() => {
  project = new CheckedProject()
})
afterAll(() => project.remove())

const load = `const addon = require('./build/Release/checked.node')`

async function leaksOf(program: string, name: string) {
  project.write(name, program)
  const run = await project.run('asan', { program: ['node', name] })
  expect(run.status).toBe('ran')
  return run.reports.map(({ kind, blocks, stacks }) => ({
    kind,
    blocks,
    at: stacks[0]!.frames.find(({ origin }) => origin === 'subject')?.functionName,
  }))
}

describe('leaks of a program under asan', () => {
  test('are seen at its end', async () => {
    const program = `${load}\nfor (let i = 0; i < 7; i++) addon.leak()`
    expect(await leaksOf(program, 'ends.cjs')).toEqual([{ kind: 'leak', blocks: 7, at: 'leak' }])
  })

  test('are seen when it ends by process.exit, and what JavaScript holds is none', async () => {
    const program = `${load}
globalThis.kept = Array.from({ length: 50 }, () => addon.held())
for (let i = 0; i < 7; i++) addon.leak()
process.exit(3)`
    expect(await leaksOf(program, 'exits.cjs')).toEqual([{ kind: 'leak', blocks: 7, at: 'leak' }])
  })

  test('are seen when it throws', async () => {
    const program = `${load}
globalThis.kept = addon.held()
addon.leak()
throw new Error('on purpose')`
    expect(await leaksOf(program, 'throws.cjs')).toEqual([{ kind: 'leak', blocks: 1, at: 'leak' }])
  })

  test('are named when a worker made them, which unloads its addons as it ends', async () => {
    const program = `${load}
const { Worker, isMainThread } = require('node:worker_threads')
if (isMainThread) new Worker(__filename)
else for (let i = 0; i < 5; i++) addon.leak()`
    expect(await leaksOf(program, 'worker.cjs')).toEqual([{ kind: 'leak', blocks: 5, at: 'leak' }])
  })

  test('are seen in child processes', async () => {
    const program = `
if (process.argv[2] === 'child') { ${load}; addon.leak(); addon.leak() }
else require('node:child_process').execFileSync(process.execPath, [__filename, 'child'])`
    expect(await leaksOf(program, 'child.cjs')).toEqual([{ kind: 'leak', blocks: 2, at: 'leak' }])
  })
})

test('a log is kept of a process that was killed', async () => {
  project.write('killed.cjs', `${load}\naddon.overflow()\nprocess.kill(process.pid, 'SIGKILL')`)
  const run = await project.run('asan', { program: ['node', 'killed.cjs'] })
  expect(run.reports.map(({ kind }) => kind)).toEqual(['overflow'])
})

test('a small Buffer is a block of its own: a write past its end is seen', async () => {
  project.write(
    'pool.cjs',
    `${load}
console.log(Buffer.poolSize, Buffer.from('abc').buffer.byteLength)`,
  )
  const run = await project.run('asan', { program: ['node', 'pool.cjs'] })
  expect(readFileSync(join(project.folder, run.folder, 'run/output.txt'), 'utf8')).toBe('0 3\n')
})
