import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { EventOp } from '../../seamproof/src/trace/event-batch.js'
import { KindCode, NodeFlag, TraceState } from '../../seamproof/src/trace/trace-format.js'
import { buildSubject, scratchFolder } from './build-subject.js'
import type { TraceView } from './trace-view.js'
import { runTraced, type TracedRun } from './traced-run.js'

const folder = scratchFolder()
let processes: string

beforeAll(async () => {
  processes = await buildSubject(folder, 'processes.c')
})

const run = (way: string) => runTraced(folder, processes, { args: [way] })
const sound = (traces: readonly TraceView[]) => traces.flatMap((trace) => trace.violations)
const children = (run: TracedRun) => run.traces.filter((trace) => trace !== run.trace)

describe('pitfall 6: fork', () => {
  test('a child that goes on has a trace of its own, and its parent does not hold its blocks', async () => {
    const result = await run('fork')
    expect(result.code).toBe(0)
    const [child] = children(result)
    expect(result.traces).toHaveLength(2)
    expect(child!.meta.header.parentPid).toBe(result.trace.meta.header.pid)
    expect(result.trace.meta.forks.map((fork) => fork.childPid)).toEqual([child!.meta.header.pid])
    expect(result.trace.allocationsOf(6007)).toEqual([])
    expect(result.trace.allocationsOf(6011)).toHaveLength(101)
    // The child is followed from its first few dozen calls on: most children exec at once.
    const seen = child!.allocationsOf(6007).length
    expect(seen).toBeGreaterThan(900)
    expect(seen).toBeLessThan(1000)
    expect(child!.meta.header.state).toBe(TraceState.closed)
    expect(sound(result.traces)).toEqual([])
  })

  test('a child that cannot have a trace goes on without, and its parent’s says so', async () => {
    const result = await run('fork-limited')
    expect([result.code, result.traces.length]).toEqual([0, 1])
    expect(result.trace.meta.header.forksNotFollowed).toBe(1)
    expect(result.trace.allocationsOf(6007)).toEqual([])
    expect(sound(result.traces)).toEqual([])
  })

  test('a child that ends at once leaves no trace', async () => {
    const result = await run('fork-short')
    expect([result.code, result.traces.length]).toEqual([0, 1])
    expect(sound(result.traces)).toEqual([])
  })

  test.each(['_Fork', 'raw-fork'])(
    'a child made by %s, past every handler, leaves its parent’s file alone',
    async (way) => {
      const result = await run(way)
      expect(result.code).toBe(0)
      expect(result.trace.allocationsOf(6007)).toEqual([])
      expect(result.trace.allocationsOf(6011)).toHaveLength(101)
      expect(result.trace.meta.header.state).toBe(TraceState.closed)
      expect(sound(result.traces)).toEqual([])
    },
  )

  test('a child of a thread walks that thread’s stack', async () => {
    const result = await run('fork-from-thread')
    expect(result.code).toBe(0)
    const [child] = children(result)
    const frames = await child!.stack(child!.allocationsOf(6007)[0]!.stack)
    expect(frames.map((frame) => frame.functionName)).toEqual(
      expect.arrayContaining(['allocate', 'forked', 'fork_here']),
    )
    expect(frames.every((frame) => (frame.flags & NodeFlag.foreignStack) === 0)).toBe(true)
    expect(child!.meta.header.walksEndedEarly).toBe(0)
  })

  test('children made while other threads hold our locks go on', async () => {
    const result = await run('fork-while-busy')
    expect(result.code).toBe(0)
    expect(children(result)).toHaveLength(6)
    for (const child of children(result))
      expect(child.allocationsOf(6007).length).toBeGreaterThan(900)
    expect(sound(result.traces)).toEqual([])
  })

  test('children of children each have a trace', async () => {
    const result = await run('generations')
    expect([result.code, result.traces.length]).toEqual([0, 4])
    expect(sound(result.traces)).toEqual([])
    expect(new Set(result.traces.map((trace) => trace.meta.header.pid)).size).toBe(4)
  })
})

describe('pitfall 7: the preload is inherited', () => {
  test('a child that execs leaves nothing of what it was before', async () => {
    const result = await run('fork-exec')
    expect(result.code).toBe(0)
    expect(children(result).map(executable)).toEqual(['true'])
    expect(children(result)[0]!.allocationsOf(6007)).toEqual([])
    expect(sound(result.traces)).toEqual([])
  })

  test('vfork and exec: the child’s descriptors are not taken for its parent’s', async () => {
    const result = await run('vfork-exec')
    expect(result.code).toBe(0)
    expect(children(result).map(executable)).toEqual(['true'])
    expect(result.trace.meta.header.state).toBe(TraceState.closed)
    expect(result.trace.allocationsOf(6011)).toHaveLength(101)
    // /dev/null stays open in the parent: the child's close and dup2 are no business of its trace.
    expect(openDescriptors(result.trace)).toEqual([Number(result.stdout)])
    expect(sound(result.traces)).toEqual([])
  })

  test('a vfork child whose exec fails leaves its parent recording', async () => {
    const result = await run('vfork-failing')
    expect([result.code, result.traces.length]).toEqual([0, 1])
    expect(result.trace.allocationsOf(6011)).toHaveLength(101)
    expect(result.trace.meta.header.state).toBe(TraceState.closed)
  })

  test.each([
    ['posix_spawn', ['processes']],
    ['system', ['dash', 'bash']],
    ['popen', ['dash', 'bash']],
  ])('%s: the other process has a trace of its own', async (way, names) => {
    const result = await run(way)
    expect(result.code).toBe(0)
    expect(children(result).length).toBeGreaterThanOrEqual(1)
    expect(names).toContain(executable(children(result)[0]!))
    expect(sound(result.traces)).toEqual([])
  })

  test.each(['execv', 'execve', 'execvp', 'execvpe', 'execl', 'execlp', 'execle', 'fexecve'])(
    '%s in place: two traces of one pid, the first marked',
    async (way) => {
      const result = await run(way)
      expect(result.code).toBe(0)
      expect(result.traces).toHaveLength(2)
      const [before, after] = result.traces
      expect(after!.meta.header.pid).toBe(before!.meta.header.pid)
      expect(before!.meta.header.state).toBe(TraceState.exec)
      expect(after!.meta.header.state).toBe(TraceState.closed)
      expect(before!.allocationsOf(6011)).toHaveLength(101)
      expect(after!.allocationsOf(6007)).toHaveLength(100)
      expect(sound(result.traces)).toEqual([])
    },
  )

  test('an exec that fails leaves the trace open and recording', async () => {
    const result = await run('failing-exec')
    expect([result.code, result.traces.length]).toEqual([0, 1])
    expect(result.trace.meta.header.state).toBe(TraceState.closed)
    expect(result.trace.allocationsOf(6007)).toHaveLength(100)
  })

  test('Node’s child processes each have a trace', async () => {
    const script = join(folder, 'children.cjs')
    writeFileSync(
      script,
      `const { execFileSync, spawnSync } = require('node:child_process')
       spawnSync('/bin/true')
       execFileSync(process.execPath, ['-e', '0'])`,
    )
    const result = await runTraced(folder, process.execPath, { args: [script] })
    expect(result.code).toBe(0)
    expect(children(result).map(executable).sort()).toEqual(['node', 'true'])
    expect(sound(result.traces)).toEqual([])
  })
})

function executable(trace: TraceView): string {
  const { process } = trace.meta
  if (process === null) throw new Error(`${trace.path} has no PROCESS record`)
  return process.executable.replace(/.*\//, '')
}

/** Descriptors that are open at the end. */
function openDescriptors(trace: TraceView): number[] {
  const open = new Set<number>()
  for (const { op, kind, address } of trace.events) {
    if (kind !== KindCode.fd) continue
    if (op === EventOp.acquire) open.add(address)
    if (op === EventOp.release) open.delete(address)
  }
  return [...open]
}
