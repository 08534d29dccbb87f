/** A small generator with a seed (mulberry32): the same seed gives the same stream everywhere. */
export function createRandom(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

type Random = (limit: number) => number
type Piece = (random: Random) => string

const csi = (body: string) => `\x1b[${body}`
const pick = <Value>(random: Random, values: readonly Value[]): Value =>
  values[random(values.length)]!

/** Mostly small, sometimes absent, sometimes far outside. */
const count: Piece = (random) =>
  pick(random, ['', '0', '1', '2', '3', '5', `${random(30)}`, `${random(100)}`, '9999'])

const word: Piece = (random) => {
  const length = 1 + random(12)
  let text = ''
  for (let i = 0; i < length; i++) text += String.fromCharCode(0x20 + random(95))
  return text
}

// Combining marks only straight after a letter: differences.md says why.
const wideText: Piece = (random) =>
  pick(random, [
    '中文',
    'かな',
    '한글',
    '😀',
    '🎉x',
    'é',
    'ñ',
    'xe\u0301',
    'xa\u0308\u0301',
    '│─┐',
    'ÿ',
    '€',
  ])

const sgrParam: Piece = (random) =>
  pick(random, [
    () =>
      `${pick(random, ['', '0', '1', '2', '3', '4', '5', '7', '8', '9', '21', '22', '23', '24', '25', '27', '28', '29', '53', '55'])}`,
    () => `${30 + random(8)}`,
    () => `${40 + random(8)}`,
    () => `${90 + random(8)}`,
    () => `${100 + random(8)}`,
    () => `38;5;${random(256)}`,
    () => `48;5;${random(256)}`,
    () => `38;2;${random(256)};${random(256)};${random(256)}`,
    () => `48;2;${random(256)};${random(256)};${random(256)}`,
    () => `38:2::${random(256)}:${random(256)}:${random(256)}`,
    () => `48:2::${random(256)}:${random(256)}:${random(256)}`,
    () => `38:5:${random(256)}`,
    () => `4:${random(6)}`,
    () => '39',
    () => '49',
  ])()

const sgr: Piece = (random) => {
  const params = Array.from({ length: 1 + random(4) }, () => sgrParam(random))
  return csi(`${params.join(';')}m`)
}

const motion: Piece = (random) => csi(`${count(random)}${pick(random, [...'ABCDEFGIZ`ade'])}`)
const position: Piece = (random) =>
  csi(`${1 + random(30)};${1 + random(90)}${pick(random, ['H', 'f'])}`)
const erase: Piece = (random) =>
  csi(`${pick(random, ['', '0', '1', '2'])}${pick(random, ['J', 'K', 'K'])}`)
const edit: Piece = (random) => csi(`${count(random)}${pick(random, [...'LMPXS'])}`)
const insert: Piece = (random) => csi(`${count(random)}@`)
const insertMode: Piece = (random) => csi(pick(random, ['4h', '4l', '4l']))
// The peer scrolls down in the default colours: differences.md.
const scrollDown: Piece = (random) => `${csi('m')}${csi(`${count(random)}T`)}`
// Not at a pending wrap, where the peer works on column 0: differences.md.
const columns: Piece = (random) =>
  `${position(random)}${csi(`${1 + random(5)}${pick(random, [' @', ' A', "'}", "'~"])}`)}`
const region: Piece = (random) => csi(`${1 + random(12)};${2 + random(30)}r`)
const control: Piece = (random) =>
  pick(random, ['\r', '\n', '\r\n', '\b', '\t', '\x0b', '\x0c', '\x00', '\x7f'])
const escapeSequence: Piece = (random) =>
  `\x1b${pick(random, ['D', 'E', 'M', '7', '8', 'H', '#8'])}`
// No wide characters without autowrap, of which the peer may leave halves: differences.md.
const noWrap: Piece = (random) => `${csi('?7l')}${word(random)}${word(random)}${csi('?7h')}`
const modes: Piece = (random) =>
  csi(pick(random, ['?25l', '?25h', '?1h', '?2004h', '?45h', '?45l', '?12h', '?1006h']))
const tabs: Piece = (random) => pick(random, [csi('g'), csi('3g'), '\x1bH'])
// Balanced: restoring the cursor brings back other things in the peer (differences.md).
const charset: Piece = (random) =>
  pick(random, ['\x1b(0qxlkj\x1b(B', '\x1b)0\x0eabcq\x0f\x1b)B', '\x1b(A##\x1b(B'])
const screens: Piece = (random) =>
  csi(pick(random, ['?1049h', '?1049l', '?47h', '?47l', '?1047h', '?1047l', '?1048h', '?1048l']))
const strings: Piece = (random) =>
  pick(random, [
    '\x1b]0;title\x07',
    '\x1b]2;t\u00e9\x1b\\',
    '\x1b]52;c;YQ==\x07',
    '\x1bP$qm\x1b\\',
    '\x1bPzzz\x1b\\',
    '\x1bXabc\x1b\\',
    '\x1b_app\x1b\\',
  ])
const broken: Piece = (random) =>
  pick(random, [
    '\x1b[\x18',
    '\x1b[1;\x18',
    '\x1b[?\x1a',
    '\x1b\x18',
    '\x1b[999999999999m',
    '\x1b[1<2m',
    '\x1b[ !p',
    '\x1b]0;lost\x18',
    '\x1bP1$',
    '\x1b[1\x1a2H',
    '\x1b[1\x08C',
    '\x1b[3\r\nC',
    '\x1b[>c',
    '\x1b[=5h',
    '\x1b[1;2;3;4;5;6;7;8;9m',
  ])
const repeat: Piece = (random) => `${word(random)}${csi(`${1 + random(20)}b`)}`
const reset: Piece = (random) => pick(random, ['\x1bc', csi('!p'), csi('m'), csi('r')])

type Weighted = readonly [weight: number, piece: Piece]

/** What every stream has, and how often. */
const common: readonly Weighted[] = [
  [30, word],
  [14, sgr],
  [10, motion],
  [10, position],
  [5, erase],
  [7, edit],
  [2, scrollDown],
  [3, region],
  [14, control],
  [4, escapeSequence],
  [3, modes],
  [2, tabs],
  [3, charset],
  [2, screens],
  [2, strings],
  [3, broken],
  [2, repeat],
  [1, reset],
]

/**
 * Two kinds of streams. The peer may leave half of a wide character behind when cells are inserted
 * there, or when autowrap is off: so wide text and these come in different streams (differences.md).
 */
const kinds = {
  narrow: [...common, [4, insert], [2, insertMode], [3, columns], [3, noWrap]],
  wide: [...common, [14, wideText]],
} satisfies Record<string, readonly Weighted[]>

export type TortureKind = keyof typeof kinds

export function tortureStream(kind: TortureKind, seed: number, pieceCount: number): string {
  const random = createRandom(seed)
  const pieces: readonly Weighted[] = kinds[kind]
  const totalWeight = pieces.reduce((sum, [weight]) => sum + weight, 0)
  let stream = ''
  for (let i = 0; i < pieceCount; i++) {
    let at = random(totalWeight)
    const [, piece] = pieces.find(([weight]) => {
      at -= weight
      return at < 0
    })!
    stream += piece(random)
  }
  return stream
}
