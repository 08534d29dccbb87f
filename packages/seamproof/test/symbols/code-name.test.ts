import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { describe, expect, it } from 'vitest'
import { type CodeName, parseCodeName } from '../../src/symbols/code-name.js'
import { SourceFile } from '../../src/symbols/source-file.js'

const fixtures = fileURLToPath(new URL('fixtures/', import.meta.url))
const script = '/srv/app dir/code-forms.cjs'
const source = new SourceFile(script, readFileSync(join(fixtures, 'code-forms.cjs'), 'utf8'))

/** The lines that the given Node printed while it ran fixtures/code-forms.cjs in /srv/app dir. */
function recorded(major: number): string[] {
  return readFileSync(join(fixtures, `code-names/node-${major}.txt`), 'utf8')
    .trim()
    .split('\n')
}

/** What code-forms.cjs holds, by function name, and where that text stands in it. */
const functions: [name: string, text: string][] = [
  ['hot', '(seed)'],
  ['osr', '() {\n  let sum = 0\n  for (let i = 0; i < 3e7'],
  ['make', '() {\n    return new'],
  ['get value', '() {\n    return this.#secret'],
  ['#hidden', '() {\n    return 4'],
  ['GET /users: all', '() {\n    return 2'],
  ['later', '() {}\n  *some'],
  ['some', '() {\n    yield 1'],
  ['field', '() => this.#hidden()'],
  ['a b', '() {\n    return this\n'],
  ['c:d.js:1:2', '() => 2'],
  ['über→', '() => 3'],
  ['get two words', '() {\n    return 5'],
]

describe.each([20, 22, 24, 26])('names that Node %i printed', (major) => {
  const lines = recorded(major)
  const parsed = lines.map(parseCodeName)
  const inScript = parsed.filter((name) => name.script === script)

  it.each(functions)('lead to the function "%s" in its file', (functionName, text) => {
    const place = source.placeOf(source.text.indexOf(text))
    const found = inScript.filter((name) => name.functionName === functionName)
    expect(found).not.toHaveLength(0)
    for (const name of found) expect({ line: name.line, column: name.column }).toEqual(place)
  })

  it('say the tier', () => {
    const tiersOf = (name: string) =>
      new Set(inScript.filter((found) => found.functionName === name).map((found) => found.tier))
    const expected = ['interpreted', 'baseline', 'optimized', ...(major >= 24 ? ['maglev'] : [])]
    expect([...tiersOf('hot')].sort()).toEqual(expected.sort())
    expect([...tiersOf('osr')].sort()).toEqual(expected.sort())
  })

  it('name only functions that start in the file where they say', () => {
    expect(inScript.length).toBeGreaterThan(15)
    for (const { line, column, functionName } of inScript)
      if (functionName !== '(top level)')
        expect(source.canStartFunction({ line: line!, column: column! })).toBe(true)
  })

  it('leave no code of a known sort unparsed', () => {
    const odd = lines.filter((_, index) => parsed[index]!.kind === 'unknown')
    // The second half of a property name with a line break in it: V8 does not escape it.
    expect(odd).toEqual([expect.stringMatching(/^dir\/code-forms\.cjs/)])
  })

  it('tell text without a file, Node’s modules, URLs and WebAssembly apart', () => {
    const find = (functionName: string) => {
      const found = parsed.find((name) => name.functionName === functionName)
      return found && { script: found.script, line: found.line, kind: found.kind }
    }
    expect(find('evaled')).toEqual({ script: '', line: 1, kind: 'js' })
    expect(find('inMachine')?.script).toBe('evalmachine.<anonymous>')
    expect(find('inNamed')).toEqual({ script: 'weird name: x.js:3', line: 11, kind: 'js' })
    expect(find('inUrl')?.script).toBe('file:///srv/with%20space/ü.js')
    expect(find('inWorker')?.script).toBe('[worker eval]')
    expect(find('inData')?.script).toMatch(/^data:text\/javascript,.*inData\(\)$/)
    expect(find('topAwait')?.script).toBe('file:///srv/app%20dir/code-forms-module.mjs?x=1#y')
    expect(find('my::add two-3')?.kind).toBe('wasm')
    expect(find('split')).toEqual({ script: undefined, line: undefined, kind: 'js' })
    const internal = parsed.filter((name) => name.script?.startsWith('node:'))
    expect(internal.length).toBeGreaterThan(10)
    for (const name of internal) expect(name.script).toMatch(/^node:[\w/-]+$/)
  })

  it('show regular expressions as they are written', () => {
    const written = parsed.map((name) => name.functionName)
    const flags = major >= 24 ? 'g' : ''
    expect(written).toContain(`RegExp:/[A-Z](?<n>b: c)?/${flags}`)
  })
})

const cases: [name: string, parsed: Partial<CodeName>][] = [
  ['JS:~encode /app/a.js:3:9', { functionName: 'encode', script: '/app/a.js', line: 3, column: 9 }],
  [
    'JS:~ /home/my user/b c.js:1:1',
    { functionName: '(top level)', script: '/home/my user/b c.js' },
  ],
  ['JS:~ /home/a.js:7:2', { functionName: '(anonymous)', script: '/home/a.js' }],
  ['JS:~GET /users /home/a.js:7:2', { functionName: 'GET /users', script: '/home/a.js' }],
  ["JS:*'hot /a.js:5:13", { functionName: 'hot', tier: 'optimized' }],
  ["JS:~'hot' /a.js:5:13", { functionName: "'hot'", tier: 'interpreted' }],
  ['JS:o+hot /a.js:5:13', { functionName: 'hot', tier: 'maglev' }],
  ['JS:~o /a.js:5:13', { functionName: 'o', tier: 'interpreted' }],
  ['JS:~ node:buffer:1:55', { functionName: '(top level)', script: 'node:buffer', line: 1 }],
  ['JS:~ :1:10', { functionName: '(anonymous)', script: '', line: 1, column: 10 }],
  ['Eval:~ :1:1', { functionName: '(eval)', script: '' }],
  ['LazyCompile:*old /a.js:1:9', { functionName: 'old', tier: 'optimized' }],
  ['Function:^old /a.js:1:9', { functionName: 'old', tier: 'baseline' }],
  ['JS:~[Symbol.iterator] [eval]:1:9', { functionName: '[Symbol.iterator]', script: '[eval]' }],
  ['JS:wasm-function[3]-3-liftoff', { kind: 'wasm', functionName: 'wasm-function[3]' }],
  ['Stub:js-to-wasm:ii:i', { kind: 'wasm', functionName: 'js-to-wasm:ii:i' }],
  ['Builtin:HandleApiCall', { kind: 'builtin', functionName: 'Builtin:HandleApiCall' }],
  ['something else', { kind: 'unknown', functionName: 'something else' }],
  ['', { kind: 'unknown', functionName: '(unnamed code)' }],
]

it.each(cases)('"%s" is read', (name, parsed) => {
  expect(parseCodeName(name)).toMatchObject(parsed)
})

it('names printed by the Node that runs this test lead into the file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'code names-'))
  const modern = Number(process.versions.node.split('.')[0]) >= 22
  const run = execa(
    process.execPath,
    [
      ...['--perf-basic-prof', '--interpreted-frames-native-stack', '--no-logfile-per-isolate'],
      ...(modern ? ['--no-node-snapshot', `--perf-basic-prof-path=${folder}`] : []),
      `--logfile=${join(folder, 'v8.log')}`,
      join(fixtures, 'code-forms.cjs'),
    ],
    { env: { NODE_OPTIONS: '' }, cwd: folder },
  )
  const mapFolder = modern ? folder : '/tmp'
  await run
  const file = readdirSync(mapFolder).find((name) => name === `perf-${run.pid}.map`)
  const lines = readFileSync(join(mapFolder, file!), 'utf8').split('\n')
  rmSync(join(mapFolder, file!))
  rmSync(folder, { recursive: true })
  const names = lines.map((line) => parseCodeName(line.split(' ').slice(2).join(' ')))
  const here = names.filter((name) => name.script === join(fixtures, 'code-forms.cjs'))
  for (const [functionName, text] of functions)
    expect(here).toContainEqual(
      expect.objectContaining({ functionName, ...source.placeOf(source.text.indexOf(text)) }),
    )
})
