import { spawnSync } from 'node:child_process'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { CommandError } from '@seamproof/kit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createGridWriter, type GridWriter } from '../src/bridge.js'
import { termcoreFlags, termcoreMetrics } from '../src/bridge-flags.js'
import { loadNative } from '../src/native.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void
const native = loadNative()

const header = (grid: number): Uint32Array => new Uint32Array(native.gridBlock(grid), 0, 16)

/** The screen as JavaScript sees it through the view: rows of 4 words a cell. */
function cellsOf(grid: number): number[] {
  const block = native.gridBlock(grid)
  const words = new Uint32Array(block)
  const [, , cols = 0, rows = 0, capacity = 0, top = 0, , linesAt = 0, cellsAt = 0] = words
  const cells: number[] = []
  for (let row = 0; row < rows; row++) {
    const slot = (words[linesAt / 4 + ((top + row) % capacity)] ?? 0) & 0x7fffffff
    const first = cellsAt / 4 + slot * cols * 4
    cells.push(...words.subarray(first, first + cols * 4))
  }
  return cells
}

const position = fc.nat({ max: 30 })
const codepoint = fc.oneof(
  fc.integer({ min: 32, max: 126 }),
  fc.constantFrom(0x6f22, 0x301, 0x1f642, 0, 0x110000),
)
const operation = fc.oneof(
  fc.tuple(
    fc.constant('setStyle' as const),
    fc.nat({ max: 0xffffffff }),
    fc.nat({ max: 0xffffffff }),
    fc.nat({ max: 0xffffffff }),
  ),
  fc.tuple(fc.constant('setCell' as const), position, position, codepoint),
  fc.tuple(
    fc.constant('putText' as const),
    position,
    position,
    fc.string({ unit: 'grapheme', maxLength: 20 }),
  ),
  fc.tuple(fc.constant('fill' as const), position, position, position, position, codepoint),
  fc.tuple(fc.constant('clear' as const)),
  fc.tuple(
    fc.constant('scroll' as const),
    position,
    position,
    fc.integer({ min: -30, max: 30 }),
    fc.constantFrom(0, 1),
  ),
  fc.tuple(fc.constant('setCursor' as const), position, position),
)

function apply(writer: GridWriter, [name, ...values]: readonly [string, ...unknown[]]): void {
  const method = writer[name as keyof GridWriter] as (...values: unknown[]) => unknown
  method.apply(writer, values)
}

describe('the bridge', () => {
  test('gives the same cells by one call per operation and by the command buffer', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const grids = [native.gridCreate(20, 12, 5), native.gridCreate(20, 12, 5)]
        const writers = grids.map((grid, index) =>
          createGridWriter(grid, { batch: index === 1, capacityWords: 128 }),
        )
        for (const one of operations) for (const writer of writers) apply(writer, one)
        for (const writer of writers) writer.flush()
        const [calls = 0, batched = 0] = grids
        expect(cellsOf(batched)).toEqual(cellsOf(calls))
        expect([...header(batched)]).toEqual([...header(calls)])
        for (const writer of writers) writer.close()
        for (const grid of grids) native.gridDestroy(grid)
      }),
      { numRuns: 300 },
    )
  })

  test('takes the batch flag as the default', () => {
    const grid = native.gridCreate(10, 2, 0)
    const immediate = termcoreFlags().with('batch', false, () => createGridWriter(grid))
    immediate.setCell(0, 0, 65)
    expect(cellsOf(grid)[0]).toBe(65)
    const batched = termcoreFlags().with('batch', true, () => createGridWriter(grid))
    batched.setCell(0, 0, 66)
    expect(cellsOf(grid)[0]).toBe(65)
    expect(batched.flush()).toBe(1)
    expect(cellsOf(grid)[0]).toBe(66)
    batched.close()
    native.gridDestroy(grid)
  })

  test('refuses a command buffer whose grid is closed, and one that is closed itself', () => {
    const grid = native.gridCreate(10, 2, 0)
    const writer = createGridWriter(grid, { batch: true })
    writer.setCell(0, 0, 65)
    native.gridDestroy(grid)
    const refused = expect.objectContaining({ code: 'TERMCORE_STATE' })
    expect(() => writer.flush()).toThrow(refused)
    writer.close()
    expect(() => writer.close()).toThrow(refused)
  })

  test('ends a batch at a refused command and keeps what came before', () => {
    const grid = native.gridCreate(10, 2, 0)
    const writer = createGridWriter(grid, { batch: true })
    writer.setCell(0, 0, 65)
    writer.scroll(0, 2, 1, 9)
    writer.setCell(0, 1, 66)
    expect(() => writer.flush()).toThrow(CommandError)
    expect(cellsOf(grid)[0]).toBe(65)
    expect(cellsOf(grid)[4]).toBe(0)
    writer.close()
    native.gridDestroy(grid)
  })

  test('stays inside whatever words the command buffer holds', () => {
    const grid = native.gridCreate(10, 4, 3)
    const commands = native.commandsCreate(grid, 64)
    const words = new Uint32Array(native.commandsMemory(commands))
    const word = fc.oneof(
      fc.nat({ max: 0xffffffff }),
      fc
        .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }))
        .map(([opcode, size]) => opcode | (size << 8)),
    )
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 64, maxLength: 64 }),
        fc.nat({ max: 80 }),
        (content, used) => {
          words.set(content, 16)
          words[2] = used
          native.commandsDrain(commands)
          expect(words[4]).toBeLessThanOrEqual(6)
          expect(header(grid)[0]).toBe(0x44524754)
        },
      ),
      { numRuns: 3000 },
    )
    native.commandsDestroy(commands)
    native.gridDestroy(grid)
  })

  test.each([
    ['a string for a number', () => native.gridCreate('x' as never, 1, 1), 'TERMCORE_ARGUMENT'],
    ['nothing at all', () => (native.gridCreate as () => number)(), 'TERMCORE_ARGUMENT'],
    ['no columns', () => native.gridCreate(0, 1, 1), 'TERMCORE_RANGE'],
    ['a negative size', () => native.gridCreate(-1, 1, 1), 'TERMCORE_RANGE'],
    ['a huge size', () => native.gridCreate(16384, 16384, 1e6), 'TERMCORE_LIMIT'],
    ['a forged handle', () => native.gridSetCell(12345, 0, 0, 65), 'TERMCORE_STATE'],
    [
      'an object as text',
      () => native.gridPutText(native.gridCreate(2, 2, 0), 0, 0, {} as never),
      'TERMCORE_ARGUMENT',
    ],
    ['a flag that is none', () => native.setFlag(99, 1), 'TERMCORE_RANGE'],
    [
      'a buffer of no words',
      () => native.commandsCreate(native.gridCreate(2, 2, 0), 0),
      'TERMCORE_RANGE',
    ],
    [
      'a handle of another kind',
      () => native.commandsDrain(native.gridCreate(2, 2, 0)),
      'TERMCORE_STATE',
    ],
  ])('answers %s with a typed error', (_, attempt, code) => {
    expect(attempt).toThrow(expect.objectContaining({ code }))
  })

  test('frees a handle for ever: an old one never reaches a new object', () => {
    const old = native.gridCreate(2, 2, 0)
    native.gridDestroy(old)
    const young = native.gridCreate(2, 2, 0)
    expect(young).not.toBe(old)
    expect(() => native.gridClear(old)).toThrow(expect.objectContaining({ code: 'TERMCORE_STATE' }))
    native.gridDestroy(young)
  })
})

describe('the view of the cells', () => {
  test('is the same object until a resize, and shows every write without a call', () => {
    const grid = native.gridCreate(10, 2, 0)
    const block = native.gridBlock(grid)
    expect(native.gridBlock(grid)).toBe(block)
    const words = new Uint32Array(block)
    native.gridSetCell(grid, 0, 0, 90)
    expect(words[(words[8] ?? 0) / 4]).toBe(90)
    native.gridDestroy(grid)
  })

  test('survives a resize: the old one stands still and is marked retired, the new one goes on', () => {
    const grid = native.gridCreate(10, 2, 0)
    native.gridSetCell(grid, 0, 0, 65)
    const old = new Uint32Array(native.gridBlock(grid))
    native.gridResize(grid, 20, 4)
    expect(old[13]).toBe(1)
    native.gridSetCell(grid, 0, 0, 66)
    expect(old[(old[8] ?? 0) / 4]).toBe(65)
    expect(cellsOf(grid)[0]).toBe(66)
    expect(header(grid)[12]).toBe((old[12] ?? 0) + 1)
    native.gridDestroy(grid)
  })

  test('outlives its grid, and its memory goes when nobody looks any more', async () => {
    const live = termcoreMetrics().find('termcore_blocks_live')
    const collect = async (): Promise<number> => {
      for (let round = 0; round < 5; round++) {
        gc()
        await turn()
      }
      return termcoreMetrics().read(live)
    }
    const before = await collect()
    await (async () => {
      const grid = native.gridCreate(10, 2, 0)
      native.gridSetCell(grid, 0, 0, 65)
      const view = new Uint32Array(native.gridBlock(grid))
      native.gridDestroy(grid)
      gc()
      await turn()
      expect(view[(view[8] ?? 0) / 4]).toBe(65)
    })()
    expect(await collect()).toBe(before)
  })

  test.each([true, false])(
    'comes and goes a thousand times without growth (pool %s)',
    async (pool) => {
      const live = termcoreMetrics().find('termcore_blocks_live')
      termcoreFlags().set('pool', pool)
      const before = termcoreMetrics().read(live)
      for (let round = 0; round < 1000; round++) {
        const grid = native.gridCreate(40, 10, 20)
        if (round % 3 === 0) native.gridBlock(grid)
        native.gridResize(grid, 50, 12)
        if (round % 2 === 0) native.gridBlock(grid)
        native.gridTakeDirty(grid)
        native.gridDestroy(grid)
        if (round % 50 === 0) await turn()
      }
      for (let round = 0; round < 5; round++) {
        gc()
        await turn()
      }
      expect(termcoreMetrics().read(live)).toBeLessThanOrEqual(before)
      termcoreFlags().set('pool', true)
    },
  )
})

test('the flags are listed with what they do, and simd changes the kernels at once', () => {
  expect(
    termcoreFlags()
      .list()
      .map((flag) => flag.name),
  ).toEqual(['simd', 'batch', 'pool', 'inline'])
  for (const flag of termcoreFlags().list()) expect(flag.description.length).toBeGreaterThan(10)
  const best = native.simdName()
  expect(termcoreFlags().with('simd', false, () => native.simdName())).toBe('scalar')
  expect(native.simdName()).toBe(best)
})

test('the committed command code is what the schema generates', () => {
  const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))
  const result = spawnSync(
    process.execPath,
    [
      at('../kit/dist/commands-cli.js'),
      at('native/commands.schema.json'),
      '--c',
      at('native/commands_generated.h'),
      '--ts',
      at('src/bridge-commands.generated.ts'),
      '--check',
    ],
    { encoding: 'utf8' },
  )
  expect(result.stderr.replace(/^npm warn.*\n/gm, '')).toBe('')
  expect(result.status).toBe(0)
})
