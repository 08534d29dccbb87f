import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { Terminal, TerminalModeBit, type TerminalOptions } from '../src/index.js'
import { differenceOf, readTermcore } from './peer-screen.js'
import { tortureStream } from './peer-torture.js'

/** Runs a shell command to its end. */
async function run(command: string, options: TerminalOptions = {}): Promise<Terminal> {
  const terminal = new Terminal({ cols: 60, rows: 10, ...options })
  terminal.spawn('/bin/sh', ['-c', command])
  await once(terminal, 'exit')
  return terminal
}

/** Waits until the screen has the text. The test's own timeout ends a wait in vain. */
async function shows(terminal: Terminal, text: string): Promise<void> {
  while (!terminal.snapshot().includes(text)) await once(terminal, 'damage')
}

const code = (value: string) => expect.objectContaining({ code: value })

describe('a program in a pseudo-terminal', () => {
  test('its output is on the screen when its exit is told, with exit code and signal', async () => {
    using terminal = new Terminal({ cols: 40, rows: 5 })
    terminal.spawn('/bin/sh', ['-c', 'printf "\\033[1;32mgreen\\033[0m done"; exit 3'])
    const [exit] = await once(terminal, 'exit')
    expect(exit).toEqual({ exitCode: 3, signal: 0 })
    const firstLine = terminal.snapshot({ format: 'ansi' }).split('\n')[0]
    expect(firstLine).toBe('\x1b[1;32mgreen\x1b[0m done')
    expect(terminal.isRunning).toBe(false)
  })

  test('it sees a terminal of the right size and kind', async () => {
    using terminal = await run('tty >/dev/null && stty size && echo $TERM', { cols: 61, rows: 11 })
    expect(terminal.snapshot().split('\n').slice(0, 2)).toEqual(['11 61', 'xterm-256color'])
  })

  test('keys, text and paste reach it, encoded as its modes ask', async () => {
    using terminal = new Terminal({ cols: 60, rows: 12 })
    terminal.spawn('/bin/sh', ['-c', 'stty raw opost -echo; echo ready; exec od -c -v -w4'])
    await shows(terminal, 'ready')
    terminal.press('ArrowUp')
    terminal.input('\0')
    await shows(terminal, '033   [   A  \\0')
    terminal.write('\x1b[?1h\x1b[?2004h')
    terminal.press('ArrowUp')
    terminal.input('\0')
    await shows(terminal, '033   O   A  \\0')
    terminal.paste('ab\x1b[201~')
    terminal.input(new Uint8Array(2))
    await shows(terminal, '1   ~  \\0  \\0')
    // The bracket's end inside the text was taken out: after a and b comes the real end.
    expect(terminal.snapshot()).toMatch(/0 {3}~ {3}a {3}b\n\d+ 033 {3}\[ {3}2 {3}0\n/)
  })

  test('it is told of a new size', async () => {
    using terminal = new Terminal({ cols: 60, rows: 10 })
    terminal.spawn('/bin/sh', [
      '-c',
      'trap "stty size; exit" WINCH; echo ready; while :; do sleep 0.05; done',
    ])
    await shows(terminal, 'ready')
    terminal.resize(72, 13)
    await shows(terminal, '13 72')
    expect([terminal.cols, terminal.rows]).toEqual([72, 13])
  })

  test('what it asks the terminal is answered', async () => {
    using terminal = await run(
      'stty raw -echo; printf "\\033[3;5H\\033[6n"; dd bs=1 count=6 2>/dev/null | od -An -c; stty sane',
    )
    expect(terminal.snapshot()).toContain('033   [   3   ;   5   R')
  })

  test('one that is killed leaves its screen readable and the terminal usable for the next', async () => {
    using terminal = new Terminal({ cols: 40, rows: 5 })
    terminal.spawn('/bin/sh', [
      '-c',
      'printf "\\033[?1049h\\033[31mhalf a \\033[3"; exec sleep 100',
    ])
    await shows(terminal, 'half a')
    process.kill(terminal.pid!, 'SIGKILL')
    const [exit] = await once(terminal, 'exit')
    expect(exit.signal).toBe(9)
    expect(terminal.snapshot()).toContain('half a')
    expect(() => terminal.input('x')).toThrow(code('TERMCORE_STATE'))
    expect(() => terminal.kill()).toThrow(code('TERMCORE_STATE'))
    terminal.resize(50, 6)
    terminal.write('\x18\x1bc')
    terminal.spawn('/bin/sh', ['-c', 'echo second'])
    await once(terminal, 'exit')
    expect(terminal.snapshot().trim()).toBe('second')
  })

  test('a full-screen editor: text typed, saved nowhere, quit; the shell screen is back', async () => {
    using terminal = new Terminal({ cols: 60, rows: 12 })
    terminal.write('before')
    terminal.spawn('vim', ['-u', 'NONE', '-N', '-i', 'NONE', '-n'], {
      env: { PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: '/nonexistent' },
    })
    await shows(terminal, '\n~\n~\n')
    expect(terminal.isAlternate).toBe(true)
    terminal.input('iHello, 世界!')
    await shows(terminal, 'Hello, 世界!')
    await shows(terminal, '-- INSERT --')
    expect(terminal.view.rowText(0)).toBe('Hello, 世界!')
    expect(terminal.view.cursor).toMatchObject({ row: 0, col: 12 })
    terminal.press('Escape')
    terminal.input(':q!\r')
    await once(terminal, 'exit')
    expect(terminal.isAlternate).toBe(false)
    expect(terminal.view.rowText(0)).toBe('before')
  })

  test('one that does not exist, or is no program, is a typed error that says what to do', () => {
    using terminal = new Terminal()
    for (const file of ['no-such-program-here', '/no/such/program', '/etc/passwd', '/tmp', ''])
      expect(() => terminal.spawn(file), file).toThrow(code('TERMCORE_ARGUMENT'))
    expect(() => terminal.spawn('sh', [], { cwd: '/no/such/folder' })).toThrow(
      code('TERMCORE_ARGUMENT'),
    )
    expect(terminal.isRunning).toBe(false)
  })

  test('one that does not read never blocks us; what it leaves unread has a limit', async () => {
    using terminal = new Terminal({ cols: 40, rows: 5 })
    terminal.spawn('/bin/sh', ['-c', 'stty raw -echo; echo ready; exec sleep 100'])
    await shows(terminal, 'ready')
    const megabyte = new Uint8Array(2 ** 20)
    for (let i = 0; i < 16; i++) terminal.input(i === 15 ? megabyte.subarray(9999) : megabyte)
    expect(() => terminal.input(new Uint8Array(2 ** 20))).toThrow(code('TERMCORE_LIMIT'))
    // Answers that it does not read are dropped without an error.
    terminal.write('\x1b[6n'.repeat(100_000))
    terminal.kill('SIGKILL')
    await once(terminal, 'exit')
    terminal.spawn('/bin/sh', ['-c', 'echo next'])
    await once(terminal, 'exit')
    expect(terminal.snapshot()).toContain('next')
  })

  test('a large input arrives complete and in order', async () => {
    using terminal = new Terminal({ cols: 60, rows: 5 })
    terminal.spawn('/bin/sh', ['-c', 'stty raw opost -echo; echo ready; head -c 600000 | md5sum'])
    await shows(terminal, 'ready')
    const bytes = Uint8Array.from({ length: 600_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff)
    for (let at = 0; at < bytes.length; at += 50_000)
      terminal.input(bytes.subarray(at, at + 50_000))
    await once(terminal, 'exit')
    expect(terminal.snapshot()).toContain(createHash('md5').update(bytes).digest('hex'))
  })

  test('its environment is what was given; arguments that the kernel would cut are refused', async () => {
    using terminal = new Terminal({ cols: 40, rows: 5 })
    terminal.spawn('/bin/sh', ['-c', 'echo "[$GIVEN][$ABSENT][$TERM]"'], {
      env: { GIVEN: 'yes', ABSENT: undefined },
      term: 'dumb',
    })
    await once(terminal, 'exit')
    expect(terminal.view.rowText(0)).toBe('[yes][][dumb]')
    for (const args of [
      ['a\0b'],
      [3 as never],
      [undefined as never],
      'text' as never,
      null as never,
    ])
      expect(() => terminal.spawn('/bin/sh', args)).toThrow(code('TERMCORE_ARGUMENT'))
    expect(() => terminal.spawn('/bin/sh', [], { env: { A: 'x\0y' } })).toThrow(
      code('TERMCORE_ARGUMENT'),
    )
    for (const file of ['/bin/s\0h', undefined as never, 7 as never])
      expect(() => terminal.spawn(file)).toThrow(code('TERMCORE_ARGUMENT'))
    for (const options of [{ cwd: 5 as never }, { cwd: '/\0' }, { term: 'x\0' }])
      expect(
        () => terminal.spawn('/bin/sh', ['-c', 'exit'], options),
        JSON.stringify(options),
      ).toThrow(code('TERMCORE_ARGUMENT'))
  })

  test('one that leaves a child behind which prints for ever ends all the same', async () => {
    using terminal = new Terminal({ cols: 40, rows: 5 })
    terminal.spawn('/bin/sh', ['-c', 'yes & echo started'])
    await once(terminal, 'exit')
    expect(terminal.isRunning).toBe(false)
  })

  test('a second one at the same time is refused', async () => {
    using terminal = new Terminal()
    terminal.spawn('/bin/sh', ['-c', 'exec sleep 100'])
    expect(() => terminal.spawn('/bin/sh')).toThrow(code('TERMCORE_STATE'))
    terminal.kill('SIGTERM')
    const [exit] = await once(terminal, 'exit')
    expect(exit.signal).toBe(15)
  })

  test('megabytes at once arrive complete', async () => {
    using terminal = await run('seq 1 300000; echo end', { scrollbackLines: 100 })
    expect(terminal.view.rowText(8)).toBe('end')
    expect(terminal.view.rowText(-1)).toBe('299992')
    expect(terminal.view.historyLines).toBe(100)
  })
})

describe('events', () => {
  test('damage comes once per turn, and says which cells', async () => {
    using terminal = new Terminal({ cols: 20, rows: 3 })
    let count = 0
    terminal.on('damage', () => count++)
    terminal.takeDamage()
    for (let i = 0; i < 50; i++) terminal.write(`\x1b[2;${i % 10}Hx`)
    await once(terminal, 'damage')
    expect(count).toBe(1)
    expect([...terminal.takeDamage()]).toEqual([0, 0, 0, 9, 0, 0])
  })

  test('a cursor that only moves, hides or shows is damage without cells', async () => {
    using terminal = new Terminal({ cols: 20, rows: 3 })
    terminal.takeDamage()
    for (const move of ['\x1b[2;5H', '\x1b[?25l', '\x1b[?25h']) {
      const damaged = once(terminal, 'damage')
      terminal.write(move)
      await damaged
      expect([...terminal.takeDamage()]).toEqual([0, 0, 0, 0, 0, 0])
    }
    expect(terminal.view.cursor).toMatchObject({ row: 1, col: 4, isHidden: false })
    let count = 0
    terminal.on('damage', () => count++)
    terminal.write('\x1b[2;5H')
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(count).toBe(0)
  })

  test('a synchronized frame is shown when it is done, or when it takes too long', async () => {
    using terminal = new Terminal({ cols: 20, rows: 3 })
    let count = 0
    terminal.on('damage', () => count++)
    terminal.write('\x1b[?2026hfirst half')
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(count).toBe(0)
    terminal.write(', second\x1b[?2026l')
    await once(terminal, 'damage')
    expect(count).toBe(1)
    terminal.write('\x1b[?2026h never ended')
    await once(terminal, 'damage')
    expect(count).toBe(2)
  })

  test('title, bell, modes and screen are told as they happen', () => {
    using terminal = new Terminal()
    const told: string[] = []
    terminal.on('title', (title) => told.push(`title ${title}`))
    terminal.on('bell', () => told.push('bell'))
    terminal.on('modes', () =>
      told.push(`modes ${terminal.modes & TerminalModeBit.bracketedPaste}`),
    )
    terminal.on('screen', () => told.push(`alternate ${terminal.isAlternate}`))
    terminal.write('\x1b]2;now\x07')
    terminal.write('\x07')
    terminal.write('\x1b[?2004h')
    terminal.write('\x1b[?1049h')
    expect(told).toEqual(['title now', 'bell', 'modes 4', 'modes 4', 'alternate true'])
  })

  test('a listener may dispose the terminal', () => {
    const terminal = new Terminal()
    terminal.on('bell', () => terminal[Symbol.dispose]())
    terminal.on('modes', () => terminal[Symbol.dispose]())
    terminal.write('\x1b[?2004h\x1b]2;x\x07\x07')
    expect(() => terminal.write('x')).toThrow(code('TERMCORE_STATE'))
  })
})

describe('snapshots', () => {
  test('the ANSI snapshot, shown in another terminal, is the same screen', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const size = { cols: 50, rows: 12, scrollbackLines: 0 }
      using original = new Terminal(size)
      original.write(tortureStream(seed % 2 ? 'narrow' : 'wide', seed, 120))
      original.write('\x18\x1b[?1049l\x1b[?7h\x1b[4l\x1b[H')
      using copy = new Terminal(size)
      copy.write(original.snapshot({ format: 'ansi' }).replaceAll('\n', '\r\n'))
      const looks = (terminal: Terminal) => ({
        ...readTermcore(terminal),
        wrapped: [],
        cursor: '',
      })
      // A blank with attributes that show nothing on blanks may come back without them.
      const [ours, theirs] = [looks(original), looks(copy)]
      expect(theirs.lines.map((line) => line.map((cell) => cell.split('|')[0]).join(''))).toEqual(
        ours.lines.map((line) => line.map((cell) => cell.split('|')[0]).join('')),
      )
      expect(differenceOf(theirs, ours), `seed ${seed}`).toBe('')
    }
  })

  test('text has trailing spaces cut; with scrollback it starts at the oldest line', () => {
    using terminal = new Terminal({ cols: 10, rows: 2, scrollbackLines: 5 })
    terminal.write('a  \r\nb\r\nc\r\nd')
    expect(terminal.snapshot()).toBe('c\nd')
    expect(terminal.snapshot({ scrollback: true })).toBe('a\nb\nc\nd')
  })

  test('HTML shows what was printed and runs none of it', () => {
    using terminal = new Terminal({ cols: 60, rows: 2 })
    terminal.write(
      '\x1b]2;</title><script>alert(1)</script>\x07<img src=x onerror="a()"> & \x1b[1;31mred',
    )
    const html = terminal.snapshot({ format: 'html' })
    expect(html).not.toMatch(/<script|<img/)
    expect(html).toContain('&lt;img src=x onerror=&quot;a()&quot;&gt; &amp; ')
    expect(html).toMatch(/<span style="color:#cd3131;font-weight:bold;">red<\/span>/)
  })
})

describe('the end', () => {
  test('after dispose every use is a typed error, and disposing again does nothing', () => {
    const terminal = new Terminal()
    const { cells } = terminal.view
    terminal.write('kept')
    terminal[Symbol.dispose]()
    terminal[Symbol.dispose]()
    expect(cells[0]).toBe('k'.codePointAt(0))
    const uses: (() => unknown)[] = [
      () => terminal.write('x'),
      () => terminal.resize(5, 5),
      () => terminal.view,
      () => terminal.title,
      () => terminal.snapshot(),
      () => terminal.spawn('sh'),
      () => terminal.input('x'),
      () => terminal.takeDamage(),
    ]
    for (const use of uses) expect(use, String(use)).toThrow(code('TERMCORE_STATE'))
  })

  test('disposing ends the program', async () => {
    const terminal = new Terminal()
    terminal.spawn('/bin/sh', ['-c', 'exec sleep 100'])
    const pid = terminal.pid!
    terminal[Symbol.dispose]()
    const isAlive = () => {
      try {
        process.kill(pid, 0)
        return true
      } catch {
        return false
      }
    }
    while (isAlive()) await new Promise((resolve) => setTimeout(resolve, 20))
  })

  test('terminals work in workers, side by side, and end with them', async () => {
    const script = `
      const { parentPort, workerData } = require('node:worker_threads')
      import(workerData).then(({ Terminal }) => {
        const terminal = new Terminal({ cols: 20, rows: 3 })
        for (let i = 0; i < 1000; i++) terminal.write('line ' + i + '\\r\\n')
        parentPort.postMessage(terminal.view.rowText(1))
      })`
    const built = fileURLToPath(new URL('../dist/index.js', import.meta.url))
    const texts = await Promise.all(
      [1, 2, 3].map(async () => {
        const worker = new Worker(script, { eval: true, workerData: built })
        const [text] = await once(worker, 'message')
        await worker.terminate()
        return text
      }),
    )
    expect(texts).toEqual(['line 999', 'line 999', 'line 999'])
  })
})
