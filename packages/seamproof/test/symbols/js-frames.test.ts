import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { transform } from 'esbuild'
import { beforeEach, describe, expect, it } from 'vitest'
import { JsFrames, positionAt, Scripts } from '../../src/symbols/js-frames.js'
import { SourceFile } from '../../src/symbols/source-file.js'
import type { TraceCode } from '../../src/trace/trace-code.js'
import { scratchFolder } from './native-fixtures.js'

const folder = scratchFolder()
let js: JsFrames
beforeEach(() => {
  js = new JsFrames(new Scripts())
})

const script = `'use strict'
const addon = require('./addon.node')

function encode(pixels) {
  const first = addon.encode(pixels)
  return addon.encode(first)
}
module.exports = { encode }
`

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** Code as V8 reports it, with a line table of [offset, text that stands at the position]. */
function codeOf(name: string, table: [offset: number, position: number][] = []): TraceCode {
  if (table.length === 0) return { start: 4096, bytes: 256, name }
  const lines = {
    offsets: Uint32Array.from(table, ([offset]) => offset),
    positions: Uint32Array.from(table, ([, position]) => position),
  }
  return { start: 4096, bytes: 256, name, lines }
}

function frameOf(code: TraceCode, offset = 0, bytecodeOffset?: number) {
  js.learn([code], [0])
  return js.frame(code, offset, bytecodeOffset)
}

describe('a JavaScript frame', () => {
  it('stands where its function starts when nothing better is known', () => {
    const path = write('plain.js', script)
    expect(frameOf(codeOf(`JS:*encode ${path}:4:16`))).toEqual({
      functionName: 'encode',
      kind: 'js',
      origin: 'user',
      isNamed: true,
      tier: 'optimized',
      file: path,
      line: 4,
      column: 16,
    })
  })

  it('stands at the call when the code has a line table', () => {
    const path = write('table.js', script)
    const table: [number, number][] = [
      [0, script.indexOf('addon.encode(pixels)')],
      [40, script.indexOf('addon.encode(first)')],
    ]
    const code = codeOf(`JS:*encode ${path}:4:16`, table)
    expect(frameOf(code, 39)).toMatchObject({ line: 5, column: 17 })
    expect(frameOf(code, 40)).toMatchObject({ line: 6, column: 10 })
    expect(frameOf(code, 200)).toMatchObject({ line: 6, column: 10 })
  })

  it('uses the bytecode offset of an interpreted frame, not that of its trampoline', () => {
    const path = write('bytecode.js', script)
    const table: [number, number][] = [
      [0, script.indexOf('addon.encode(pixels)')],
      [12, script.indexOf('addon.encode(first)')],
    ]
    const code = codeOf(`JS:~encode ${path}:4:16`, table)
    expect(frameOf(code, 200, 3)).toMatchObject({ line: 5 })
  })

  it('counts positions as V8 does: without the byte order mark, with any line ends, in UTF-16', () => {
    const text = '\uFEFF// 🙂 and CRLF\r\nfunction f() {\u2028  return g("🙂", 1)\r\n}\r\n'
    const path = write('marked.js', text)
    const ran = text.slice(1)
    const code = codeOf(`JS:^f ${path}:2:11`, [[0, ran.indexOf('g(')]])
    expect(frameOf(code)).toMatchObject({ line: 3, column: 10 })
    expect(frameOf(codeOf(`JS:^f ${path}:2:11`))).toMatchObject({ line: 2, column: 11 })
  })

  it('falls back to its start where a table does not fit the file', () => {
    const path = write('misfit.js', script)
    for (const position of [0, 1_000_000, 0xffffffff]) {
      const code = codeOf(`JS:*encode ${path}:4:16`, [[0, position]])
      expect(frameOf(code)).toMatchObject({ line: 4, column: 16 })
    }
  })

  it('is shown in TypeScript, at the call, by its own name', async () => {
    const source =
      '// first a comment\ntype Pixels = number[]\n\nfunction enlarge(pixels: Pixels): Pixels {\n  return pixels.map(Math.sqrt)\n}\nenlarge([1])\n'
    const { code, map } = await transform(source, {
      loader: 'ts',
      sourcemap: true,
      sourcefile: 'enlarge.ts',
      banner: '"use strict";',
    })
    const path = write('enlarge.js', `${code}//# sourceMappingURL=enlarge.js.map\n`)
    write('enlarge.js.map', map)
    const generated = new SourceFile(path, code)
    const start = generated.placeOf(code.indexOf('(pixels'))!
    const name = `JS:*enlarge ${path}:${start.line}:${start.column}`
    const file = join(folder, 'enlarge.ts')
    expect(frameOf(codeOf(name))).toMatchObject({ functionName: 'enlarge', file, line: 4 })
    expect(frameOf(codeOf(`Script:~ ${path}:1:1`))).toMatchObject({
      functionName: '(top level)',
      file,
      line: 1,
    })
    const call = codeOf(name, [[0, code.indexOf('pixels.map')]])
    expect(frameOf(call)).toMatchObject({ functionName: 'enlarge', file, line: 5 })
  })

  it('of an ES module has a path, without query and escapes', () => {
    const path = write('es module.mjs', script)
    const url = `${pathToFileURL(path).href}?v=1#x`
    expect(frameOf(codeOf(`JS:~encode ${url}:4:16`))).toMatchObject({ file: path, line: 4 })
  })

  it('of a file that is gone keeps what V8 said', () => {
    const path = join(folder, 'deleted.js')
    expect(frameOf(codeOf(`JS:~encode ${path}:4:16`))).toMatchObject({
      file: path,
      line: 4,
      column: 16,
    })
    expect(js.notes).toEqual([])
  })
})

it('scripts whose map is missing are said once, in one sentence', () => {
  for (const name of ['one', 'two', 'three']) {
    const path = write(`unmapped-${name}.js`, 'function f() {}\n//# sourceMappingURL=nothing.map\n')
    expect(frameOf(codeOf(`JS:~f ${path}:1:11`))).toMatchObject({ file: path, line: 1, column: 11 })
    expect(frameOf(codeOf(`JS:*f ${path}:1:11`))).toMatchObject({ file: path })
  }
  mkdirSync(join(folder, 'node_modules/p'), { recursive: true })
  const foreign = write('node_modules/p/index.js', '//# sourceMappingURL=nothing.map')
  expect(frameOf(codeOf(`JS:*f ${foreign}:1:1`))).toMatchObject({ file: foreign })
  expect(js.notes).toEqual([expect.stringMatching(/unmapped-one\.js and 2 more files .*ENOENT/)])
})

describe('a script whose text on disk is not what ran', () => {
  const text =
    'const   xs: number[] = []\n\n// a comment about nothing\nlet total: number = 0; total += 1\n'
  it('gives names but no lines, and says so once', () => {
    const path = write('loaded.ts', text)
    const code = [`JS:~load ${path}:3:5`, `JS:~store ${path}:4:20`, `JS:~drop ${path}:9:4`].map(
      (name) => codeOf(name),
    )
    js.learn(code, code.keys())
    const frames = code.map((one) => js.frame(one, 0, undefined))
    for (const frame of frames)
      expect(frame).toEqual(expect.not.objectContaining({ line: expect.anything() }))
    expect(frames.map((frame) => frame.file)).toEqual([path, path, path])
    expect(js.notes).toEqual([expect.stringContaining('loaded.ts is not the text that ran')])
  })

  it('is not suspected for one odd function of many', () => {
    const path = write(
      'mostly.js',
      'function a() {}\nfunction b() {}\nfunction c() {}\nfunction d() {}\n',
    )
    const code = ['a', 'b', 'c', 'd'].map((name, index) =>
      codeOf(`JS:~${name} ${path}:${index + 1}:11`),
    )
    code.push(codeOf(`JS:~odd ${path}:1:9`))
    js.learn(code, code.keys())
    expect(js.frame(code[0]!, 0, undefined)).toMatchObject({ line: 1 })
    expect(js.notes).toEqual([])
  })
})

describe('whose JavaScript it is', () => {
  const own = fileURLToPath(new URL('../../src/capture/subject/settle.ts', import.meta.url))
  const cases: [name: string, origin: string, file: string | undefined][] = [
    ['JS:~run /app/a.js:3:4', 'user', '/app/a.js'],
    [
      'JS:~wrapSafe node:internal/modules/cjs/loader:1200:18',
      'node-internal',
      'node:internal/modules/cjs/loader',
    ],
    ['JS:~ [worker eval]-wrapper:6:14', 'node-internal', '[worker eval]-wrapper'],
    ['JS:~f [worker eval]:1:14', 'user', '[worker eval]'],
    ['JS:~f :1:14', 'user', '<anonymous>'],
    ['JS:~f evalmachine.<anonymous>:1:14', 'user', 'evalmachine.<anonymous>'],
    [`JS:~settle ${own}:5:10`, 'system', own],
    [
      'JS:~mark /app/node_modules/@seamproof/agent/dist/control.cjs:5:10',
      'system',
      '/app/node_modules/@seamproof/agent/dist/control.cjs',
    ],
    ['JS:add-0-liftoff', 'user', undefined],
    ['RegExp:^a', 'runtime', undefined],
    ['Builtin:ArrayMap', 'runtime', undefined],
    ['nonsense', 'unknown', undefined],
  ]
  it.each(cases)('"%s" is %s', (name, origin, file) => {
    const frame = frameOf(codeOf(name))
    expect(frame.origin).toBe(origin)
    expect(frame.file).toBe(file)
  })

  it('nobody knows of the entry that interpreted functions share', () => {
    expect(frameOf(codeOf('Builtin:InterpreterEntryTrampoline'))).toMatchObject({
      kind: 'js',
      isNamed: false,
    })
  })
})

it('a position is that of the last entry at or before the offset', () => {
  const lines = { offsets: Uint32Array.of(4, 8, 8, 20), positions: Uint32Array.of(1, 2, 3, 4) }
  expect([0, 4, 7, 8, 19, 20, 99].map((offset) => positionAt(lines, offset))).toEqual([
    undefined,
    1,
    1,
    3,
    3,
    4,
    4,
  ])
})
