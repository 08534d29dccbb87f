// Runs a real program in a termcore Terminal and takes a picture of its screen.
//
//   node examples/terminal/screenshot.mjs                          vim, with a bit of typing
//   node examples/terminal/screenshot.mjs --wait 1500 -- htop      any other program
//   ... --keys 'ihello\e' --until hello --out shot.png --size 100x30
//
// FILE.png needs a Chromium; FILE.html, FILE.ans and FILE.txt need nothing.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Terminal } from '@seamproof/termcore'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: 'terminal.png' },
    size: { type: 'string', default: '100x30' },
    keys: { type: 'string' },
    until: { type: 'string' },
    wait: { type: 'string', default: '500' },
  },
})

const sample = `// A terminal inside a test: 世界, ünïcödé, ✓
export function greet(name) {
  const text = "Hello, " + name // TODO: say it louder
  return text.repeat(3)
}
`

/** What runs when nothing is named: something with colours, wide characters and a status line. */
function defaultProgram() {
  const folder = mkdtempSync(join(tmpdir(), 'terminal-example-'))
  writeFileSync(join(folder, 'greet.js'), sample)
  process.on('exit', () => rmSync(folder, { recursive: true }))
  return {
    command: ['vim', '-u', 'NONE', '-i', 'NONE', '-n', '-N'].concat(
      [
        '--cmd',
        'syntax on',
        '--cmd',
        'set ttimeout ttimeoutlen=20 number ruler laststatus=2 hlsearch cursorline',
      ],
      [join(folder, 'greet.js')],
    ),
    keys: '/text\\r:3\\roconst seen = "こんにちは"\\e',
    until: 'こんにちは',
    // vim's own runtime decides about colours by this.
    env: { ...process.env, LANG: 'C.UTF-8' },
  }
}

const unescapeKeys = (keys) =>
  keys.replaceAll('\\e', '\x1b').replaceAll('\\r', '\r').replaceAll('\\t', '\t')

/** Waits for a text, at most ten seconds: a picture of a screen without it would be a wrong one. */
async function shows(terminal, text) {
  const signal = AbortSignal.timeout(10_000)
  while (!terminal.snapshot().includes(text))
    await once(terminal, 'damage', { signal }).catch(() => {
      throw new Error(`"${text}" did not appear; the screen was:\n${terminal.snapshot()}`)
    })
}

function findBrowser() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'chrome']
  const found = names.find((name) => spawnSync(name, ['--version']).status === 0)
  if (found) return found
  throw new Error('a PNG needs a browser: apt-get install chromium, or ask for --out FILE.html')
}

function writePng(html, out, { cols, rows }) {
  const browser = findBrowser()
  const folder = mkdtempSync(join(tmpdir(), 'terminal-picture-'))
  const page = join(folder, 'page.html')
  writeFileSync(page, html)
  // One column of the page's 14px font is 8.43 pixels wide, a row 18 high; 8 of margin on each side.
  const size = `${Math.ceil(cols * 8.43) + 16},${rows * 18 + 16}`
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars']
  const result = spawnSync(
    browser,
    [...flags, `--window-size=${size}`, `--screenshot=${out}`, `file://${page}`],
    { encoding: 'utf8', timeout: 60_000 },
  )
  rmSync(folder, { recursive: true })
  if (result.status !== 0) throw new Error(`${browser} failed: ${result.stderr}`)
}

const program =
  positionals.length > 0
    ? { command: positionals, keys: values.keys, until: values.until, env: process.env }
    : defaultProgram()
const [cols, rows] = values.size.split('x').map(Number)
const out = resolve(values.out)

const terminal = new Terminal({ cols, rows })
terminal.spawn(program.command[0], program.command.slice(1), { env: program.env })
await sleep(Number(values.wait))
if (program.keys) {
  terminal.input(unescapeKeys(program.keys))
  await sleep(Number(values.wait))
}
if (program.until) await shows(terminal, program.until)

const extension = extname(out)
if (extension === '.png') writePng(terminal.snapshot({ format: 'html' }), out, { cols, rows })
else {
  const format = { '.html': 'html', '.ans': 'ansi' }[extension] ?? 'text'
  writeFileSync(out, `${terminal.snapshot({ format })}\n`)
}
console.log(`${program.command[0]} in ${cols}x${rows}: ${out}`)
terminal[Symbol.dispose]()
