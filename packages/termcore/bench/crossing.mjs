// What one operation costs: by a call each, in batches of 1 to 4096, in C alone, and in plain JavaScript.
import { createGridWriter } from '../dist/bridge.js'
import { loadNative } from '../dist/native.js'
import { loadBenchAddon } from './bench-native.mjs'
import { measure, medianInterval, medianRatio } from './measure.mjs'

const cols = 80
const rows = 24
const native = loadNative()
const bench = loadBenchAddon()

/** One function per case, from text with the case's name in it: equal text would share type feedback. */
function makeCase(name, body, names, values, quantum) {
  const run = new Function(...names, `/* ${name} */ return function (iterations) { ${body} }`)(
    ...values,
  )
  return { name, run, quantum }
}

/** The pure-JavaScript grid: the same cells in a Uint32Array, the same dirty range per row. */
class PlainGrid {
  constructor() {
    this.cells = new Uint32Array(cols * rows * 4)
    this.first = new Uint32Array(rows)
    this.end = new Uint32Array(rows)
    this.foreground = 1
    this.background = 2
    this.attributes = 3
  }

  setCell(row, col, codepoint) {
    if (row >= rows || col >= cols) return
    const at = (row * cols + col) * 4
    const cells = this.cells
    cells[at] = codepoint
    cells[at + 1] = this.foreground
    cells[at + 2] = this.background
    cells[at + 3] = this.attributes
    if (col < this.first[row]) this.first[row] = col
    if (col >= this.end[row]) this.end[row] = col + 1
  }
}

const next = 'const col = i & 63, row = (i >> 6) % 24;'
const grid = native.gridCreate(cols, rows, 0)
const batchSizes = [1, 2, 4, 8, 16, 64, 256, 1024, 4096]

function cases() {
  const {
    nothing,
    gridSetCell,
    gridSetCursor,
    gridSetStyle,
    gridFill,
    gridScroll,
    gridPutText,
    gridTakeDirty,
  } = native
  const call = (name, body, callee) =>
    makeCase(
      name,
      `for (let i = 0; i < iterations; i++) { ${next} ${body} }`,
      ['f', 'g'],
      [callee, grid],
    )
  const list = [
    makeCase(
      'generating row and column only',
      `let s = 0; for (let i = 0; i < iterations; i++) { ${next} s += col ^ row } return s < -1 ? 0 : undefined`,
      [],
      [],
    ),
    makeCase('setCell looped in C', 'f(iterations)', ['f'], [bench.setCells]),
    makeCase(
      'setCell, pure-JavaScript grid',
      `for (let i = 0; i < iterations; i++) { ${next} p.setCell(row, col, 33 + col) }`,
      ['p'],
      [new PlainGrid()],
    ),
    call('an empty call', 'f()', nothing),
    call('setCell, one call each', 'f(g, row, col, 33 + col)', gridSetCell),
    call('setCursor, one call each', 'f(g, row, col)', gridSetCursor),
    call('setStyle, one call each', 'f(g, col, row, 1)', gridSetStyle),
    call('takeDirty, one call each', 'f(g)', gridTakeDirty),
    call('putText of 11 characters, one call each', "f(g, row, col, 'hello world')", gridPutText),
    call('fill of 1 cell, one call each', 'f(g, row, col, 1, 1, 65)', gridFill),
    call('scroll by 1, one call each', 'f(g, 0, 24, 1, 0)', gridScroll),
  ]
  for (const size of batchSizes) {
    const writer = createGridWriter(grid, { batch: true, capacityWords: 4 * 4096 })
    list.push(
      makeCase(
        `setCell, batch of ${size}`,
        `for (let j = 0; j < iterations; j += ${size}) { for (let k = 0; k < ${size}; k++) { const i = j + k; ${next} w.setCell(row, col, 33 + col) } w.flush() }`,
        ['w'],
        [writer],
        size,
      ),
    )
  }
  return list
}

const results = measure(cases(), { rounds: Number(process.env.BENCH_ROUNDS ?? 61) })
const generating = results['generating row and column only']
const inC = results['setCell looped in C']
const perCall = results['setCell, one call each']
// Overhead: what is left once generating the arguments and the work itself are taken off, round by round.
const overhead = (values) => values.map((value, round) => value - generating[round] - inC[round])
const overheads = Object.fromEntries(
  Object.keys(results)
    .filter((name) => name.startsWith('setCell, ') && !name.includes('JavaScript'))
    .map((name) => [name, medianInterval(overhead(results[name]))]),
)
console.log(
  JSON.stringify({
    nsPerOperation: Object.fromEntries(
      Object.entries(results).map(([name, values]) => [name, medianInterval(values)]),
    ),
    overheads,
    batchOverCall: Object.fromEntries(
      batchSizes.map((size) => [
        size,
        {
          time: medianRatio(results[`setCell, batch of ${size}`], perCall),
          overhead: medianRatio(overhead(results[`setCell, batch of ${size}`]), overhead(perCall)),
        },
      ]),
    ),
    callOverPlain: medianRatio(perCall, results['setCell, pure-JavaScript grid']),
    batchOverPlain: medianRatio(
      results['setCell, batch of 4096'],
      results['setCell, pure-JavaScript grid'],
    ),
  }),
)
