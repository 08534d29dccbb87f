import { describe, expect, test } from 'vitest'
import { openTrace } from '../../src/trace/open-trace.js'
import { readTraceMeta } from '../../src/trace/trace-meta.js'
import { ByteWriter } from './byte-writer.js'
import { MemorySink, TraceEncoder } from './trace-encoder.js'
import { traceScratch } from './trace-scratch.js'

const scratch = traceScratch()

function metaOf(write: (encoder: TraceEncoder) => void, end: 'closed' | 'killed' = 'closed') {
  const sink = new MemorySink()
  const encoder = new TraceEncoder(sink, { metaChunkBytes: 4096, pid: 77 })
  write(encoder)
  encoder.finish(end)
  return readTraceMeta(scratch.write(sink.bytes))
}

const addon: [number, number, number, number][] = [
  [0x10000, 0x1000, 4, 0],
  [0x11000, 0x4000, 5, 0x1000],
]

describe('a trace tells about its process', () => {
  test('in its header and PROCESS record', () => {
    const meta = metaOf((encoder) => {
      encoder.timeUs = 1500
      encoder.process('/usr/bin/node', '/app', ['node', 'naïve.js'])
    })
    expect(meta.header).toMatchObject({ pid: 77, parentPid: 1, mode: 'full', state: 1 })
    expect(meta.header.isHeaderIntact).toBe(true)
    expect(meta.header.endMonotonicNs - meta.header.startMonotonicNs).toBe(1_500_000)
    expect(meta.process).toEqual({
      executable: '/usr/bin/node',
      cwd: '/app',
      argv: ['node', 'naïve.js'],
    })
    expect(meta.damage).toEqual([])
  })

  test('also when it was killed and no chunk was closed', () => {
    const meta = metaOf((encoder) => {
      encoder.process('/usr/bin/node', '/app', ['node'])
      for (let i = 0; i < 5000; i++) encoder.node(i, 0x1000 + i)
    }, 'killed')
    expect(meta.process?.executable).toBe('/usr/bin/node')
    expect(meta.stacks.nodeCount).toBe(5000)
    expect(meta.stacks.parent[5000]).toBe(4999)
    expect(meta.damage).toEqual([])
  })

  test('with marks, threads, collections, samples, notes and snapshots', () => {
    const meta = metaOf((encoder) => {
      encoder.threadStart(0, 77, 'node')
      encoder.timeUs = 10
      encoder.seq = 5
      encoder.mark(3, 'encode')
      encoder.gc(4000, 2)
      encoder.sample(50_000_000, 21, 11)
      encoder.threadEnd(0)
      encoder.note('dlopen of libfoo.so was seen late')
      encoder.snapshot({ bytes: 10, count: 2, peakBytes: 30 }, [[0, 1, 3, 30, 1, 20]])
    })
    expect(meta.marks).toEqual([{ seq: 5, timeUs: 10, kind: 'warmup-end', name: 'encode' }])
    expect(meta.threads).toEqual([{ index: 0, tid: 77, startUs: 0, endUs: 10, name: 'node' }])
    expect(meta.gcs).toEqual([{ startUs: 10, durationUs: 4000, type: 2 }])
    expect(meta.samples[0]).toMatchObject({ fdCount: 21, threadCount: 11, rssBytes: 50_000_000 })
    expect(meta.notes).toEqual(['dlopen of libfoo.so was seen late'])
    expect(meta.snapshots).toEqual([
      { seq: 5, timeUs: 10, liveBytes: 10, liveCount: 2, peakBytes: 30 },
    ])
  })
})

describe('an address of a stack is resolved', () => {
  test('to the offset of the call in its module, by the load bias', () => {
    const meta = metaOf((encoder) => {
      encoder.module(3, 0x10000, '/app/a.node', 'abcd', addon)
      encoder.node(0, 0x11010)
    })
    expect(meta.locations[meta.stacks.location[1]!]).toEqual({
      kind: 'native',
      moduleIndex: 0,
      offset: 0x100f,
    })
    expect(meta.modules[0]).toMatchObject({ path: '/app/a.node', buildId: 'abcd', agentIndex: 3 })
  })

  test('exactly, also after addresses of 64 bits that a walk gone astray left behind', () => {
    const meta = metaOf((encoder) => {
      encoder.module(3, 0x10000, '/app/a.node', 'abcd', addon)
      encoder.node(0, 0x11010)
      // The next 64-bit pcs: all ones, and one with its top bit set.
      encoder.exactNode(0, 0xffff_ffff_ffff_ffffn)
      encoder.exactNode(0, 0x8123_4567_89ab_cdefn)
      encoder.node(0, 0x11021)
    })
    expect(meta.damage).toEqual([])
    const offsetOf = (node: number) => {
      const location = meta.locations[meta.stacks.location[node]!]!
      return location.kind === 'native' ? location.offset : location.kind
    }
    expect([1, 2, 3, 4].map(offsetOf)).toEqual([0x100f, 'unknown', 'unknown', 0x1020])
  })

  test('though another record makes no sense', () => {
    const meta = metaOf((encoder) => {
      encoder.module(3, 0x10000, '/app/a.node', 'abcd', addon)
      encoder.meta(17, new ByteWriter().varint(99).u8(1))
      encoder.node(0, 0x11010)
    })
    expect(meta.damage.length).toBe(1)
    expect(meta.locations[meta.stacks.location[1]!]!.kind).toBe('native')
  })

  test('to the code that was live when the node was made, not to what V8 put there later', () => {
    const meta = metaOf((encoder) => {
      encoder.code(0x5000, 0x100, 'JS:~first /a.js:1:1')
      encoder.node(0, 0x5011)
      encoder.code(0x5080, 0x100, 'JS:*second /a.js:9:1')
      encoder.node(0, 0x5081)
      encoder.node(0, 0x5091)
      // The rest of the first code is dead, since V8 only reuses dead space.
      encoder.node(0, 0x5011)
    })
    const at = (node: number) => meta.locations[meta.stacks.location[node]!]
    expect(at(1)).toEqual({ kind: 'js', codeIndex: 0, offset: 0x10 })
    expect(at(2)).toEqual({ kind: 'js', codeIndex: 1, offset: 0 })
    expect(at(3)).toEqual({ kind: 'js', codeIndex: 1, offset: 0x10 })
    expect(at(4)).toEqual({ kind: 'unknown', pc: 0x5011 })
  })

  test('to one location per bytecode offset of an interpreted frame', () => {
    const meta = metaOf((encoder) => {
      encoder.code(0x5000, 0x100, 'JS:~f /a.js:1:1')
      encoder.codeLines(0x5000, [
        [0, 10],
        [8, 40],
        [12, 22],
      ])
      encoder.node(0, 0x5011, 0, 8)
      encoder.node(0, 0x5011, 0, 12)
      encoder.node(1, 0x5011, 0, 8)
    })
    const [first, second, third] = [1, 2, 3].map((node) => meta.stacks.location[node])
    expect(meta.locations[first!]).toEqual({
      kind: 'js',
      codeIndex: 0,
      offset: 0x10,
      bytecodeOffset: 8,
    })
    expect(second).not.toBe(first)
    expect(third).toBe(first)
    expect([...meta.code[0]!.lines!.offsets]).toEqual([0, 8, 12])
    expect([...meta.code[0]!.lines!.positions]).toEqual([10, 40, 22])
  })

  test('to the module that is mapped there now, when one was unloaded and another took its place', () => {
    const meta = metaOf((encoder) => {
      encoder.module(1, 0x10000, '/app/a.node', 'aa', addon)
      encoder.node(0, 0x11010)
      encoder.moduleGone(1)
      encoder.node(0, 0x11010)
      encoder.module(1, 0x10000, '/app/b.node', 'bb', addon)
      encoder.node(0, 0x11010)
      // The same place without a word that the other went.
      encoder.module(2, 0x10000, '/app/c.node', 'cc', addon)
      encoder.node(0, 0x11010)
    })
    const moduleOf = (node: number) => {
      const location = meta.locations[meta.stacks.location[node]!]!
      return location.kind === 'native' ? meta.modules[location.moduleIndex]!.path : location.kind
    }
    expect([1, 2, 3, 4].map(moduleOf)).toEqual([
      '/app/a.node',
      'unknown',
      '/app/b.node',
      '/app/c.node',
    ])
    expect(meta.modules[0]!.unloadedAtRecord).toBeGreaterThan(meta.modules[0]!.loadedAtRecord)
    expect(meta.modules[1]!.unloadedAtRecord).not.toBeNull()
    expect(meta.modules[2]!.unloadedAtRecord).toBeNull()
  })
})

test('snapshots of aggregate mode come back stack by stack', () => {
  const sink = new MemorySink()
  const encoder = new TraceEncoder(sink, { mode: 'aggregate' })
  encoder.node(0, 0x1000)
  encoder.snapshot({ bytes: 8, count: 1, peakBytes: 8 }, [[1, 1, 1, 8, 0, 0]])
  encoder.snapshot({ bytes: 4, count: 1, peakBytes: 12 }, [
    [1, 1, 2, 12, 1, 8],
    [1, 17, 3, 0, 1, 0],
  ])
  encoder.finish()
  const trace = openTrace(scratch.write(sink.bytes))
  const seen: unknown[] = []
  trace.visitSnapshots({
    begin: ({ liveBytes }) => seen.push(liveBytes),
    stack: (row) => seen.push({ ...row }),
    end: () => seen.push('end'),
  })
  trace.close()
  const row = (kind: number, ...totals: number[]) => ({
    stack: 1,
    kind,
    allocatedCount: totals[0],
    allocatedBytes: totals[1],
    freedCount: totals[2],
    freedBytes: totals[3],
  })
  expect(seen).toEqual([
    8,
    row(1, 1, 8, 0, 0),
    'end',
    4,
    row(1, 2, 12, 1, 8),
    row(17, 3, 0, 1, 0),
    'end',
  ])
})
