import { createGridWriter, Grid, Terminal } from '@seamproof/termcore'
import { workload } from 'seamproof'

const encoder = new TextEncoder()

/** Lines as programs print them: plain, coloured, wide and combining characters, a jump, a title. */
const lines = [
  'drwxr-xr-x  2 user user 4096 Nov 23 09:14 packages\r\n',
  '\x1b[32m✓\x1b[39m test/grid.test.ts \x1b[2m(41 tests)\x1b[22m 312ms\r\n',
  '\x1b[38;2;200;120;40m世界\x1b[m e\u0301 \x1b[4:3munder\x1b[24m\r\n',
  '\x1b[12;1H\x1b[Kprogress 42 %\x1b[24;1H\r\n',
  '\x1b]2;building\x07\x1b[1mcc\x1b[m -O2 -c grid.c\r\n',
].map((line) => encoder.encode(line))

const operationsPerDamage = 32
const operationsPerTerminal = 20_000

/**
 * What a terminal does all day, for a soak: a line of output is parsed into its grid, a cell and a text are drawn beside it
 * through the command buffer, now and then the damage is taken, and ten times in 200,000 operations a terminal is made,
 * filled, resized and closed, so that what comes and goes is part of the hour.
 */
workload('terminal under load', {
  setup: () => {
    const grid = new Grid({ cols: 80, rows: 24, scrollbackLines: 100 })
    return {
      terminal: new Terminal({ cols: 80, rows: 24, scrollbackLines: 1000 }),
      grid,
      writer: createGridWriter(grid.handle, { batch: true }),
      step: 0,
    }
  },
  run: (state) => {
    const step = state.step++
    state.terminal.write(lines[step % lines.length]!)
    state.writer.setCell(step % 24, step % 80, 33 + (step % 90))
    state.writer.putText(step % 24, step % 60, 'hello world')
    state.writer.flush()
    if (step % operationsPerDamage === 0) {
      state.terminal.takeDamage()
      state.grid.takeDamage()
    }
    if (step % operationsPerTerminal === 0) openAndClose()
  },
  teardown: ({ terminal, grid, writer }) => {
    writer.close()
    grid[Symbol.dispose]()
    terminal[Symbol.dispose]()
  },
})

function openAndClose(): void {
  const terminal = new Terminal({ cols: 80, rows: 24, scrollbackLines: 50 })
  for (const line of lines) terminal.write(line)
  terminal.resize(100, 30)
  terminal.takeDamage()
  terminal[Symbol.dispose]()
}
