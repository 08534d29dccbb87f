import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Terminal } from '../src/index.js'
import {
  createPeer,
  differenceOf,
  readPeer,
  readTermcore,
  type ScreenSize,
  writePeer,
} from './peer-screen.js'
import { createRandom, type TortureKind, tortureStream } from './peer-torture.js'

const fixtures = new URL('peer-fixtures/', import.meta.url)

/** Feeds both the same stream in pieces and compares after each; the first difference, or ''. */
async function compare(stream: Uint8Array, size: ScreenSize, pieceBytes: number): Promise<string> {
  const peer = createPeer(size)
  using terminal = new Terminal({ ...size, scrollbackLines: size.scrollback })
  for (let at = 0; at < stream.length; at += pieceBytes) {
    const piece = stream.subarray(at, at + pieceBytes)
    await writePeer(peer, piece)
    terminal.write(piece)
    const difference = differenceOf(readTermcore(terminal), readPeer(peer))
    if (difference !== '') return `after byte ${at + piece.length}: ${difference}`
  }
  peer.dispose()
  return ''
}

const encode = (text: string) => new TextEncoder().encode(text)

describe('recordings of real programs give the same screen as @xterm/headless', () => {
  for (const file of readdirSync(fixtures).filter((name) => name.endsWith('.vt'))) {
    test(`${file}, compared every 200 bytes`, async () => {
      const stream = readFileSync(new URL(file, fixtures))
      expect(stream.length).toBeGreaterThan(1000)
      expect(await compare(stream, { cols: 80, rows: 24, scrollback: 200 }, 200)).toBe('')
    })
  }
})

describe('generated streams give the same screen as @xterm/headless', () => {
  for (const kind of ['narrow', 'wide'] satisfies TortureKind[]) {
    test(`200 streams of ${kind} text, by seed`, async () => {
      for (let seed = 1; seed <= 200; seed++) {
        const size = { cols: 40 + (seed % 41), rows: 10 + (seed % 15), scrollback: 0 }
        const stream = encode(tortureStream(kind, seed, 120))
        const difference = await compare(stream, size, stream.length)
        expect(difference, `seed ${seed}, ${size.cols}x${size.rows}`).toBe('')
      }
    })
  }

  test('with scrollback: 100 streams, without what depends on lines that have left the screen', async () => {
    // Saved cursors and erasing to the left: docs/termcore-differences.md.
    const excluded = ['\x1b7', '\x1b8', '\x1b[1J', '\x1b[?1048', '\x1b[?1049']
    for (let seed = 1; seed <= 100; seed++) {
      const size = { cols: 40 + (seed % 41), rows: 10 + (seed % 15), scrollback: 20 }
      let text = tortureStream(seed % 2 ? 'narrow' : 'wide', seed, 150)
      for (const sequence of excluded) text = text.replaceAll(sequence, '\x1b[?25')
      const stream = encode(text)
      expect(await compare(stream, size, stream.length), `seed ${seed}`).toBe('')
    }
  })

  test('bytes that are not UTF-8 become U+FFFD as the Encoding standard says', async () => {
    // The peer drops them instead, so it gets what TextDecoder made of the stream.
    const random = createRandom(7)
    for (let round = 0; round < 40; round++) {
      const bytes = Uint8Array.from({ length: 120 }, () =>
        random(3) === 0 ? 0x20 + random(95) : 0xa0 + random(0x60),
      )
      const decoded = encode(new TextDecoder().decode(bytes))
      using raw = new Terminal({ cols: 60, rows: 10, scrollbackLines: 0 })
      using text = new Terminal({ cols: 60, rows: 10, scrollbackLines: 0 })
      raw.write(bytes)
      // A half codepoint at the end shows only when something follows.
      raw.write('.')
      text.write(decoded)
      text.write('.')
      expect(differenceOf(readTermcore(raw), readTermcore(text)), `round ${round}`).toBe('')
    }
  })
})

test('a comparison that must fail does', async () => {
  const peer = createPeer({ cols: 20, rows: 5, scrollback: 0 })
  using terminal = new Terminal({ cols: 20, rows: 5, scrollbackLines: 0 })
  await writePeer(peer, 'abc\x1b[31md')
  terminal.write('abc\x1b[32md')
  expect(differenceOf(readTermcore(terminal), readPeer(peer))).toContain('column 3')
})

test('a stream cut into single bytes gives the same screen as in one piece', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const stream = encode(tortureStream(seed % 2 ? 'narrow' : 'wide', seed, 150))
    using whole = new Terminal({ cols: 70, rows: 20, scrollbackLines: 50 })
    using cut = new Terminal({ cols: 70, rows: 20, scrollbackLines: 50 })
    whole.write(stream)
    for (let at = 0; at < stream.length; at++) cut.write(stream.subarray(at, at + 1))
    expect(differenceOf(readTermcore(cut), readTermcore(whole)), `seed ${seed}`).toBe('')
  }
})

describe('each difference that docs/termcore-differences.md lists is one still', () => {
  const size = { cols: 20, rows: 5, scrollback: 20 }
  const listed: Record<string, string> = {
    'scroll down in a background': '\x1b[44m\x1b[T',
    'combining character after a control': 'e\x1b[m\u0301x',
    'colour of three subparameters': '\x1b[38:2:1:2:3mx',
    'motion in origin mode': '\x1b[2;4r\x1b[?6h\x1b[2;3H\x1b[5Gx',
    'SGR 0 and DECSCA': '\x1b[1"q\x1b[mkeep\x1b[?2K',
    'saved character sets': '\x1b(0\x1b7\x0f\x1b(B\x1b8\x0fq',
    'columns at a pending wrap': `${'x'.repeat(20)}\x1b[2'}`,
    'UTF-8 inside an application string': '\x1b_é hidden\x1b\\shown',
    'saved cursor and scrollback': `\x1b[4;1H\x1b7${'\n'.repeat(6)}\x1b8x`,
    'RI as one character': '\x1b[3;1H\u008dx',
    'half a wide character without autowrap': '\x1b[1;19H中\x1b[?7lab',
    'half a wide character by insertion': '\x1b[41m中\x1b[44m\x1b[1;2H\x1b[@\x1b[mx',
    'bytes that are not UTF-8': '',
  }
  for (const [name, stream] of Object.entries(listed))
    test(name, async () => {
      const bytes = stream === '' ? Uint8Array.of(0x61, 0xff, 0x62) : encode(stream)
      expect(await compare(bytes, size, bytes.length)).not.toBe('')
    })
})
