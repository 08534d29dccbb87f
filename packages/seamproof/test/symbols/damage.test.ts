import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { parseCodeName } from '../../src/symbols/code-name.js'
import { tidyName, trimLinkerName } from '../../src/symbols/demangler.js'
import { parseAddr2line } from '../../src/symbols/dwarf-lines.js'
import { ElfFile } from '../../src/symbols/elf-file.js'
import { scriptPath } from '../../src/symbols/js-frames.js'
import { SourceFile, SourceFiles } from '../../src/symbols/source-file.js'
import { SourceMaps } from '../../src/symbols/source-map.js'
import { findSymbols } from '../../src/symbols/symbol-table.js'
import { build, compile, scratchFolder } from './native-fixtures.js'

const folder = scratchFolder()
const damaged = join(folder, 'damaged.so')
let whole: Buffer

beforeAll(async () => {
  const source =
    'static int a(int x) { return x * 3; } int b(int x) { return a(x); } int c(void) { return b(2); }'
  const path = await compile(folder, 'whole', source, '-g')
  await build('objcopy', `--add-gnu-debuglink=${path}`, path, join(folder, 'linked.so'))
  whole = readFileSync(join(folder, 'linked.so'))
})

function readAll(bytes: Buffer): void {
  writeFileSync(damaged, bytes)
  const file = ElfFile.open(damaged)
  if (typeof file === 'string') return
  const addresses = Float64Array.from({ length: 64 }, (_, index) => index * 128)
  const matches = findSymbols([file], addresses)
  expect(matches).toHaveLength(addresses.length)
  expect(file.buildId).toMatch(/^[0-9a-f]*$/)
  void file.debugLink
  void file.hasDebugInfo
  void file.isDebugInfoSparse
  file.addressOfOffset(4096)
  file.close()
}

it('no change of bytes makes the ELF reader throw', () => {
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    value: fc.integer({ min: 0, max: 255 }),
  })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 40 }), (changes) => {
      const bytes = Buffer.from(whole)
      for (const { at, value } of changes) bytes[Math.floor(at * bytes.length)] = value
      readAll(bytes)
    }),
    { numRuns: 150 },
  )
})

it('no value in the ELF header or the section headers makes the reader throw', () => {
  const sectionTable = Number(whole.readBigUInt64LE(40))
  const field = fc.oneof(
    fc.integer({ min: 4, max: 63 }),
    fc.integer({ min: sectionTable, max: whole.length - 8 }),
  )
  const value = fc.oneof(
    fc.constant(2n ** 64n - 1n),
    fc.constant(0n),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(field, value), { minLength: 1, maxLength: 6 }), (changes) => {
      const bytes = Buffer.from(whole)
      for (const [at, number] of changes)
        if (at + 8 <= bytes.length) bytes.writeBigUInt64LE(number, at)
      readAll(bytes)
    }),
    { numRuns: 300 },
  )
})

it('no end of the file comes too early for the ELF reader', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.length }), (length) =>
      readAll(whole.subarray(0, length)),
    ),
    { numRuns: 100 },
  )
})

const codeText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .tuple(
      fc.constantFrom('JS:', 'Script:', 'Eval:', 'RegExp:', 'RegExp.', 'Stub:', 'Builtin:', ''),
      fc.constantFrom('~', '^', '+', '*', 'o+', "*'", ''),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(' ', '', ' /a b/', ' file:///%', ' node:', ' [eval]', ' data:'),
      fc.string(),
      fc.constantFrom(':1:1', ':9', '', ':99999999999999999999:0'),
    )
    .map((parts) => parts.join('')),
)

it('every code name is read, and has a name to show', () => {
  fc.assert(
    fc.property(codeText, (text) => {
      const name = parseCodeName(text)
      expect(name.functionName).not.toBe('')
      if (name.script !== undefined) scriptPath(name.script)
    }),
    { numRuns: 2000 },
  )
})

it('a function keeps its name and place whatever both are, as long as no path is in the name', () => {
  const word = fc
    .stringMatching(/^[\p{ID_Start}$_#][\p{ID_Continue}$ .:"<>-]{0,20}$/u)
    .filter((text) => !/ $/.test(text))
  const path = fc
    .stringMatching(/^(\/[\w .:+ü-]{1,12}){1,4}$/)
    .filter((text) => !/ (?:\/|file:|node:|data:|http|wasm:|blob:|$)/.test(text))
  const tier = fc.constantFrom('~', '^', '+', '*', 'o+', 'o*')
  const number = fc.integer({ min: 2, max: 99999 })
  fc.assert(
    fc.property(tier, word, path, number, number, (mark, functionName, script, line, column) => {
      fc.pre(!/ (?:\/|file:|node:|data:|https?:|wasm:|blob:)/.test(functionName))
      const parsed = parseCodeName(`JS:${mark}${functionName} ${script}:${line}:${column}`)
      expect(parsed).toMatchObject({ kind: 'js', functionName, script, line, column })
    }),
    { numRuns: 2000 },
  )
})

it('nothing that a tool prints makes its reader throw', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom('0x0000000000001000', '??', '??:0', 'a.c:?', 'a.c:7 (discriminator 2)'),
  )
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      for (const frames of parseAddr2line(lines.join('\n')).values())
        expect(frames).not.toHaveLength(0)
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      tidyName(trimLinkerName(name))
    }),
  )
})

it('a character position and its line and column lead to each other', () => {
  const text = fc.array(fc.constantFrom('a', '\n', '\r\n', '\u2028', '🙂', ' '), { maxLength: 60 })
  fc.assert(
    fc.property(text, fc.nat({ max: 150 }), (parts, position) => {
      const source = new SourceFile('/x.js', parts.join(''))
      const place = source.placeOf(position)
      if (position > source.text.length) expect(place).toBeUndefined()
      else expect(source.positionOf(place!)).toBe(position)
    }),
  )
})

it('no text of a script or its map makes the mapping throw', () => {
  const reference = fc.oneof(
    fc.string(),
    fc.constantFrom('x.map', 'data:application/json;base64,e30=', 'data:,{', '%', 'http://'),
  )
  let count = 0
  fc.assert(
    fc.property(
      fc.string(),
      reference,
      fc.nat({ max: 9 }),
      fc.nat({ max: 9 }),
      (text, url, line, column) => {
        const path = join(folder, `script-${count++}.js`)
        writeFileSync(path, `${text}\n//# sourceMappingURL=${url}`)
        const maps = new SourceMaps(new SourceFiles())
        maps.original(path, { line, column })
        maps.originalName(path, { line, column }, text.slice(0, 3))
      },
    ),
    { numRuns: 200 },
  )
})
