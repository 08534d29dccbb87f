import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Terminal, termcoreFlags } from '../src/index.js'
import { loadTerminalNative } from '../src/terminal-native.js'
import { differenceOf, readTermcore } from './peer-screen.js'
import { tortureStream } from './peer-torture.js'
import { buildNativeTest, requireCommand, runNativeTest } from './terminal-native.js'

const native = loadTerminalNative()
const levelNames = ['scalar', 'sse2', 'avx2', 'neon']
const levels = [1, 2, 3].filter((level) => (native.kernelLevels() >> level) & 1)
const sanitizers = ['address', 'undefined'] as const

const cellBytes = 16
const anyCell = fc.uint8Array({ minLength: cellBytes, maxLength: cellBytes })

/** Cells of few different values, so that equal runs are common. */
const anyCells = (count: number) =>
  fc.array(fc.integer({ min: 0, max: 2 }), { minLength: count, maxLength: count }).map((values) => {
    const words = new Uint32Array(count * 4)
    for (const [at, value] of values.entries()) words.fill(value * 0x01010101, at * 4, at * 4 + 4)
    return new Uint8Array(words.buffer)
  })

const shape = fc.record({ rows: fc.nat(12), cols: fc.nat(40) })

test('this CPU has a SIMD variant, so that the tests below compare something', () => {
  expect(levels.length).toBeGreaterThan(0)
})

describe.each(levels)(
  'through the addon, level %i writes the bytes that scalar writes',
  (level) => {
    test(`fill and clear (${levelNames[level]})`, () => {
      fc.assert(
        fc.property(fc.nat(200), anyCell, (count, value) => {
          const [ours, theirs] = [new Uint8Array(count * 16), new Uint8Array(count * 16)]
          native.kernelFill(0, ours, value)
          native.kernelFill(level, theirs, value)
          expect(theirs).toEqual(ours)
          native.kernelClear(level, theirs)
          expect(theirs).toEqual(new Uint8Array(count * 16))
        }),
      )
    })

    test(`scroll (${levelNames[level]})`, () => {
      const input = shape.chain(({ rows, cols }) =>
        fc.tuple(
          fc.constant({ rows, cols }),
          anyCells(rows * cols),
          fc.integer({ min: -14, max: 14 }),
          anyCell,
        ),
      )
      fc.assert(
        fc.property(input, ([{ rows, cols }, cells, lines, blank]) => {
          const [ours, theirs] = [cells.slice(), cells.slice()]
          native.kernelScroll(0, ours, rows, cols, lines, blank)
          native.kernelScroll(level, theirs, rows, cols, lines, blank)
          expect(theirs).toEqual(ours)
        }),
      )
    })

    test(`diff (${levelNames[level]})`, () => {
      const input = shape.chain(({ rows, cols }) =>
        fc.tuple(fc.constant({ rows, cols }), anyCells(rows * cols), anyCells(rows * cols)),
      )
      fc.assert(
        fc.property(input, ([{ rows, cols }, before, after]) => {
          const [ours, theirs] = [new Uint8Array(rows * 8), new Uint8Array(rows * 8)]
          const count = native.kernelDiff(0, before, after, rows, cols, ours)
          expect(native.kernelDiff(level, before, after, rows, cols, theirs)).toBe(count)
          expect(theirs).toEqual(ours)
        }),
      )
    })

    test(`ASCII decode (${levelNames[level]})`, () => {
      const byte = fc.oneof(
        { weight: 40, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
        { weight: 1, arbitrary: fc.nat(255) },
      )
      const bytes = fc.array(byte, { maxLength: 120 }).map((values) => Uint8Array.from(values))
      fc.assert(
        fc.property(bytes, anyCell, (input, pen) => {
          const [ours, theirs] = [new Uint8Array(2000), new Uint8Array(2000)]
          const count = native.kernelDecodeAscii(0, ours, input, pen)
          expect(native.kernelDecodeAscii(level, theirs, input, pen)).toBe(count)
          expect(theirs).toEqual(ours)
        }),
      )
    })
  },
)

test('the scalar diff finds exactly the cells that differ', () => {
  const before = new Uint8Array(3 * 10 * cellBytes)
  const after = before.slice()
  after[(1 * 10 + 4) * cellBytes + 9] = 1
  after[(1 * 10 + 7) * cellBytes] = 1
  const ranges = new Uint8Array(3 * 8)
  expect(native.kernelDiff(0, before, after, 3, 10, ranges)).toBe(1)
  expect([...new Uint32Array(ranges.buffer)]).toEqual([0, 0, 4, 8, 0, 0])
})

test('the flag simd changes the variant in use and no cell', () => {
  const flags = termcoreFlags()
  const screenOf = (stream: string, isOn: boolean) => {
    flags.set('simd', isOn)
    expect(native.simdName() === 'scalar').toBe(!isOn)
    using terminal = new Terminal({ cols: 61, rows: 20, scrollbackLines: 30 })
    terminal.write(stream)
    return readTermcore(terminal)
  }
  for (let seed = 1; seed <= 60; seed++) {
    const stream = tortureStream(seed % 2 ? 'narrow' : 'wide', seed, 200)
    expect(differenceOf(screenOf(stream, true), screenOf(stream, false)), `seed ${seed}`).toBe('')
  }
  flags.set('simd', true)
})

test('a kernel refuses shapes that its memory does not hold, and levels this CPU lacks', () => {
  const cells = new Uint8Array(10 * cellBytes)
  const blank = new Uint8Array(cellBytes)
  const refused = (call: () => void) => {
    try {
      call()
    } catch (error) {
      return (error as { code: string }).code
    }
    return 'accepted'
  }
  expect(refused(() => native.kernelScroll(0, cells, 5, 3, 1, blank))).toBe('TERMCORE_RANGE')
  expect(refused(() => native.kernelScroll(0, cells, 2 ** 31, 2 ** 31, 1, blank))).toBe(
    'TERMCORE_RANGE',
  )
  expect(refused(() => native.kernelDiff(0, cells, cells, 2, 5, new Uint8Array(8)))).toBe(
    'TERMCORE_RANGE',
  )
  expect(refused(() => native.kernelFill(9, cells, blank))).toBe('TERMCORE_RANGE')
  expect(refused(() => native.kernelFill(0, cells, new Uint8Array(3)))).toBe('TERMCORE_ARGUMENT')
  expect(refused(() => native.kernelFill(0, 'cells' as never, blank))).toBe('TERMCORE_ARGUMENT')
})

describe('in C, on thousands of random shapes', () => {
  const seed = `${Math.floor(Math.random() * 2 ** 31)}`

  test('the variants agree and write nothing beside their cells (ASan, UBSan)', () => {
    const program = buildNativeTest('kernels_agree', { sanitizers })
    const said = runNativeTest(program, [seed, '3000'])
    expect(said).toContain('agrees with scalar: 3000 rounds')
    expect(said).not.toContain('ended with')
  })

  test('as the addon is built, too', () => {
    const said = runNativeTest(buildNativeTest('kernels_agree'), [seed, '10000'])
    expect(said).toContain('agrees with scalar: 10000 rounds')
    expect(said).not.toContain('ended with')
  })

  test('the variant may be switched while another thread uses it (TSan)', () => {
    const said = runNativeTest(buildNativeTest('kernels_agree', { sanitizers: ['thread'] }), [
      'threads',
    ])
    expect(said).toBe('variants may be switched while they are used\n')
  })

  test('NEON agrees with scalar, cross-compiled and run in an emulator', () => {
    requireCommand('aarch64-linux-gnu-gcc', 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross')
    requireCommand('qemu-aarch64', 'qemu-user')
    const program = buildNativeTest('kernels_agree', {
      compiler: 'aarch64-linux-gnu-gcc',
      flags: ['-static'],
    })
    const said = runNativeTest('qemu-aarch64', [program, seed, '300'])
    expect(said).toContain('neon agrees with scalar: 300 rounds')
  })
})
