import { createGridWriter, Grid } from '@seamproof/termcore'
import { workload } from 'seamproof'
import { loadBenchAddon } from '../bench/bench-native.mjs'

/** The same cells set by the same function, in a loop in C: what is left of the difference is the seam. */
const setCellInC = 0
const bench = loadBenchAddon()
const setCells = (_state: unknown, count: number) => bench.inC(setCellInC, count)
const operationsPerFlush = 64

function open(batch?: boolean) {
  const grid = new Grid({ cols: 80, rows: 24 })
  const options = batch === undefined ? {} : { batch }
  return { grid, writer: createGridWriter(grid.handle, options), step: 0 }
}

function setCell(state: ReturnType<typeof open>): void {
  const step = state.step++
  state.writer.setCell((step >> 6) % 24, step & 63, 65)
  if ((step & (operationsPerFlush - 1)) === operationsPerFlush - 1) state.writer.flush()
}

function close({ writer, grid }: ReturnType<typeof open>): void {
  writer.close()
  grid[Symbol.dispose]()
}

workload('set a cell by a call', {
  setup: () => open(false),
  run: setCell,
  native: setCells,
  teardown: close,
})

workload('set a cell by the command buffer', {
  setup: () => open(true),
  run: setCell,
  native: setCells,
  teardown: close,
})

/** As the flag `batch` says. */
workload('set a cell', { setup: () => open(), run: setCell, native: setCells, teardown: close })
