import { once } from 'node:events'
import { Terminal } from '@seamproof/termcore'
import { workload } from 'seamproof'

const encoder = new TextEncoder()

/** A full-screen program's frame: jumps, colours, wide and combining characters, a region scrolled. */
const frame = encoder.encode(
  `\x1b[?2026h\x1b[2;20r\x1b[2S\x1b[r${Array.from(
    { length: 24 },
    (_, row) =>
      `\x1b[${row + 1};1H\x1b[38;2;${row};9;9;4:3m\x1b[58:5:${row}mrow ${row} 世界 e\u0301\x1b[m\x1b[K`,
  ).join('')}\x1b]2;frame\x07\x1b[?2026l\x1b[6n`,
)

/** Parsing on one terminal: nothing may be allocated natively. */
workload('parse a frame', {
  setup: () => new Terminal({ cols: 80, rows: 24, scrollbackLines: 200 }),
  run: (terminal) => {
    terminal.write(frame)
    terminal.takeDamage()
  },
  teardown: (terminal) => terminal[Symbol.dispose](),
})

/** Everything that a terminal makes is given back with it. */
workload('make, fill, resize, picture and close a terminal', {
  run: () => {
    const terminal = new Terminal({ cols: 80, rows: 24, scrollbackLines: 50 })
    terminal.write(frame)
    terminal.write('\x1b[?1049h')
    terminal.write(frame)
    terminal.resize(100, 30)
    terminal.snapshot({ format: 'html' })
    terminal[Symbol.dispose]()
  },
})

/** A program from start to exit, with its pseudo-terminal. */
workload('run a program in a terminal', {
  run: async () => {
    const terminal = new Terminal({ cols: 80, rows: 24, scrollbackLines: 50 })
    terminal.spawn('/bin/sh', ['-c', 'printf "\\033[31mhello\\033[0m\\n"'])
    await once(terminal, 'exit')
    terminal[Symbol.dispose]()
  },
})
