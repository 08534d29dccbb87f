import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildAddon } from './build-addon.js'
import { Sandbox } from './run-seamproof.js'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = new Sandbox()
  const addon = buildAddon('twins', sandbox.folder)
  sandbox.write(
    'leak.cjs',
    `const twins = require('./twins.node')
exports.run = async (n) => { for (let i = 0; i < n; i++) twins.leakBlock() }
`,
  )
  const options = ['--rounds', '4', '--operations', '300', '--warmup', '2000']
  const { status } = await sandbox.run(['track', 'leak.cjs', '-o', 'original', ...options])
  expect(status).toBe(1)
  // Gone, as on another machine: from here on only what is in the capture can be known.
  rmSync(addon)
})
afterAll(() => sandbox.remove())

beforeEach(() => {
  rmSync(sandbox.path('copy'), { recursive: true, force: true })
  cpSync(sandbox.path('original'), sandbox.path('copy'), { recursive: true })
})

const copied = (name: string) => sandbox.path(`copy/${name}`)
const traceName = () => readdirSync(sandbox.path('copy')).find((name) => name.endsWith('.trace'))!
const leaksOf = (capture = 'copy') => sandbox.run(['leaks', capture])

describe('a capture on another machine', () => {
  test('still has the names of functions whose module is gone', async () => {
    const { status, stdout } = await leaksOf()
    expect(status).toBe(1)
    expect(stdout).toContain('leak_block')
  })

  test('is computed anew from its traces when later files are missing, and says the same', async () => {
    const before = await leaksOf()
    for (const name of ['facts.json', 'verdicts.json']) rmSync(copied(name))
    const after = await leaksOf()
    expect(after.stdout).toBe(before.stdout)
    expect(existsSync(copied('facts.json'))).toBe(true)
  })

  test('keeps its sealed names even when its files look newer than they are', async () => {
    const sealed = readFileSync(copied('symbols.json'), 'utf8')
    const future = new Date(Date.now() + 3_600_000)
    utimesSync(copied(traceName()), future, future)
    const { stdout } = await leaksOf()
    expect(stdout).toContain('leak_block')
    expect(readFileSync(copied('symbols.json'), 'utf8')).toBe(sealed)
  })

  test('does not compute again what is there already', async () => {
    await leaksOf()
    const before = statSync(copied('facts.json')).mtimeMs
    await leaksOf()
    expect(statSync(copied('facts.json')).mtimeMs).toBe(before)
  })

  test('reads from a folder that cannot be written', async () => {
    for (const name of ['facts.json', 'verdicts.json']) rmSync(copied(name))
    chmodSync(sandbox.folder, 0o755)
    chmodSync(sandbox.path('copy'), 0o555)
    try {
      // Root may write anywhere, so a test run by root reads as nobody.
      const { stdout } = await sandbox.run(['leaks', 'copy'], { asNobody: true })
      expect(stdout).toContain('48 B/op')
      expect(existsSync(copied('facts.json'))).toBe(false)
    } finally {
      chmodSync(sandbox.path('copy'), 0o755)
    }
  })
})

describe('a capture that is not whole', () => {
  const damage = (change: (path: string) => void) => {
    for (const name of ['facts.json', 'verdicts.json']) rmSync(copied(name))
    change(copied(traceName()))
  }

  test('without its manifest, the traces read all the same', async () => {
    damage(() => rmSync(copied('manifest.json')))
    const { status, stdout } = await sandbox.run(['summary', 'copy'])
    expect(status).toBe(0)
    expect(stdout).toContain('live at end')
  })

  test('a manifest of another version names both versions and what to do', async () => {
    writeFileSync(copied('manifest.json'), '{ "formatVersion": 7, "seamproofVersion": "9.9.9" }')
    const { status, stderr } = await leaksOf()
    expect(status).toBe(2)
    expect(stderr).toContain('has format 7 (Seamproof 9.9.9); this Seamproof reads 1')
    expect(stderr).toContain('npx seamproof@9.9.9')
  })

  test('a manifest that is no JSON says which file it is', async () => {
    writeFileSync(copied('manifest.json'), '{ "formatVer')
    const { status, stderr } = await leaksOf()
    expect(status).toBe(2)
    expect(stderr).toContain('manifest.json is not readable')
  })

  test('a truncated trace is read as far as it goes, and is said to be partial', async () => {
    damage((path) => truncateSync(path, Math.floor(statSync(path).size * 0.6)))
    const { status, stdout, stderr } = await sandbox.run(['summary', 'copy'])
    expect(stderr).not.toContain('bug in Seamproof')
    expect(status).toBe(0)
    expect(stdout).toMatch(/Not seen|damaged|killed/)
  })

  test('a flipped bit costs its chunk, and the loss is counted', async () => {
    damage((path) => {
      const bytes = readFileSync(path)
      bytes[Math.floor(bytes.length / 2)]! ^= 0x10
      writeFileSync(path, bytes)
    })
    const { stdout, stderr } = await leaksOf()
    expect(stderr).not.toContain('bug in Seamproof')
    expect(stdout).toMatch(/damaged|chunk/)
  })

  test('a file that is no trace is an error that names it, with exit code 4', async () => {
    damage((path) => writeFileSync(path, 'not a trace at all\n'.repeat(500)))
    const { status, stderr } = await leaksOf()
    expect(status).toBe(4)
    expect(stderr).toContain(traceName())
    expect(stderr).not.toContain('bug in Seamproof')
  })

  test('an empty trace likewise', async () => {
    damage((path) => truncateSync(path, 0))
    const { status, stderr } = await leaksOf()
    expect(status).toBe(4)
    expect(stderr).not.toContain('bug in Seamproof')
  })

  test('one bad trace among good ones is left out, and that is said', async () => {
    damage(() => writeFileSync(copied('process-1-0.trace'), 'junk'))
    const { status, stdout, stderr } = await leaksOf()
    expect(stderr).toContain('left out')
    expect(stderr).toContain('process-1-0.trace')
    expect(stdout).toContain('48 B/op')
    expect(status).toBe(1)
  })

  test('inspect --verify finds a sound trace sound, and a damaged one not', async () => {
    const sound = await sandbox.run(['inspect', 'copy', '--verify'])
    expect(sound.stdout).toContain('sound')
    expect(sound.status).toBe(0)
    damage((path) => {
      const bytes = readFileSync(path)
      bytes[Math.floor(bytes.length / 2)]! ^= 0x10
      writeFileSync(path, bytes)
    })
    const damaged = await sandbox.run(['inspect', 'copy', '--verify', '--json'])
    expect(damaged.status).toBe(1)
    expect(JSON.parse(damaged.stdout)).toMatchObject({ isSound: false })
  })

  test('bytes after the end of a trace do no harm', async () => {
    damage((path) => appendFileSync(path, Buffer.alloc(10_000, 7)))
    expect((await leaksOf()).stdout).toContain('48 B/op')
  })
})

describe('every reading', () => {
  test.each([['leaks'], ['summary'], ['tree'], ['timeline'], ['diff', 'original']])(
    '%s has a text and a JSON form',
    async (...command) => {
      const text = await sandbox.run([...command, 'copy'])
      expect(text.stderr).toBe('')
      expect(text.stdout.length).toBeGreaterThan(40)
      const { stdout } = await sandbox.run([...command, 'copy', '--json'])
      expect(JSON.parse(stdout)).toMatchObject({ formatVersion: 1, report: command[0] })
    },
  )

  test.each([
    ['flamegraph', 'flamegraph.html'],
    ['timeline --html', 'timeline.html'],
    ['diff original --html', 'diff.html'],
  ])(
    '%s writes a page that needs nothing beside it, and prints its path',
    async (command, file) => {
      const [name, ...rest] = command.split(' ')
      const operands = rest.filter((word) => !word.startsWith('-'))
      const options = rest.filter((word) => word.startsWith('-'))
      const { status, stdout } = await sandbox.run([name!, ...operands, 'copy', ...options])
      expect(status).toBe(0)
      expect(stdout).toBe(`copy/${file}\n`)
      const html = readFileSync(copied(file), 'utf8')
      expect(html).toMatch(/^<!doctype html>/i)
      expect(html).not.toMatch(/(src|href)="https?:/)
    },
  )

  test('export writes what other tools read', async () => {
    const exported = async (format: string) => {
      const { status, stdout } = await sandbox.run(['export', 'copy', '--format', format])
      expect(status).toBe(0)
      return readFileSync(sandbox.path(stdout.trim()))
    }
    expect(gunzipSync(await exported('pprof')).length).toBeGreaterThan(1000)
    expect(JSON.parse((await exported('speedscope')).toString())).toHaveProperty('profiles')
    expect((await exported('collapsed')).toString()).toMatch(/^.*leak_block.* \d+$/m)
    expect((await exported('heaptrack')).toString()).toContain('leak_block')
  })

  test('export to - is stdout alone', async () => {
    const args = ['export', 'copy', '--format', 'collapsed', '-o', '-']
    const { stdout } = await sandbox.run(args)
    expect(stdout).toMatch(/^.*leak_block.* \d+$/m)
  })

  test('export without a format, or with a misspelt one, says what there is', async () => {
    expect((await sandbox.run(['export', 'copy'])).status).toBe(2)
    const { status, stderr } = await sandbox.run(['export', 'copy', '--format', 'spedscope'])
    expect(status).toBe(2)
    expect(stderr).toContain('Did you mean "speedscope"?')
  })

  test('a process that the capture does not hold is told those that it does', async () => {
    const { status, stderr } = await sandbox.run(['summary', 'copy', '--process', '1'])
    expect(status).toBe(2)
    expect(stderr).toContain('the capture holds no process 1')
  })

  test('without a name, the newest capture here is read, and it is said which', async () => {
    cpSync(sandbox.path('copy'), sandbox.path('newest.seamproof'), { recursive: true })
    const { stdout, stderr } = await sandbox.run(['leaks'])
    expect(stderr).toContain('reading newest.seamproof')
    expect(stdout).toContain('48 B/op')
  })

  test('colours appear only where they are asked for or can be seen', async () => {
    const colour = String.fromCharCode(27)
    expect((await leaksOf()).stdout).not.toContain(colour)
    const forced = await sandbox.run(['leaks', 'copy'], { env: { FORCE_COLOR: '1' } })
    expect(forced.stdout).toContain(colour)
    const refused = await sandbox.run(['leaks', 'copy', '--no-color'], {
      env: { FORCE_COLOR: '1' },
    })
    expect(refused.stdout).not.toContain(colour)
    const both = await sandbox.run(['leaks', 'copy'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })
    expect(both.stdout).not.toContain(colour)
  })
})
