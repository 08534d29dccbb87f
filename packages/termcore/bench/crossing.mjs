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
const batchName = (size) => `setCell, batch of ${size}`

/** One call each; the index is that of the same work in bench_addon.c. */
const calls = [
  ['setCell', 'f(g, row, col, 33 + col)', native.gridSetCell],
  ['setCursor', 'f(g, row, col)', native.gridSetCursor],
  ['setStyle', 'f(g, col, row, 1)', native.gridSetStyle],
  ['takeDirty (24 rows)', 'f(g)', native.gridTakeDirty],
  ['putText of 11 characters', "f(g, row, col, 'hello world')", native.gridPutText],
  ['fill of 1 cell', 'f(g, row, col, 1, 1, 65)', native.gridFill],
  ['scroll by 1', 'f(g, 0, 24, 1, 0)', native.gridScroll],
]

function cases() {
  const list = [
    makeCase(
      'generating',
      `let s = 0; for (let i = 0; i < iterations; i++) { ${next} s += col ^ row } return s < -1 ? 0 : undefined`,
      [],
      [],
    ),
    makeCase(
      'setCell, pure-JavaScript grid',
      `for (let i = 0; i < iterations; i++) { ${next} p.setCell(row, col, 33 + col) }`,
      ['p'],
      [new PlainGrid()],
    ),
    makeCase('an empty call', 'for (let i = 0; i < iterations; i++) f()', ['f'], [native.nothing]),
  ]
  for (const [index, [name, body, callee]] of calls.entries())
    list.push(
      makeCase(
        name,
        `for (let i = 0; i < iterations; i++) { ${next} ${body} }`,
        ['f', 'g'],
        [callee, grid],
      ),
      { name: `${name}, in C`, run: (iterations) => void bench.inC(index, iterations) },
    )
  for (const size of batchSizes) {
    const writer = createGridWriter(grid, { batch: true, capacityWords: 4 * 4096 })
    list.push(
      makeCase(
        batchName(size),
        `for (let j = 0; j < iterations; j += ${size}) { for (let k = 0; k < ${size}; k++) { const i = j + k; ${next} w.setCell(row, col, 33 + col) } w.flush() }`,
        ['w'],
        [writer],
        size,
      ),
    )
  }
  return list
}

const results = measure(cases(), bench.cpuNs, { rounds: Number(process.env.BENCH_ROUNDS ?? 61) })
const perCall = results.setCell
const plain = results['setCell, pure-JavaScript grid']
/** What is left once making the arguments and the work itself are taken off, round by round. */
const overhead = (values, work) =>
  values.map((value, round) => value - results.generating[round] - results[`${work}, in C`][round])
const callOverhead = overhead(perCall, 'setCell')
const stats = (values, work) => ({
  ns: medianInterval(values),
  overheadNs: work === undefined ? null : medianInterval(overhead(values, work)),
})

console.log(
  JSON.stringify({
    rows: [
      ['generating row and column only', stats(results.generating)],
      ['setCell, pure-JavaScript grid', stats(plain)],
      ['an empty call', stats(results['an empty call'])],
      ...calls.flatMap(([name]) => [
        [`${name}, looped in C`, stats(results[`${name}, in C`])],
        [`${name}, one call each`, stats(results[name], name)],
      ]),
      ...batchSizes.map((size) => [batchName(size), stats(results[batchName(size)], 'setCell')]),
    ].map(([name, values]) => ({ name, ...values })),
    batchOverCall: batchSizes.map((size) => ({
      size,
      time: medianRatio(results[batchName(size)], perCall),
      overhead: medianRatio(overhead(results[batchName(size)], 'setCell'), callOverhead),
    })),
    callOverPlain: medianRatio(perCall, plain),
    batchOverPlain: medianRatio(results[batchName(4096)], plain),
  }),
)
