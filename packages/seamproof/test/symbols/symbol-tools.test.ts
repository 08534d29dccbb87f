import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAddr2line, parseLlvmSymbolizer } from '../../src/symbols/dwarf-lines.js'
import { findSymbolTools, runSymbolTool, TaskLimit } from '../../src/symbols/symbol-tools.js'
import { scratchFolder } from './native-fixtures.js'

const folder = scratchFolder()

function install(path: string, mode = 0o755): string {
  const full = join(folder, path)
  mkdirSync(join(full, '..'), { recursive: true })
  writeFileSync(full, '#!/bin/sh\nexit 0\n', { mode })
  return full
}

describe('the tools along a PATH', () => {
  it('are found in its order, by plain name first and by the highest version else', () => {
    const [first, second] = [join(folder, 'first'), join(folder, 'second')]
    install('first/llvm-symbolizer-9')
    const newest = install('second/llvm-symbolizer-19')
    install('second/llvm-symbolizer-old')
    install('first/addr2line', 0o644)
    const addr2line = install('second/addr2line')
    const demangler = install('second/llvm-cxxfilt')
    expect(findSymbolTools(`${first}::${second}:/nowhere`)).toEqual({
      llvmSymbolizer: newest,
      addr2line,
      demangler,
    })
    const plain = install('second/llvm-symbolizer')
    const gnu = install('first/c++filt')
    expect(findSymbolTools(`${first}:${second}`)).toEqual({
      llvmSymbolizer: plain,
      addr2line,
      demangler: gnu,
    })
  })

  it('are simply absent on a machine that has none', () => {
    expect(findSymbolTools(join(folder, 'nothing'))).toEqual({})
    expect(findSymbolTools('')).toEqual({})
  })
})

it('a tool gets every line, however many, and its output comes back whole', async () => {
  const lines = Array.from({ length: 50_000 }, (_, index) => `0x${index.toString(16)}`)
  const output = await runSymbolTool('/bin/cat', [], lines)
  expect(output).toBe(`${lines.join('\n')}\n`)
})

it('a tool that does not exist or fails is an error that names it', async () => {
  await expect(runSymbolTool('/nowhere/addr2line', [], [])).rejects.toThrow('/nowhere/addr2line')
  await expect(runSymbolTool('/bin/false', [], ['x'])).rejects.toThrow('/bin/false')
})

it('no more tasks run at once than the limit, and all run, also after one that failed', async () => {
  const limit = new TaskLimit(2)
  let [running, runningMax, done] = [0, 0, 0]
  const task = (fails: boolean) =>
    limit.run(async () => {
      runningMax = Math.max(runningMax, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      done++
      if (fails) throw new Error('this one fails')
    })
  const results = await Promise.allSettled([true, false, false, true, false].map(task))
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(2)
  expect([runningMax, done, running]).toEqual([2, 5, 0])
})

describe('what llvm-symbolizer prints', () => {
  it('is read for known addresses, and left out for those named by proximity', () => {
    const known = {
      Address: '0x10',
      Symbol: [{ FunctionName: 'f', FileName: '/a.c', Line: 3, Column: 0 }],
    }
    const guessed = {
      Address: '0x20',
      Symbol: [{ FunctionName: 'far', FileName: '', Line: 0, Column: 0 }],
    }
    const failed = { Address: '0x30', Error: { Message: 'no such file' } }
    const found = parseLlvmSymbolizer(
      [known, guessed, failed].map((one) => JSON.stringify(one)).join('\n'),
    )
    expect([...found]).toEqual([[16, [{ linkerName: 'f', file: '/a.c', line: 3 }]]])
    expect(parseLlvmSymbolizer(JSON.stringify([known])).size).toBe(1)
  })
})

describe('what addr2line prints', () => {
  it('is read with inlined frames, discriminators and colons in paths', () => {
    const output = [
      '0x0000000000001136',
      'inner',
      '/src/a:b/f.c:3 (discriminator 2)',
      'outer',
      '/src/f.c:9',
      '0x0000000000002000',
      '??',
      '??:0',
      '0x0000000000003000',
      'far',
      'crt.c:?',
    ].join('\n')
    expect([...parseAddr2line(output)]).toEqual([
      [
        0x1136,
        [
          { linkerName: 'inner', file: '/src/a:b/f.c', line: 3 },
          { linkerName: 'outer', file: '/src/f.c', line: 9 },
        ],
      ],
    ])
  })
})
