// Byte streams like those that programs write, generated from a seed: the same bytes on every machine.
function createRandom(seed) {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

const words = 'the quick brown fox jumps over a lazy dog while memory stays where it was put'.split(
  ' ',
)
const esc = '\x1b['

/** Lines of words, as a log or a build prints them. */
function ascii(random) {
  let line = ''
  const length = 20 + random(100)
  while (line.length < length) line += `${words[random(words.length)]} `
  return `${line}\r\n`
}

/** Every few characters another truecolor pair or attribute. */
function sgr(random) {
  let line = ''
  for (let index = 0; index < 12; index++)
    line += `${esc}${random(2)};38;2;${random(256)};${random(256)};${random(256)}m${words[random(words.length)]}${esc}0m `
  return `${line}\r\n`
}

/** A full-screen program: jumps, short runs, erasing to the end of the line. */
function fullScreen(random) {
  const row = 1 + random(24)
  const col = 1 + random(60)
  return `${esc}${row};${col}H${esc}${31 + random(7)}m${words[random(words.length)]}${esc}m ${words[random(words.length)]}${esc}K`
}

/** Scroll regions, inserted and deleted lines and characters. */
function scrolling(random) {
  const top = 1 + random(10)
  const move = [
    `${esc}${1 + random(3)}L`,
    `${esc}${1 + random(3)}M`,
    `${esc}${1 + random(5)}@`,
    `${esc}${1 + random(5)}P`,
    `${esc}${1 + random(3)}S`,
  ][random(5)]
  return `${esc}${top};${top + 5 + random(8)}r${esc}${top + 2};${1 + random(40)}H${move}${words[random(words.length)]}\n${esc}r`
}

/** Wide, combining and accented characters between words. */
function unicode(random) {
  const pieces = ['漢字', 'かな', '한국어', 'größe', 'naïve', 'е́', '🙂', '👍', '─┼│']
  let line = ''
  for (let index = 0; index < 14; index++)
    line += `${random(3) === 0 ? words[random(words.length)] : pieces[random(pieces.length)]} `
  return `${line}\r\n`
}

export function makeStreams(sizeBytes) {
  const makers = {
    ascii,
    'sgr (truecolor)': sgr,
    'full screen': fullScreen,
    'scroll regions': scrolling,
    'utf-8 (CJK, emoji)': unicode,
  }
  return Object.fromEntries(
    Object.entries(makers).map(([name, make], index) => {
      const random = createRandom(index + 1)
      let text = ''
      while (text.length < sizeBytes) text += make(random)
      return [name, Buffer.from(text).subarray(0, sizeBytes)]
    }),
  )
}
