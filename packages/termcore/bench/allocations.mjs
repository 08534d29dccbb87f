// Allocations per operation, counted: native ones by a preloaded malloc counter on this thread, JavaScript
// bytes by the heap's growth over a run without a collection. Needs --expose-gc and the preload.
import { createGridWriter } from '../dist/bridge.js'
import { termcoreFlags } from '../dist/bridge-flags.js'
import { EventLoop } from '../dist/event-loop.js'
import { loadNative } from '../dist/native.js'
import { loadBenchAddon } from './bench-native.mjs'

const bench = loadBenchAddon()
const native = loadNative()
const turn = () => new Promise((resolve) => setImmediate(resolve))
const operations = 20_000

/**
 * Native: the least of 5 runs after 4 that are thrown away. What an operation allocates shows in every run;
 * what V8 does on this thread in between (compiling, say) does not. JavaScript: the median.
 */
async function count(name, make) {
  const nativeCounts = []
  const heapBytes = []
  for (let repetition = 0; repetition < 9; repetition++) {
    const run = make()
    run(2000)
    await turn()
    gc()
    const heapBefore = process.memoryUsage().heapUsed
    const before = bench.mallocCount()
    run(operations)
    const after = bench.mallocCount()
    const heapAfter = process.memoryUsage().heapUsed
    await turn()
    gc()
    await turn()
    nativeCounts.push((after - before) / operations)
    heapBytes.push(Math.max(0, heapAfter - heapBefore) / operations)
  }
  const middle = (values) => values.slice(4).sort((a, b) => a - b)[2]
  return {
    name,
    nativeAllocationsPerOperation: Math.min(...nativeCounts.slice(4)),
    heapBytesPerOperation: middle(heapBytes),
  }
}

const grid = native.gridCreate(80, 24, 100)
const rows = []
for (const pool of [false, true]) {
  termcoreFlags().set('pool', pool)
  const label = (name) => `${name}; pool ${pool ? 'on' : 'off'}`
  rows.push(
    await count(label('setCell, one call each'), () => (n) => {
      for (let i = 0; i < n; i++) native.gridSetCell(grid, i % 24, i & 63, 65)
    }),
    await count(label('setCell, batch of 64'), () => {
      const writer = createGridWriter(grid, { batch: true })
      return (n) => {
        for (let i = 0; i < n; i++) {
          writer.setCell(i % 24, i & 63, 65)
          if ((i & 63) === 63) writer.flush()
        }
        writer.flush()
      }
    }),
    await count(label('putText of 11 characters in the batch'), () => {
      const writer = createGridWriter(grid, { batch: true })
      return (n) => {
        for (let i = 0; i < n; i++) {
          writer.putText(i % 24, i & 63, 'hello world')
          if ((i & 63) === 63) writer.flush()
        }
        writer.flush()
      }
    }),
    await count(label('scroll by 1'), () => (n) => {
      for (let i = 0; i < n; i++) native.gridScroll(grid, 0, 24, 1, 1)
    }),
    await count(label('takeDirty'), () => (n) => {
      for (let i = 0; i < n; i++) native.gridTakeDirty(grid)
    }),
    await count(label('grid made and closed'), () => (n) => {
      for (let i = 0; i < n; i++) native.gridDestroy(native.gridCreate(80, 24, 0))
    }),
    await count(label('grid resized'), () => (n) => {
      for (let i = 0; i < n; i++) native.gridResize(grid, 80 + (i & 1), 24)
    }),
    await count(label('timer started and removed'), () => {
      const loop = new EventLoop({ backend: 'epoll' })
      const callback = () => {}
      return (n) => {
        for (let i = 0; i < n; i++) loop.startTimer({ afterMs: 1e6 }, callback).remove()
      }
    }),
  )
}
console.log(JSON.stringify({ operations, rows }))
process.exit(0)
