import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { Terminal } from '../src/index.js'

const example = (file: string) =>
  fileURLToPath(new URL(`../../../examples/terminal/${file}`, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'terminal-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

function screenshot(out: string, ...args: string[]): string {
  const path = join(folder, out)
  const result = spawnSync(
    process.execPath,
    [example('screenshot.mjs'), '--out', path, '--size', '90x24', ...args],
    { encoding: 'utf8' },
  )
  if (result.status !== 0) throw new Error(result.stderr)
  return path
}

/** The screen of a named program in the terminal, when it has the text. */
async function shows(terminal: Terminal, text: string): Promise<string> {
  while (!terminal.snapshot().includes(text)) await once(terminal, 'damage')
  return terminal.snapshot()
}

test('the screenshot of vim shows the file, what was typed, and the status line (needs apt-get install vim)', () => {
  const text = readFileSync(screenshot('vim.txt'), 'utf8').split('\n')
  expect(text.slice(0, 7)).toEqual([
    '  1 // A terminal inside a test: 世界, ünïcödé, ✓',
    '  2 export function greet(name) {',
    '  3   const text = "Hello, " + name // TODO: say it louder',
    '  4 const seen = "こんにちは"',
    '  5   return text.repeat(3)',
    '  6 }',
    '~',
  ])
  expect(text[22]).toMatch(/greet\.js \[\+\] +4,\d+-\d+ +All$/)
})

test('its HTML has the colours of the syntax and of the search', () => {
  const html = readFileSync(screenshot('vim.html'), 'utf8')
  expect(html).toMatch(/<span style="color:#[0-9a-f]{6};">[^<]*export<\/span>/)
  expect(html).toMatch(/background:#[0-9a-f]{6};[^>]*>text<\/span>/)
  expect(html).toMatch(/<span class="w" style="width:2ch;[^"]*">世<\/span>/)
})

test('its picture is a PNG of the size of the screen (needs apt-get install chromium)', () => {
  const png = readFileSync(screenshot('vim.png'))
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([775, 448])
})

test('watch draws the program it runs, passes keys on, follows a resize, and ends with it', async () => {
  using terminal = new Terminal({ cols: 80, rows: 10 })
  const command =
    'printf "\\033[31mred\\033[0m 世界\\n"; read line; echo "got $line"; stty size; read line; exit 5'
  terminal.spawn(process.execPath, [example('watch.mjs'), '--', '/bin/sh', '-c', command])
  const screen = await shows(terminal, 'red 世界')
  expect(screen.split('\n')[9]).toMatch(/ \/bin\/sh \| 80x9 \| \d+ frames/)
  expect(terminal.snapshot({ format: 'ansi' })).toContain('\x1b[31mred\x1b[0m')
  terminal.input('key\r')
  await shows(terminal, 'got key')
  await shows(terminal, '9 80')
  terminal.resize(60, 8)
  await shows(terminal, '60x7')
  terminal.input('\r')
  const [exit] = await once(terminal, 'exit')
  expect(exit.exitCode).toBe(5)
  expect(terminal.isAlternate).toBe(false)
})
