import { describe, expect, test } from 'vitest'
import { Terminal, TerminalModeBit, toUnderlineStyle } from '../src/index.js'

/** Runs a stream through a terminal of its own and looks at the result. */
function after<Result>(stream: string, look: (terminal: Terminal) => Result, cols = 20): Result {
  using terminal = new Terminal({ cols, rows: 5, scrollbackLines: 10 })
  terminal.write(stream)
  return look(terminal)
}

const row = (index: number) => (terminal: Terminal) => terminal.view.rowText(index)

function answersTo(stream: string): string {
  using terminal = new Terminal({ cols: 20, rows: 5 })
  let answers = ''
  terminal.on('response', (text) => {
    answers += text
  })
  terminal.write(stream)
  return answers
}

/** Foreground, background, attributes and underline colour of the first cell. */
function firstCell(stream: string): readonly number[] {
  return after(`${stream}x`, ({ view }) => [...view.cells.subarray(1, 4)])
}

describe('colours and attributes', () => {
  test('sixteen, 256 and 24-bit colours, in both notations', () => {
    expect(firstCell('\x1b[31;42m').slice(0, 2)).toEqual([0x01000001, 0x01000002])
    expect(firstCell('\x1b[91;102m').slice(0, 2)).toEqual([0x01000009, 0x0100000a])
    expect(firstCell('\x1b[38;5;200m')[0]).toBe(0x010000c8)
    expect(firstCell('\x1b[38;2;1;2;3m')[0]).toBe(0x02010203)
    expect(firstCell('\x1b[38:2::1:2:3m')[0]).toBe(0x02010203)
    expect(firstCell('\x1b[38:2:1:2:3m')[0]).toBe(0x02010203)
    expect(firstCell('\x1b[38:5:7m')[0]).toBe(0x01000007)
  })

  test('what follows an extended colour is read as before', () => {
    expect(firstCell('\x1b[38;2;1;2;3;1m')[2]! & 1).toBe(1)
    expect(firstCell('\x1b[38:2::1:2:3;1m')[2]! & 1).toBe(1)
    expect(firstCell('\x1b[38;9;1m')[2]! & 1).toBe(1)
  })

  test('underline styles', () => {
    const style = (stream: string) => toUnderlineStyle(firstCell(stream)[2]!)
    expect(
      ['4', '4:0', '4:1', '4:2', '4:3', '4:4', '4:5', '21', '4;24', '4:9'].map((p) =>
        style(`\x1b[${p}m`),
      ),
    ).toEqual([
      'single',
      'none',
      'single',
      'double',
      'curly',
      'dotted',
      'dashed',
      'double',
      'none',
      'single',
    ])
  })

  test('an underline colour survives into the HTML and ANSI snapshots', () => {
    using terminal = new Terminal({ cols: 10, rows: 1 })
    terminal.write('\x1b[4;58;2;255;0;1mx\x1b[59my\x1b[?1049h\x1b[58;5;2mz')
    expect(terminal.snapshot({ format: 'ansi' })).toContain('\x1b[4;58;5;2mz')
    terminal.write('\x1b[?1049l')
    expect(terminal.snapshot({ format: 'html' })).toContain('text-decoration:underline #ff0001')
    expect(terminal.snapshot({ format: 'ansi' })).toContain('\x1b[4;58;2;255;0;1mx\x1b[0m\x1b[4my')
  })

  test('erasing takes the background and nothing else', () => {
    const cell = after('\x1b[1;31;44m\x1b[2J', ({ view }) => [...view.cells.subarray(0, 4)])
    expect(cell).toEqual([0, 0, 0x01000004, 0])
  })
})

describe('what differs from the peer on purpose (docs/termcore-differences.md)', () => {
  test('SGR 0 leaves DECSCA alone, and a selective erase leaves protected cells', () => {
    expect(after('\x1b[1"q\x1b[mkeep\x1b[0"qgo\x1b[?2K', row(0))).toBe('keep')
  })

  test('relative motion in origin mode starts from where the cursor is', () => {
    expect(after('\x1b[2;4r\x1b[?6h\x1b[2;3H\x1b[5Gx', row(2))).toBe('    x')
    expect(after('\x1b[2;4r\x1b[?6h\x1b[Ax', row(1))).toBe('x')
  })

  test('scrolling down fills with the background, like every other scroll', () => {
    expect(after('\x1b[44m\x1b[T', ({ view }) => view.cells[view.rowOffset(0) + 2])).toBe(
      0x01000004,
    )
  })

  test('a combining character after a control joins the cell before the cursor', () => {
    expect(after('e\x1b[m\u0301', row(0))).toBe('e\u0301')
    expect(after('\u0301x', row(0))).toBe('x')
  })

  test('restoring the cursor restores the designated character sets', () => {
    expect(after('\x1b(0\x1b7\x1b(B\x1b8q', row(0))).toBe('─')
  })

  test('a UTF-8 character inside an application string does not end it', () => {
    expect(after('\x1b_é hidden\x1b\\shown', row(0))).toBe('shown')
  })
})

describe('strings', () => {
  test('a title by BEL, by ST, by C1, and cut at any byte', () => {
    const title = ({ title }: Terminal) => title
    expect(after('\x1b]0;one\x07', title)).toBe('one')
    expect(after('\x1b]2;tï文\x1b\\', title)).toBe('tï文')
    expect(after('\u009d2;three\u009c', title)).toBe('three')
    const bytes = new TextEncoder().encode('\x1b]2;é文😀\x07')
    using terminal = new Terminal({ cols: 20, rows: 2 })
    for (const byte of bytes) terminal.write(Uint8Array.of(byte))
    expect(terminal.title).toBe('é文😀')
  })

  test('a title longer than 1024 bytes is cut at a character', () => {
    expect(after(`\x1b]2;${'é'.repeat(600)}\x07`, ({ title }) => title)).toBe('é'.repeat(512))
    expect(after(`\x1b]2;x${'é'.repeat(600)}\x07`, ({ title }) => title)).toBe(
      `x${'é'.repeat(511)}`,
    )
  })

  test('titles can be pushed and popped', () => {
    const stream = '\x1b]2;a\x07\x1b[22t\x1b]2;b\x07\x1b[22;2t\x1b]2;c\x07\x1b[23;0t'
    expect(after(stream, ({ title }) => title)).toBe('b')
    expect(after(`${stream}\x1b[23t\x1b[23t`, ({ title }) => title)).toBe('a')
  })

  test('CAN and SUB cancel a string; text after it is shown', () => {
    expect(after('\x1b]2;lost\x18shown', (t) => [t.title, t.view.rowText(0)])).toEqual([
      '',
      'shown',
    ])
    expect(after('\x1bPq lost\x1ashown', row(0))).toBe('shown')
  })
})

describe('answers', () => {
  test('device status and cursor position, clipped at a pending wrap, relative in origin mode', () => {
    expect(answersTo('\x1b[5n')).toBe('\x1b[0n')
    expect(answersTo('ab\r\ncd\x1b[6n')).toBe('\x1b[2;3R')
    expect(answersTo(`${'x'.repeat(20)}\x1b[6n`)).toBe('\x1b[1;20R')
    expect(answersTo('\x1b[2;4r\x1b[?6h\x1b[2;2H\x1b[6n')).toBe('\x1b[2;2R')
    expect(answersTo('\x1b[?6n')).toBe('\x1b[?1;1R')
  })

  test('device attributes, version and size', () => {
    expect(answersTo('\x1b[c')).toBe('\x1b[?62;22c')
    expect(answersTo('\x1b[0c\x1b[>c')).toBe('\x1b[?62;22c\x1b[>1;0;0c')
    expect(answersTo('\x1b[>q')).toBe('\x1bP>|termcore\x1b\\')
    expect(answersTo('\x1b[18t')).toBe('\x1b[8;5;20t')
  })

  test('modes: set, reset, unknown', () => {
    expect(answersTo('\x1b[?7$p')).toBe('\x1b[?7;1$y')
    expect(answersTo('\x1b[?2004$p')).toBe('\x1b[?2004;2$y')
    expect(answersTo('\x1b[?1049h\x1b[?1049$p')).toBe('\x1b[?1049;1$y')
    expect(answersTo('\x1b[?1000h\x1b[?1002h\x1b[?1000$p\x1b[?1002$p')).toBe(
      '\x1b[?1000;2$y\x1b[?1002;1$y',
    )
    expect(answersTo('\x1b[?31337$p')).toBe('\x1b[?31337;0$y')
    expect(answersTo('\x1b[4h\x1b[4$p')).toBe('\x1b[4;1$y')
  })

  test('settings: scroll region, cursor style, unknown', () => {
    expect(answersTo('\x1b[2;4r\x1bP$qr\x1b\\')).toBe('\x1bP1$r2;4r\x1b\\')
    expect(answersTo('\x1b[4 q\x1bP$q q\x1b\\')).toBe('\x1bP1$r4 q\x1b\\')
    expect(answersTo('\x1bP$qz\x1b\\')).toBe('\x1bP0$r\x1b\\')
  })

  test('a program that asks without end loses answers, counted, and nothing else', () => {
    using terminal = new Terminal({ cols: 20, rows: 5 })
    terminal.write('\x1b[6n'.repeat(30_000))
    expect(terminal.counts().lostResponseCount).toBeGreaterThan(0)
    terminal.write('fine')
    expect(terminal.view.rowText(0)).toBe('fine')
  })
})

describe('modes and resets', () => {
  test('modes that the host needs are readable', () => {
    const modes = after('\x1b[?1h\x1b[?2004h\x1b[?1003h\x1b[?1006h\x1b[?25l', (t) => t.modes)
    const { applicationCursor, bracketedPaste, mouseAny, mouseSgr, cursorHidden, wrap } =
      TerminalModeBit
    expect(modes).toBe(
      applicationCursor | bracketedPaste | mouseAny | mouseSgr | cursorHidden | wrap,
    )
  })

  test('RIS makes everything as new but the title', () => {
    const stream = '\x1b]2;t\x07\x1b[31m\x1b[?1049h\x1b[2;3r\x1b[4h\x1b(0abc\x1bcq'
    using terminal = new Terminal({ cols: 20, rows: 5 })
    terminal.write(stream)
    expect(terminal.snapshot({ format: 'ansi' })).toBe('q\n\n\n\n')
    expect([terminal.title, terminal.isAlternate, terminal.modes]).toEqual([
      't',
      false,
      TerminalModeBit.wrap,
    ])
  })

  test('the alternate screen comes blank, has no scrollback, and leaves the main one as it was', () => {
    using terminal = new Terminal({ cols: 20, rows: 3, scrollbackLines: 10 })
    terminal.write('main\r\n2\r\n3\r\n4')
    terminal.write(`\x1b[?1049h${'alt\r\n'.repeat(9)}`)
    expect(terminal.isAlternate).toBe(true)
    expect(terminal.view.historyLines).toBe(0)
    terminal.write('\x1b[?1049l')
    expect(terminal.snapshot({ scrollback: true })).toBe('main\n2\n3\n4')
    expect(terminal.view.cursor).toMatchObject({ row: 2, col: 1 })
  })

  test('sequences that are unknown are counted, not shown', () => {
    const [shown, count] = after('\x1b[5z\x1b[?9999h\x1b[>4;2m\x1bZa', (t) => [
      t.view.rowText(0),
      t.counts().unknownSequenceCount,
    ])
    expect([shown, count]).toEqual(['a', 4])
  })

  test('insert mode pushes text to the right, wide characters whole', () => {
    expect(after('ab中\r\x1b[4hx', row(0))).toBe('xab中')
    expect(after('abc中\r\x1b[4hx', row(0), 5)).toBe('xabc')
  })
})
