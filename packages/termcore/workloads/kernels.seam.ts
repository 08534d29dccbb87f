import { Grid, Terminal } from '@seamproof/termcore'
import { workload } from 'seamproof'

const text = new TextEncoder().encode(
  'the quick brown fox jumps over a lazy dog while memory stays where it was put\r\n'.repeat(104),
)

/** The work of the kernels, with little else: a grid that fits the first cache, and plain text. */
workload('clear a grid', {
  setup: () => {
    const grid = new Grid({ cols: 80, rows: 24 })
    return { grid, writer: grid.writer({ batch: false }) }
  },
  run: ({ writer }) => writer.clear(),
  teardown: ({ grid, writer }) => {
    writer.close()
    grid[Symbol.dispose]()
  },
})

workload('fill a grid', {
  setup: () => {
    const grid = new Grid({ cols: 80, rows: 24 })
    return { grid, writer: grid.writer({ batch: false }) }
  },
  run: ({ writer }) => writer.fill(0, 0, 24, 80, 65),
  teardown: ({ grid, writer }) => {
    writer.close()
    grid[Symbol.dispose]()
  },
})

workload('write 8 KiB of text', {
  setup: () => new Terminal({ cols: 80, rows: 24, scrollbackLines: 1000 }),
  run: (terminal) => terminal.write(text),
  teardown: (terminal) => terminal[Symbol.dispose](),
})
