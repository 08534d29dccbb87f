// SIMD against scalar, per kernel and grid size, beside what libc's memset, memmove and memcmp reach.
import { loadTerminalNative } from '../dist/terminal-native.js'
import { loadBenchAddon } from './bench-native.mjs'
import { measure, medianInterval, medianRatio } from './measure.mjs'

const bench = loadBenchAddon()
const names = ['fill', 'clear', 'scroll by 1', 'diff, equal', 'ASCII decode']
const sizes = [
  [24, 80],
  [50, 200],
  [100, 400],
]
const available = loadTerminalNative().kernelLevels()
const levels = [
  [0, 'scalar'],
  [1, 'sse2'],
  [2, 'avx2'],
  [3, 'neon'],
].filter(([level]) => available & (1 << level))
const libc = 99

const tables = []
for (const [rows, cols] of sizes)
  for (const [which, name] of names.entries()) {
    const cases = levels.map(([level, label]) => ({
      name: label,
      run: (times) => void bench.kernel(which, level, rows, cols, times),
    }))
    // Nothing in libc decodes ASCII into cells.
    if (which < 4)
      cases.push({
        name: 'libc',
        run: (times) => void bench.kernel(which, libc, rows, cols, times),
      })
    const results = measure(cases, bench.cpuNs, {
      rounds: Number(process.env.BENCH_ROUNDS ?? 41),
      sliceMs: 0.5,
      warmUpMs: 10,
    })
    const perCell = (values) => medianInterval(values.map((value) => value / (rows * cols)))
    tables.push({
      kernel: name,
      rows,
      cols,
      sizeKiB: (rows * cols * 16) / 1024,
      nsPerCell: Object.fromEntries(
        Object.entries(results).map(([label, values]) => [label, perCell(values)]),
      ),
      timesFaster: Object.fromEntries(
        Object.keys(results)
          .filter((label) => label !== 'scalar')
          .map((label) => [label, medianRatio(results.scalar, results[label])]),
      ),
    })
  }
console.log(JSON.stringify({ tables }))
