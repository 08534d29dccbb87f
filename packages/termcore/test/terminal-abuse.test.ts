import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Terminal } from '../src/index.js'
import { buildNativeTest, runNativeTest } from './terminal-native.js'

const sanitizers = ['address', 'undefined'] as const
const smallLimits = [
  '-DTC_CLUSTER_COUNT_MAX=64u',
  '-DTC_UNDERLINE_COLORS_MAX=5u',
  '-DTC_PAYLOAD_BYTES_MAX=512u',
  '-DTC_RESPONSE_BYTES_MAX=256u',
]
const fixtures = fileURLToPath(new URL('peer-fixtures/', import.meta.url))
const recordings = readdirSync(fixtures).map((file) => fixtures + file)

test('mutated recordings, resizes and writes from outside leave the terminal well formed (ASan, UBSan)', () => {
  // Small limits, so that inputs of a few thousand bytes get beyond them.
  const flags = ['-O1', ...smallLimits]
  const program = buildNativeTest('terminal_fuzz', { sanitizers, flags })
  for (const seed of ['1', `${Math.floor(Math.random() * 2 ** 31)}`]) {
    const said = runNativeTest(program, [seed, '4000', ...recordings])
    expect(said).toContain(`4000 inputs from seed ${seed}`)
    expect(said).not.toContain('ended with')
  }
})

test('each allocation that is refused gives a status, no crash and no leak (ASan)', () => {
  const wrap = '-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc'
  const program = buildNativeTest('terminal_memory', { sanitizers, flags: ['-O1', wrap] })
  expect(runNativeTest(program, [])).toMatch(/^\d+ allocations refused, one at a time\n$/)
})

test('garbage in any pieces never throws, and the terminal prints afterwards', () => {
  const token = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(
      '\x1b[',
      '\x1b]',
      '\x1bP',
      '\x9b',
      ';',
      '?1049h',
      'm',
      'H',
      '\x1b[99999b',
      '中',
    ),
  )
  fc.assert(
    fc.property(fc.array(token, { maxLength: 30 }), (tokens) => {
      using terminal = new Terminal({ cols: 20, rows: 5, scrollbackLines: 10 })
      for (const piece of tokens) terminal.write(piece)
      // CAN ends whatever was open; RIS is a new terminal.
      terminal.write('\x18\x1bcstill here')
      expect(terminal.view.rowText(0)).toBe('still here')
    }),
  )
})

test('sizes at and beyond every limit are refused with a code and change nothing', () => {
  const codeOf = (act: () => void) => {
    try {
      act()
    } catch (error) {
      return (error as { code?: string }).code ?? String(error)
    }
    return 'accepted'
  }
  for (const size of [0, 1, -1, 1.5, Number.NaN, 16385, 2 ** 32, 2 ** 53])
    expect(
      codeOf(() => new Terminal({ cols: size })),
      `cols ${size}`,
    ).toBe('TERMCORE_RANGE')
  for (const size of [0, -1, 16385])
    expect(codeOf(() => new Terminal({ rows: size }))).toBe('TERMCORE_RANGE')
  expect(codeOf(() => new Terminal({ scrollbackLines: 1_000_001 }))).toBe('TERMCORE_RANGE')
  expect(codeOf(() => new Terminal({ cols: 16384, rows: 16384 }))).toBe('TERMCORE_LIMIT')
  using terminal = new Terminal({ cols: 30, rows: 4 })
  terminal.write('kept')
  for (const [cols, rows] of [
    [0, 0],
    [1, 10],
    [10, 0],
    [16385, 10],
    [16384, 16384],
    [Number.NaN, 3],
    [80.5, 3],
    [2 ** 32 + 80, 3],
    [-80, 3],
    ['80' as never, 3],
    [undefined as never, undefined as never],
  ] as const)
    expect(
      codeOf(() => terminal.resize(cols, rows)),
      `${cols}x${rows}`,
    ).toMatch(/TERMCORE_(RANGE|LIMIT)/)
  expect([terminal.cols, terminal.rows, terminal.view.rowText(0)]).toEqual([30, 4, 'kept'])
})

test('wrong types are refused with a code', () => {
  using terminal = new Terminal({ cols: 30, rows: 4 })
  for (const bad of [null, undefined, 3, {}, new Uint16Array(4)])
    expect(() => terminal.write(bad as never)).toThrow(/must be|expected|argument/i)
  terminal.write(new Uint8Array(0))
  terminal.write('')
  terminal.write('fine')
  expect(terminal.view.rowText(0)).toBe('fine')
})

test('memory that JavaScript scribbles over does not lead native code astray', () => {
  using terminal = new Terminal({ cols: 20, rows: 5, scrollbackLines: 10 })
  terminal.write('before\n'.repeat(12))
  const { cells, header } = terminal.view
  const everything = new Uint32Array(cells.buffer)
  for (let round = 0; round < 50; round++) {
    for (let at = 0; at < everything.length; at++)
      if (at !== 13) everything[at] = Math.floor(Math.random() * 2 ** 32)
    terminal.write('\x1b[2S\x1b[L\x1b[4@x\u0301\x1b[3P\n\n\x1b[5b')
  }
  expect(header.buffer).toBe(cells.buffer)
  terminal.resize(25, 6)
  terminal.write('\x1bcafter')
  expect(terminal.view.rowText(0)).toBe('after')
})

test('combining characters beyond 16 a cell are dropped and counted', () => {
  using terminal = new Terminal({ cols: 20, rows: 2 })
  terminal.write(`e${'\u0301'.repeat(100)}`)
  expect([...terminal.view.rowText(0)].length).toBe(16)
  expect(terminal.counts().clusterDroppedCount).toBe(85)
})

test('more different combining sequences than the table holds: unused ones make room', () => {
  using terminal = new Terminal({ cols: 80, rows: 24, scrollbackLines: 0 })
  for (let base = 0; base < 300; base++) {
    let line = ''
    for (let mark = 0; mark < 300; mark++)
      line += `${String.fromCodePoint(0x4e00 + base)}${String.fromCodePoint(0x300 + (mark % 48))}${String.fromCodePoint(0x1ab0 + Math.floor(mark / 48))}`
    terminal.write(line)
  }
  const counts = terminal.counts()
  expect(counts.clusterSweepCount).toBeGreaterThan(0)
  expect(counts.clusterCount).toBeLessThanOrEqual(65536)
  terminal.write('\x1b[H\x1b[2Jx\u0302')
  expect(terminal.view.rowText(0)).toBe('x\u0302')
})

test('an endless string is dropped at its limit and counted; what follows is shown', () => {
  using terminal = new Terminal({ cols: 20, rows: 2 })
  terminal.write(`\x1b]2;${'a'.repeat(200_000)}\x07shown`)
  expect(terminal.title).toBe('')
  expect(terminal.counts().lostStringCount).toBe(1)
  expect(terminal.view.rowText(0)).toBe('shown')
})

test('a repeat count of billions ends soon', () => {
  using terminal = new Terminal({ cols: 20, rows: 2 })
  terminal.write('x\x1b[2147483647b')
  expect(terminal.view.rowText(0)).toBe('x'.repeat(20))
})
