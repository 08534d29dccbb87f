// What the docs tell people to type: every line is understood by the program; the quick ones are run, word for word.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProgram } from '../packages/seamproof/src/cli/main.js'
import {
  type Finished,
  runCommandLine,
  Sandbox,
} from '../packages/seamproof/test/cli/run-seamproof.js'
import { runElsewhere } from './docs-commands-elsewhere.js'
import { documentedCommands, parseOnly, root } from './documented-commands.js'

const aName = 'resize-20260102-030405.seamproof'

const { commands, named } = documentedCommands()
const ofSeamproof = commands.filter(({ line }) => line.startsWith('seamproof '))
const elsewhere = new Set(runElsewhere.flatMap(({ lines }) => lines))
const runHere = ofSeamproof.filter(({ line }) => !elsewhere.has(line))

describe('the docs', () => {
  const all = createProgram().commands.map((command) => command.name())

  test('show every command at least once', () => {
    const shown = new Set(ofSeamproof.map(({ line }) => line.split(' ')[1]))
    expect(all.filter((name) => !shown.has(name))).toEqual([])
  })

  test('name no command that there is not', () => {
    expect([...named].filter((name) => !all.includes(name))).toEqual([])
  })

  test('have every command in the table of the README', () => {
    const rows = readFileSync(join(root, 'README.md'), 'utf8').match(/^\| `.*$/gm)!
    const inTable = new Set(
      rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`(\w+)/g)].map(([, name]) => name)),
    )
    expect(all.filter((name) => !inTable.has(name))).toEqual([])
  })
})

describe('the program understands', () => {
  test.each(ofSeamproof)('$line', async ({ line, places }) => {
    await expect(parseOnly(line), places.join(' ')).resolves.toBe(line.split(' ')[1])
  })

  test('no option and no value that it does not have', async () => {
    await expect(parseOnly('seamproof leaks --no-such-option')).rejects.toThrow('unknown option')
    await expect(parseOnly('seamproof soak a.ts --for long')).rejects.toThrow('long')
    await expect(parseOnly('seamproof no-such-command')).rejects.toThrow('unknown command')
  })
})

test('every script that is told to run with npm is there', () => {
  const missing = commands.filter(({ line }) => {
    const [, script] = /^npm (?:run )?([\w:-]+)/.exec(line) ?? []
    if (script === undefined) return false
    const [, workspace] = / -w @seamproof\/(\w+)/.exec(line) ?? []
    const folder = workspace === undefined ? root : join(root, 'packages', workspace)
    const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    return scripts[script] === undefined && !line.includes('--if-present')
  })
  expect(missing).toEqual([])
})

describe('what is not run here', () => {
  const known = new Set(ofSeamproof.map(({ line }) => line))

  test.each(runElsewhere)('is run by $test: $reason', ({ test, lines }) => {
    expect(
      lines.filter((line) => !known.has(line)),
      'no longer in the docs',
    ).toEqual([])
    const path = join(root, test)
    expect(existsSync(path), test).toBe(true)
    const text = readFileSync(path, 'utf8')
    for (const name of new Set(lines.map((line) => line.split(' ')[1]!)))
      expect(text).toMatch(new RegExp(`\\b${name}`))
  })
})

describe('as it is written, it works:', () => {
  const sandbox = new Sandbox()
  afterAll(() => sandbox.remove())

  const run = (folder: string, line: string): Promise<Finished> =>
    runCommandLine(sandbox.path(folder), line)
  const must = async (folder: string, line: string): Promise<void> => {
    const { status, stdout, stderr } = await run(folder, line)
    if (status !== 0) throw new Error(`${line} ended with ${status}\n${stdout}\n${stderr}`)
  }
  const copies = (folder: string, from: string, names: string[]): void => {
    for (const name of names)
      cpSync(sandbox.path(join(folder, from)), sandbox.path(join(folder, name)), {
        recursive: true,
      })
  }

  /** What a folder holds before its lines are run: the captures that they speak of, all copies of one. */
  const prepare: Record<string, () => Promise<void>> = {
    new: async () => {},
    programs: async () => {},
    heap: async () => {
      await must('heap', 'seamproof track resize.seam.ts -o CAPTURE')
      copies('heap', 'CAPTURE', ['BEFORE', 'AFTER', 'A', 'B', 'FOLDER', 'thumbs.seamproof', aName])
      const capture = sandbox.path('heap/CAPTURE')
      const trace = readdirSync(capture).find((name) => name.endsWith('.trace'))!
      renameSync(join(capture, trace), join(capture, 'process-4242-0.trace'))
    },
    cpu: async () => {
      await must('cpu', 'seamproof profile -o CAPTURE -- node app.js')
      await must('cpu', 'seamproof export CAPTURE --format cpuprofile -o profile.cpuprofile')
      copies('cpu', 'CAPTURE', ['app-20261123.seamproof'])
      copies('cpu', 'profile.cpuprofile', ['before.cpuprofile', 'after.cpuprofile'])
    },
    checks: async () => {
      for (const name of ['pad.seam.ts', 'crop.seam.ts']) copies('checks', 'resize.seam.ts', [name])
      await must('checks', 'seamproof check --shard 2/3 -o parts/2')
      copies('checks', 'parts/2', ['FOLDER', aName])
    },
  }

  const outcomes = new Map<string, Promise<Finished>>()

  // Folders at once, the lines of a folder in the order of the docs: one may read what another left.
  beforeAll(() => {
    for (const [folder, first] of Object.entries(prepare)) {
      mkdirSync(sandbox.path(folder))
      for (const [name, text] of Object.entries(files)) sandbox.write(join(folder, name), text)
      const prepared = first()
      let before: Promise<unknown> = prepared
      for (const { line } of runHere.filter((command) => folderOf(command.line) === folder)) {
        const outcome = before.then(() => prepared).then(() => run(folder, line))
        outcome.catch(() => {})
        outcomes.set(line, outcome)
        before = outcome
      }
    }
  })

  test.each(runHere)(
    '$line',
    async ({ line, places }) => {
      const { status, stdout, stderr } = await outcomes.get(line)!
      const shown = `${places.join(' ')}\n${stdout}\n${stderr}`
      expect(isIncomplete(line) ? [0, 1] : [0], shown).toContain(status)
      expect(stdout.length, shown).toBeGreaterThan(0)
    },
    900_000,
  )
})

/** Each kind of line has a folder, since much reads "the newest one here". */
function folderOf(line: string): string {
  if (/^seamproof (profile|analyze)\b|cpuprofile|perf\.txt|firefox/.test(line)) return 'cpu'
  if (/^seamproof (check|merge|findings)\b/.test(line)) return 'checks'
  if (/^seamproof track\b/.test(line)) return 'programs'
  return /^seamproof init\b/.test(line) ? 'new' : 'heap'
}

/** A shard that is not there, or a program that calls no addon: a check that did not run is no pass, and ends with 1. */
const isIncomplete = (line: string): boolean => /^seamproof (merge|findings|check .*-- )/.test(line)

const program = `const { deflateSync } = require('node:zlib')
const text = Buffer.from('seamproof '.repeat(20_000))
for (let i = 0; i < 200; i++) deflateSync(text)
console.log('done')
`

/** The files that the docs speak of. */
const files = {
  'app.js': program,
  'server.js': program,
  'screen.mjs': `import { deflateSync } from 'node:zlib'
for (let i = 0; i < 100; i++) deflateSync(Buffer.alloc(200_000))
console.log('done')
`,
  'resize.seam.ts': `import { createHash } from 'node:crypto'
import { workload } from 'seamproof'
workload('resize', { run: () => createHash('sha256').update('seam').digest('hex') })
`,
  'seamproof.config.json': JSON.stringify({
    workloads: '*.seam.ts',
    rounds: 3,
    operations: 200,
    check: { instruments: ['track'] },
  }),
  'package.json': JSON.stringify({ name: 'subject', scripts: { test: 'node app.js' } }),
  'perf.txt': `node  4242 100.000100:    1000000 cpu-clock:
\t    55d0c0de1000 deflate_slow+0x10 (/usr/bin/node)
\t    55d0c0de2000 deflate+0x20 (/usr/bin/node)

node  4242 100.001100:    1000000 cpu-clock:
\t    55d0c0de1000 deflate_slow+0x10 (/usr/bin/node)
\t    55d0c0de2000 deflate+0x20 (/usr/bin/node)

`,
}
