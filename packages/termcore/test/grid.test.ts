import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CellAttribute, Grid } from '../src/index.js'

const text = (grid: Grid) =>
  Array.from({ length: grid.view.rows }, (_, row) => grid.view.rowText(row)).join('\n')

/** A grid with a number in each row. */
function numbered(rows: number, scrollbackLines = 0): Grid {
  const grid = new Grid({ cols: 10, rows, scrollbackLines })
  const writer = grid.writer({ batch: false })
  for (let row = 0; row < rows; row++) writer.putText(row, 0, `${row}`)
  return grid
}

describe('writing', () => {
  test('text is clipped at the end of the row and outside the grid writes nothing', () => {
    using grid = new Grid({ cols: 5, rows: 2 })
    const writer = grid.writer({ batch: false })
    writer.putText(0, 3, 'abcdef')
    writer.putText(7, 0, 'nowhere')
    writer.putText(0, 4_000_000_000, 'nowhere')
    expect(text(grid)).toBe('   ab\n')
  })

  test('a wide character takes two cells, and none is written where one column is left', () => {
    using grid = new Grid({ cols: 5, rows: 1 })
    grid.writer({ batch: false }).putText(0, 0, '中文x')
    const { cells } = grid.view
    expect(cells[0]).toBe(0x4e2d)
    expect(cells[3]! & CellAttribute.wide).not.toBe(0)
    expect(cells[4]).toBe(0)
    expect(cells[7]! & CellAttribute.wideTail).not.toBe(0)
    expect(text(grid)).toBe('中文x')
    using narrow = new Grid({ cols: 3, rows: 1 })
    narrow.writer({ batch: false }).putText(0, 0, '中文')
    expect(text(narrow)).toBe('中')
  })

  test('overwriting either half of a wide character blanks the other', () => {
    using grid = new Grid({ cols: 6, rows: 2 })
    const writer = grid.writer({ batch: false })
    for (const row of [0, 1]) writer.putText(row, 0, '中文字')
    writer.putText(0, 1, 'x')
    writer.putText(1, 2, 'y')
    expect(text(grid)).toBe(' x文字\n中y 字')
  })

  test('combining characters join the cell before them', () => {
    using grid = new Grid({ cols: 6, rows: 1 })
    grid.writer({ batch: false }).putText(0, 0, 'e\u0301a')
    expect(grid.view.rowText(0)).toBe('e\u0301a')
    expect(grid.view.cells[4]).toBe('a'.codePointAt(0))
  })

  test('filling a rectangle clips it and splits no wide character', () => {
    using grid = new Grid({ cols: 8, rows: 3 })
    const writer = grid.writer({ batch: false })
    writer.putText(1, 0, '中文字幕')
    writer.fill(1, 1, 99, 4, 0x2e)
    expect(text(grid)).toBe('\n .... 幕\n ....')
  })
})

describe('scrolling', () => {
  test('up by the ring: rows move, new ones are blank, lines go to the scrollback and no further', () => {
    using grid = numbered(4, 3)
    const writer = grid.writer({ batch: false })
    for (let i = 0; i < 5; i++) writer.scroll(0, 4, 1, 1)
    expect(text(grid)).toBe('\n\n\n')
    expect(grid.view.historyLines).toBe(3)
    expect([-3, -2, -1].map((row) => grid.view.rowText(row))).toEqual(['2', '3', ''])
    expect(() => grid.view.rowText(-4)).toThrow(RangeError)
    expect(grid.view.scrolledLines).toBe(5)
  })

  test('a region leaves the rows around it alone, in both directions and by any count', () => {
    for (const [lines, expected] of [
      [1, '0\n2\n3\n\n4'],
      [-1, '0\n\n1\n2\n4'],
      [2, '0\n3\n\n\n4'],
      [-2, '0\n\n\n1\n4'],
      [99, '0\n\n\n\n4'],
      [-99, '0\n\n\n\n4'],
      [0, '0\n1\n2\n3\n4'],
    ] as const) {
      using grid = numbered(5)
      grid.writer({ batch: false }).scroll(1, 4, lines, 0)
      expect(text(grid), `by ${lines}`).toBe(expected)
    }
  })

  test('a region that starts at the top may keep history while rows below it stay', () => {
    using grid = numbered(5, 10)
    grid.writer({ batch: false }).scroll(0, 3, 2, 1)
    expect(text(grid)).toBe('2\n\n\n3\n4')
    expect([-2, -1].map((row) => grid.view.rowText(row))).toEqual(['0', '1'])
  })

  test('any sequence of scrolls does to the rows what it does to a plain array', () => {
    const step = fc.record({
      top: fc.nat(6),
      end: fc.nat(7),
      lines: fc.integer({ min: -8, max: 8 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        using grid = numbered(6, 4)
        const writer = grid.writer({ batch: false })
        let model = ['0', '1', '2', '3', '4', '5']
        for (const { top, end, lines } of steps) {
          writer.scroll(top, end, lines, 0)
          const last = Math.min(end, 6)
          if (top >= last) continue
          const region = model.slice(top, last)
          const blank = Array<string>(Math.min(Math.abs(lines), region.length)).fill('')
          const moved =
            lines >= 0
              ? [...region.slice(blank.length), ...blank]
              : [...blank, ...region.slice(0, region.length - blank.length)]
          model = [...model.slice(0, top), ...moved, ...model.slice(last)]
        }
        expect(text(grid)).toBe(model.join('\n'))
      }),
    )
  })
})

describe('damage', () => {
  test('names the columns that changed, per row, once', () => {
    using grid = new Grid({ cols: 20, rows: 3 })
    grid.takeDamage()
    const writer = grid.writer({ batch: false })
    writer.putText(1, 4, 'abc')
    writer.putText(1, 10, 'z')
    writer.setCell(2, 0, 0x41)
    expect([...grid.takeDamage()]).toEqual([0, 0, 4, 11, 0, 1])
    expect([...grid.takeDamage()]).toEqual([0, 0, 0, 0, 0, 0])
  })

  test('covers every cell that differs from the last time, whatever was done', () => {
    const operation = fc.record({
      kind: fc.nat(4),
      row: fc.nat(9),
      col: fc.nat(25),
      count: fc.nat(12),
    })
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 15 }), (operations) => {
        using grid = new Grid({ cols: 20, rows: 6, scrollbackLines: 3 })
        const writer = grid.writer({ batch: false })
        writer.fill(0, 0, 6, 20, 0x2e)
        const rows = () =>
          Array.from({ length: 6 }, (_, row) => {
            const start = grid.view.rowOffset(row)
            return [...grid.view.cells.subarray(start, start + 80)]
          })
        grid.takeDamage()
        const before = rows()
        for (const { kind, row, col, count } of operations) {
          if (kind === 0) writer.putText(row, col, '中a'.repeat(count))
          if (kind === 1) writer.fill(row, col, count, count, 0x23)
          if (kind === 2) writer.scroll(row, row + count, col - 10, 1)
          if (kind === 3) writer.setCell(row, col, 0x4e2d)
          if (kind === 4) writer.putText(row, col, 'x\u0301')
        }
        const damage = grid.takeDamage()
        for (const [row, cells] of rows().entries())
          for (const [index, word] of cells.entries()) {
            const col = Math.floor(index / 4)
            const isCovered = col >= damage[row * 2]! && col < damage[row * 2 + 1]!
            if (word !== before[row]![index]) expect(isCovered, `row ${row} col ${col}`).toBe(true)
          }
      }),
    )
  })
})

describe('resizing', () => {
  test('keeps what fits, cuts a wide character in half to a blank, and does not reflow', () => {
    using grid = new Grid({ cols: 8, rows: 2 })
    const writer = grid.writer({ batch: false })
    writer.putText(0, 0, 'abc中文')
    grid.resize(4, 2)
    expect(grid.view.rowText(0)).toBe('abc')
    grid.resize(8, 2)
    expect(grid.view.rowText(0)).toBe('abc')
  })

  test('fewer rows: blank ones below the cursor go first, then the top goes to the scrollback', () => {
    using grid = numbered(4, 10)
    const writer = grid.writer({ batch: false })
    writer.scroll(0, 4, 2, 1)
    expect(text(grid)).toBe('2\n3\n\n')
    writer.setCursor(1, 0)
    grid.resize(10, 2)
    expect(text(grid)).toBe('2\n3')
    grid.resize(10, 1)
    expect(text(grid)).toBe('3')
    expect([-3, -2, -1].map((row) => grid.view.rowText(row))).toEqual(['0', '1', '2'])
    expect(grid.view.cursor.row).toBe(0)
  })

  test('more rows: lines come back from the scrollback and the cursor moves with its line', () => {
    using grid = numbered(3, 10)
    const writer = grid.writer({ batch: false })
    writer.scroll(0, 3, 2, 1)
    writer.setCursor(0, 5)
    grid.resize(12, 6)
    expect(text(grid)).toBe('0\n1\n2\n\n\n')
    expect(grid.view.cursor).toMatchObject({ row: 2, col: 5 })
    expect(grid.view.historyLines).toBe(0)
  })

  test('arrays taken before a resize stay readable, marked retired; the view follows', () => {
    using grid = new Grid({ cols: 10, rows: 2 })
    grid.writer({ batch: false }).putText(0, 0, 'old')
    const { cells, header } = grid.view
    grid.resize(30, 5)
    grid.writer({ batch: false }).putText(0, 0, 'new')
    expect(header[13]).toBe(1)
    expect(String.fromCodePoint(cells[0]!, cells[4]!, cells[8]!)).toBe('old')
    expect(grid.view.rowText(0)).toBe('new')
    expect(grid.view.generation).toBe(2)
  })

  test('arrays outlive the grid itself', () => {
    const grid = new Grid({ cols: 10, rows: 2 })
    grid.writer({ batch: false }).putText(0, 0, 'kept')
    const { cells } = grid.view
    grid[Symbol.dispose]()
    grid[Symbol.dispose]()
    expect(cells[0]).toBe('k'.codePointAt(0))
    expect(() => grid.resize(5, 5)).toThrow(expect.objectContaining({ code: 'TERMCORE_STATE' }))
  })

  test('a size that is refused changes nothing', () => {
    using grid = numbered(3)
    for (const [cols, rows] of [
      [0, 3],
      [3, 0],
      [16385, 3],
      [16384, 16384],
      [10.5, 3],
      [-10, 3],
      [2 ** 32 + 10, 3],
    ] as const)
      expect(() => grid.resize(cols, rows), `${cols}x${rows}`).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/RANGE|LIMIT/) }),
      )
    expect(text(grid)).toBe('0\n1\n2')
  })
})
