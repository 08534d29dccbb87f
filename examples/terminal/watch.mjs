// A terminal that a person can watch: runs a program inside a termcore Terminal and draws its screen into
// the one you sit at, damaged rows only, with a status line of what termcore did. Ctrl-] ends it.
//
//   node examples/terminal/watch.mjs -- vim README.md
import { performance } from 'node:perf_hooks'
import { Terminal } from '@seamproof/termcore'

const command = process.argv.slice(2).filter((argument) => argument !== '--')
if (command.length === 0) command.push(process.env.SHELL ?? '/bin/sh')

const { stdin, stdout } = process
const hostSize = () => ({ cols: stdout.columns ?? 80, rows: (stdout.rows ?? 24) - 1 })
const terminal = new Terminal(hostSize())

const totals = { bytes: 0, frames: 0, rows: 0, parseMs: 0 }

// The program's bytes pass through `write`; counting them there shows what the parser had to do.
const write = terminal.write.bind(terminal)
terminal.write = (output) => {
  const before = performance.now()
  write(output)
  totals.parseMs += performance.now() - before
  totals.bytes += output.length
}

function statusLine() {
  const { cols, rows } = terminal
  const text = ` ${terminal.title || command[0]} | ${cols}x${rows} | ${totals.frames} frames, ${totals.rows} rows drawn | ${(totals.bytes / 1e3).toFixed(0)} kB parsed in ${totals.parseMs.toFixed(1)} ms | Ctrl-] ends `
  // Control characters of a title have no business on this line.
  const safe = text.replace(/\p{Cc}/gu, '').slice(0, cols)
  return `\x1b[${rows + 1};1H\x1b[7m${safe.padEnd(cols)}\x1b[0m`
}

function draw() {
  const damage = terminal.takeDamage()
  let frame = '\x1b[?25l'
  for (let row = 0; row < terminal.rows; row++) {
    if (damage[row * 2] === damage[row * 2 + 1]) continue
    const line = terminal.snapshot({ format: 'ansi', rows: [row, row + 1] })
    frame += `\x1b[${row + 1};1H\x1b[0m\x1b[2K${line}`
    totals.rows++
  }
  totals.frames++
  const { cursor } = terminal.view
  frame += `${statusLine()}\x1b[${cursor.row + 1};${cursor.col + 1}H`
  stdout.write(cursor.isHidden ? frame : `${frame}\x1b[?25h`)
}

function leave(exitCode) {
  stdin.setRawMode?.(false)
  stdout.write(`\x1b[?1049l\x1b[?25h${command[0]} ended with ${exitCode}\n`)
  terminal[Symbol.dispose]()
  process.exit(exitCode)
}

stdout.write('\x1b[?1049h\x1b[2J')
stdin.setRawMode?.(true)
stdin.on('data', (keys) => {
  if (keys.includes(0x1d)) leave(0)
  else if (terminal.isRunning) terminal.input(keys)
})
stdout.on('resize', () => {
  const { cols, rows } = hostSize()
  terminal.resize(cols, rows)
  stdout.write('\x1b[2J')
  draw()
})
terminal.on('damage', draw)
terminal.on('bell', () => stdout.write('\x07'))
terminal.on('screen', draw)
terminal.on('exit', ({ exitCode }) => {
  draw()
  leave(exitCode)
})
try {
  terminal.spawn(command[0], command.slice(1))
} catch (error) {
  stdin.setRawMode?.(false)
  stdout.write('\x1b[?1049l')
  console.error(`${error.message}. ${error.hint ?? ''}`)
  process.exit(2)
}
