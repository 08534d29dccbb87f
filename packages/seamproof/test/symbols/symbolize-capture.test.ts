import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SymbolTable } from '../../src/contract/symbols.js'
import type { SymbolizeProgress } from '../../src/symbols/symbolize.js'
import { readSymbolTable, symbolizeCapture } from '../../src/symbols/symbolize-capture.js'
import { readTraceMeta } from '../../src/trace/trace-meta.js'
import { MemorySink, TraceEncoder } from '../trace/trace-encoder.js'
import { compile, functionsOf, openElf, scratchFolder } from './native-fixtures.js'

const folder = scratchFolder()
const capture = join(folder, 'capture.seamproof')
const source = `
int leak_here(volatile int *p) {
  return *p + 1;
}`
const script = join(folder, 'app.cjs')
const scriptText = 'module.exports = function run(n) {\n  return addon.leakHere(n)\n}\n'
const [bias, codeStart] = [0x7f00_0000_0000, 0x3000_0000]
let table: SymbolTable
const progress: SymbolizeProgress[] = []

/** A trace of a process with one addon, one piece of code, and a stack through both. */
function writeTrace(name: string, addon: string, buildId: string, address: number): void {
  const sink = new MemorySink()
  const encoder = new TraceEncoder(sink)
  encoder.process('/usr/bin/node', folder, ['node', script])
  encoder.module(1, bias, addon, buildId, [[bias, 0x10000, 5, 0]])
  encoder.code(codeStart, 256, `JS:~run ${script}:1:30`)
  const outer = encoder.node(0, codeStart + 17)
  const inner = encoder.node(outer, bias + address + 1)
  encoder.node(inner, 0x1234)
  encoder.finish()
  writeFileSync(join(capture, name), sink.bytes)
}

beforeAll(async () => {
  mkdirSync(capture)
  writeFileSync(script, scriptText)
  const addon = await compile(folder, 'leaky', source, '-g', '-O1')
  const { address } = (await functionsOf(addon)).get('leak_here')!
  const { buildId } = openElf(addon)
  writeTrace('process-1-1.trace', addon, buildId, address)
  writeTrace('process-2-1.trace', addon, buildId, address)
  writeTrace('process-3-1.trace', addon, 'ff00ff00', address)
  writeFileSync(join(capture, 'process-9-9.trace'), 'this is no trace')
  table = await symbolizeCapture(capture, { onProgress: (step) => progress.push(step) })
})

describe('a capture of several processes', () => {
  it('gets names for every location of every trace, from JavaScript to native', () => {
    for (const traceFile of ['process-1-1.trace', 'process-2-1.trace']) {
      const meta = readTraceMeta(join(capture, traceFile))
      const symbols = table.traces.find((trace) => trace.traceFile === traceFile)!
      expect(symbols.locationFrames).toHaveLength(meta.locations.length)
      for (const indexes of symbols.locationFrames) {
        expect(indexes).not.toHaveLength(0)
        for (const index of indexes) expect(symbols.frames[index]).toBeDefined()
      }
      const at = (kind: string) => {
        const location = meta.locations.findIndex((one) => one.kind === kind)
        return symbols.frames[symbols.locationFrames[location]![0]!]
      }
      expect(at('native')).toMatchObject({ functionName: 'leak_here', origin: 'subject', line: 3 })
      expect(at('js')).toMatchObject({ functionName: 'run', origin: 'user', file: script, line: 1 })
      expect(at('unknown')).toMatchObject({ kind: 'unknown', isNamed: false })
      expect(symbols.notes).toEqual([])
    }
  })

  it('keeps what one process ran apart from what another ran', () => {
    const changed = table.traces.find(({ traceFile }) => traceFile === 'process-3-1.trace')!
    expect(changed.notes).toEqual([expect.stringContaining('ff00ff00')])
    expect(changed.frames.map((frame) => frame.functionName)).toContainEqual(
      expect.stringMatching(/^leaky\.so\+0x/),
    )
  })

  it('keeps a place for a file that is no trace, with the reason', () => {
    const foreign = table.traces.find(({ traceFile }) => traceFile === 'process-9-9.trace')!
    expect(foreign.frames).toEqual([])
    expect(foreign.notes).toEqual([expect.stringContaining('not a Seamproof trace')])
  })

  it('is sealed in one file that reads back the same, and leaves no draft behind', () => {
    expect(readSymbolTable(capture)).toEqual(table)
    expect(readdirSync(capture).filter((name) => name.includes('symbols'))).toEqual([
      'symbols.json',
    ])
  })

  it('tells how far it is, to the end', () => {
    expect(progress.map(({ step }) => step)).toContain('leaky.so')
    expect(progress.at(-1)).toMatchObject({
      doneCount: progress.length,
      totalCount: progress.length,
    })
  })
})

describe('symbols that were sealed before', () => {
  const elsewhere = join(folder, 'elsewhere.seamproof')
  beforeAll(() => mkdirSync(elsewhere))

  it('are absent in a capture that was not symbolized', () => {
    expect(readSymbolTable(elsewhere)).toBeUndefined()
  })

  const cases: [what: string, text: string][] = [
    [
      'half a file',
      readFileSync(import.meta.filename ?? new URL(import.meta.url), 'utf8').slice(0, 9),
    ],
    ['another version', '{"formatVersion":7,"traces":[]}'],
    ['no table', 'null'],
    ['no traces', '{"formatVersion":1}'],
  ]
  it.each(cases)('are refused with the file and the next step: %s', (_what, text) => {
    writeFileSync(join(elsewhere, 'symbols.json'), text)
    expect(() => readSymbolTable(elsewhere)).toThrow(
      /elsewhere\.seamproof\/symbols\.json cannot be used/,
    )
  })
})
