import { copyFileSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { findSymbolTools, type SymbolTools } from '../../src/symbols/symbol-tools.js'
import { symbolizeTrace } from '../../src/symbols/symbolize.js'
import {
  build,
  compile,
  functionsOf,
  openElf,
  scratchFolder,
  stackNames,
  traceOf,
} from './native-fixtures.js'

const folder = scratchFolder()
const found = findSymbolTools()
const { llvmSymbolizer: _, ...binutils } = found

/** The tools that machines have: binutils comes with g++; llvm-symbolizer is better and rarer. */
const toolSets: [string, SymbolTools][] = [['addr2line', binutils]]
if (found.llvmSymbolizer !== undefined) toolSets.push(['llvm-symbolizer', found])

const inlinedC = `#include <stdlib.h>
static inline __attribute__((always_inline)) void *innermost(int n) {
  return malloc(n);
}
static inline __attribute__((always_inline)) void *middle(int n) {
  return innermost(n * 2);
}
void *outermost(int n) {
  return middle(n + 1);
}
`
const namespacedCpp = `#include <cstdlib>
#include <string>
#include <vector>
namespace codec { namespace {
struct Hidden { void *grow(int n); };
__attribute__((noinline)) void *Hidden::grow(int n) { return std::malloc(n); }
}
template <class T> struct Box {
  __attribute__((noinline)) void *fill(const std::vector<T> &v) { Hidden h; return h.grow((int)v.size()); }
};
template <class T> __attribute__((noinline)) void *sizeOf(T t) {
  return [&](int q) __attribute__((noinline)) { return std::malloc(q); }(sizeof t);
}
}
extern "C" void *run(int n) {
  codec::Box<std::string> box;
  return n ? codec::sizeOf(3.0) : box.fill({"a", "b"});
}
`

/** Where `function` calls malloc: the return address minus one, as a trace has it. */
async function mallocCall(path: string, linkerName: string): Promise<number> {
  const code = await build('objdump', '-d', `--disassemble=${linkerName}`, path)
  const lines = code.split('\n')
  const at = lines.findIndex((line) => /\b(?:call|jmp)\b.*malloc/.test(line))
  if (at < 0) throw new Error(`${linkerName} does not call malloc:\n${code}`)
  return Number.parseInt(lines[at]!, 16) + 1
}

describe.each(toolSets)('with %s', (_name, tools) => {
  it('inlined C functions are frames of their own, with the line of each call', async () => {
    const path = await compile(
      folder,
      'inlined',
      inlinedC,
      '-g',
      '-O1',
      '-fno-optimize-sibling-calls',
    )
    const symbols = await symbolizeTrace(traceOf(path, [await mallocCall(path, 'outermost')]), {
      tools,
    })
    expect(symbols.notes).toEqual([])
    const frames = symbols.locationFrames[0]!.map((index) => symbols.frames[index]!)
    const file = join(folder, 'inlined.c')
    const place = { moduleName: 'inlined.so', modulePath: path, origin: 'subject', kind: 'native' }
    expect(frames).toMatchObject([
      { functionName: 'innermost', file, line: 3, isInlined: true, isNamed: true, ...place },
      { functionName: 'middle', file, line: 6, isInlined: true, ...place },
      { functionName: 'outermost', file, line: 9, ...place },
    ])
    expect(frames[2]).not.toHaveProperty('isInlined')
  })

  it('files are named without the detours of build systems', async () => {
    const path = join(folder, 'detour.so')
    mkdirSync(join(folder, 'sub'), { recursive: true })
    writeFileSync(join(folder, 'detour.c'), inlinedC)
    await build('gcc', '-shared', '-fPIC', '-g', '-o', path, `${folder}/sub/../detour.c`)
    const { address } = (await functionsOf(path)).get('outermost')!
    const symbols = await symbolizeTrace(traceOf(path, [address]), { tools })
    expect(symbols.frames).toMatchObject([{ file: join(folder, 'detour.c') }])
  })

  it('C++ names are readable: namespaces, templates, lambdas, anonymous namespaces', async () => {
    const path = await compile(folder, 'namespaced', namespacedCpp, '-g', '-O1')
    const functions = [...(await functionsOf(path))].filter(([name]) => name.includes('5codec'))
    const addresses = functions.map(([, { address }]) => address)
    const symbols = await symbolizeTrace(traceOf(path, addresses), { tools })
    const names = stackNames(symbols).map((stack) => stack.at(-1))
    expect(new Set(names)).toEqual(
      new Set([
        'codec::(anonymous namespace)::Hidden::grow',
        'codec::Box<std::string>::fill',
        'codec::sizeOf<double>',
        'codec::sizeOf<double>(double)::{lambda(int)#1}::operator()',
      ]),
    )
    for (const frame of symbols.frames) expect(frame).toMatchObject({ line: expect.any(Number) })
  })

  it('Rust names are readable and have lines', async () => {
    const source = `
pub mod deep {
    pub struct Item<T>(pub T);
    impl<T: Clone> Item<T> {
        #[inline(never)]
        pub fn make(&self) -> Vec<T> { vec![self.0.clone(); 100] }
    }
}
#[no_mangle]
pub extern "C" fn rust_run() -> usize {
    let made = deep::Item(3u8).make();
    unsafe { std::ptr::read_volatile(&made.len()) }
}`
    const path = await compile(folder, 'crate_one', source, 'rust', '-g', '-O')
    const functions = await functionsOf(path)
    const make = [...functions].find(([name]) => /4deep.*4make/.test(name))![1]
    const run = functions.get('rust_run')!
    const symbols = await symbolizeTrace(traceOf(path, [make.address, run.address]), { tools })
    const [makeName, runName] = stackNames(symbols).map((stack) => stack.at(-1))
    expect(makeName).toMatch(/^<?crate_one::deep::Item<(u8|T)>>?::make$/)
    expect(runName).toBe('rust_run')
    expect(symbols.frames.some((frame) => frame.file?.endsWith('crate_one.rs'))).toBe(true)
  })
})

describe('separate debug information', () => {
  let path: string
  let call: number
  const split = join(folder, 'split')
  beforeAll(async () => {
    mkdirSync(split)
    const whole = await compile(
      folder,
      'parted',
      inlinedC,
      '-g',
      '-O1',
      '-fno-optimize-sibling-calls',
    )
    call = await mallocCall(whole, 'outermost')
    await build('objcopy', '--only-keep-debug', whole, join(split, 'parted.debug'))
    path = join(split, 'parted.so')
    await build(
      'objcopy',
      '--strip-all',
      `--add-gnu-debuglink=${join(split, 'parted.debug')}`,
      whole,
      path,
    )
  })
  const names = async (debugFolder: string) => {
    const symbols = await symbolizeTrace(traceOf(path, [call]), { debugFolder })
    return stackNames(symbols)[0]
  }

  it('is found by debuglink beside the module', async () => {
    expect(await names(join(split, 'nothing'))).toEqual(['innermost', 'middle', 'outermost'])
  })

  it('is found by build-id in the debug folder', async () => {
    const id = openElf(path).buildId
    const installed = join(split, 'debug/.build-id', id.slice(0, 2), `${id.slice(2)}.debug`)
    mkdirSync(dirname(installed), { recursive: true })
    copyFileSync(join(split, 'parted.debug'), installed)
    rmSync(join(split, 'parted.debug'))
    expect(await names(join(split, 'nothing'))).toEqual(['outermost'])
    expect(await names(join(split, 'debug'))).toEqual(['innermost', 'middle', 'outermost'])
  })

  it('of another build is refused by its checksum', async () => {
    const noId = ['-g', '-O1', '-Wl,--build-id=none', '-fno-optimize-sibling-calls']
    const whole = await compile(folder, 'checked', inlinedC, ...noId)
    const debug = join(split, 'checked.debug')
    await build('objcopy', '--only-keep-debug', whole, debug)
    const stripped = join(split, 'checked.so')
    await build('objcopy', '--strip-all', `--add-gnu-debuglink=${debug}`, whole, stripped)
    const at = await mallocCall(whole, 'outermost')
    const stack = async () => stackNames(await symbolizeTrace(traceOf(stripped, [at])))[0]
    expect(await stack()).toEqual(['innermost', 'middle', 'outermost'])
    const other = readFileSync(debug)
    other[other.length - 1]! ^= 1
    writeFileSync(debug, other)
    expect(await stack()).toEqual(['outermost'])
  })
})

describe('what cannot be named', () => {
  let path: string
  let address: number
  beforeAll(async () => {
    path = await compile(folder, 'plain', namespacedCpp, '-O1', '-g')
    address = [...(await functionsOf(path))].find(([name]) => name.includes('4grow'))![1].address
  })
  const unnamed = (name: string) => ({
    functionName: `${name}+0x${address.toString(16)}`,
    isNamed: false,
    moduleName: name,
  })

  it('in a stripped module is its offset', async () => {
    const stripped = join(folder, 'nameless.node')
    await build('strip', '-o', stripped, path)
    const symbols = await symbolizeTrace(traceOf(stripped, [address]))
    expect(symbols.frames).toMatchObject([{ ...unnamed('nameless.node'), origin: 'subject' }])
    expect(symbols.notes).toEqual([])
  })

  it('in a module that was rebuilt since is its offset, and is said', async () => {
    const symbols = await symbolizeTrace(traceOf(path, [address], { buildId: 'aabbcc' }))
    expect(symbols.frames).toMatchObject([unnamed('plain.so')])
    expect(symbols.notes).toEqual([
      expect.stringMatching(/plain\.so was changed after the run.*aabbcc/),
    ])
  })

  it('in a module without a build-id that was written after the run likewise', async () => {
    const anonymous = await compile(folder, 'dated', namespacedCpp, '-O1', '-Wl,--build-id=none')
    const at = [...(await functionsOf(anonymous))].find(([name]) => name.includes('4grow'))![1]
      .address
    const endWallMs = Date.UTC(2026, 0, 1)
    utimesSync(anonymous, endWallMs / 1000 - 60, endWallMs / 1000 - 60)
    const before = await symbolizeTrace(traceOf(anonymous, [at], { endWallMs }))
    expect(before.frames[0]).toMatchObject({ isNamed: true })
    utimesSync(anonymous, endWallMs / 1000 + 60, endWallMs / 1000 + 60)
    const after = await symbolizeTrace(traceOf(anonymous, [at], { endWallMs }))
    expect(after.frames[0]).toMatchObject({ isNamed: false })
    expect(after.notes).toEqual([expect.stringMatching(/dated\.so was changed after the run/)])
  })

  it('in a module that is gone is its offset, and is said', async () => {
    const gone = join(folder, 'gone.node')
    const symbols = await symbolizeTrace(traceOf(gone, [address]))
    expect(symbols.frames).toMatchObject([unnamed('gone.node')])
    expect(symbols.notes).toEqual([expect.stringMatching(/gone\.node is no longer on disk/)])
    const deleted = await symbolizeTrace(traceOf(`${gone} (deleted)`, [address]))
    expect(deleted.frames).toMatchObject([unnamed('gone.node')])
  })

  it('in the kernel’s page is its offset, and nothing is missing', async () => {
    const symbols = await symbolizeTrace(traceOf('[vdso]', [0x123]))
    expect(symbols.frames).toMatchObject([{ functionName: '[vdso]+0x123', origin: 'system' }])
    expect(symbols.notes).toEqual([])
  })

  it('without tools has names from the symbol table, and the apt line for the rest', async () => {
    const symbols = await symbolizeTrace(traceOf(path, [address]), { tools: {} })
    expect(symbols.frames).toMatchObject([
      { functionName: '_ZN5codec12_GLOBAL__N_16Hidden4growEi', isNamed: true },
    ])
    expect(symbols.frames[0]).not.toHaveProperty('line')
    expect(symbols.notes).toHaveLength(2)
    for (const note of symbols.notes) expect(note).toContain('apt-get install binutils')
  })

  it('by a broken tool is named from the symbol table, and the tool’s words are kept', async () => {
    const broken = join(folder, 'broken-tool')
    writeFileSync(broken, '#!/bin/sh\necho "cannot work today" >&2\nexit 3\n', { mode: 0o755 })
    const tools = { llvmSymbolizer: broken, demangler: broken }
    const symbols = await symbolizeTrace(traceOf(path, [address]), { tools })
    expect(symbols.frames).toMatchObject([{ isNamed: true }])
    expect(symbols.notes.join('\n')).toMatch(/cannot work today[\s\S]*cannot work today/)
  })

  it('by an old llvm-symbolizer is asked of addr2line', async () => {
    const old = join(folder, 'old-symbolizer')
    writeFileSync(old, '#!/bin/sh\necho "unknown argument --output-style=JSON" >&2\nexit 1\n', {
      mode: 0o755,
    })
    const symbols = await symbolizeTrace(traceOf(path, [address]), {
      tools: { ...binutils, llvmSymbolizer: old },
    })
    expect(symbols.frames[0]).toMatchObject({ line: expect.any(Number) })
    expect(symbols.notes).toEqual([])
  })
})

describe('V8’s builtins in the binary of a JavaScript runtime', () => {
  const source = `
    .text
    .macro builtin name
    .globl \\name
    .type \\name, @function
    .balign 64, 0xcc
\\name: nop; nop; nop; ret
    .size \\name, 4
    .endm
    builtin Builtins_ArrayMap
    builtin Builtins_InterpreterEntryTrampoline
    builtin Builtins_InterpreterEnterAtNextBytecode
    builtin plain
  `
  let path: string
  let at: (name: string) => number
  beforeAll(async () => {
    path = await compile(folder, 'runtime', source, 'asm', '-nostdlib')
    const functions = await functionsOf(path)
    at = (name) => functions.get(name)!.address
  })
  const unnamed = { kind: 'js', isNamed: false, origin: 'unknown' }

  it('are builtins, and their shared interpreter entry is JavaScript without a name', async () => {
    const addresses = [at('Builtins_ArrayMap') + 2, at('Builtins_InterpreterEntryTrampoline') + 2]
    const symbols = await symbolizeTrace({
      ...traceOf(path, addresses, { executable: path }),
      code: [{ start: 0, bytes: 1, name: 'Builtin:ArrayMap' }],
    })
    expect(symbols.locationFrames.map(([index]) => symbols.frames[index!])).toMatchObject([
      { functionName: 'Builtin:ArrayMap', kind: 'builtin', origin: 'runtime', isNamed: true },
      unnamed,
    ])
  })

  it('are recognised where a frame goes on at their very start', async () => {
    const before = [at('Builtins_InterpreterEnterAtNextBytecode') - 1, at('plain') - 1]
    const symbols = await symbolizeTrace({
      ...traceOf(path, before, { executable: path }),
      code: [{ start: 0, bytes: 1, name: 'Builtin:ArrayMap' }],
    })
    expect(symbols.locationFrames.map(([index]) => symbols.frames[index!])).toMatchObject([
      unnamed,
      { isNamed: false, kind: 'native' },
    ])
  })

  it('are recognised there also in the copy that V8 made in its own code range', async () => {
    const start = 0x7f00_0000_1000
    const symbols = await symbolizeTrace({
      ...traceOf(path, []),
      code: [
        { start, bytes: 88, name: 'Builtin:InterpreterEnterAtBytecode' },
        { start: start + 128, bytes: 88, name: 'Builtin:ArrayForEachLoopLazyDeoptContinuation' },
      ],
      locations: [start, start + 128, start + 256].map((pc) => ({ kind: 'unknown', pc })),
    })
    expect(symbols.locationFrames.map(([index]) => symbols.frames[index!])).toMatchObject([
      unnamed,
      { functionName: 'Builtin:ArrayForEachLoopLazyDeoptContinuation', kind: 'builtin' },
      { kind: 'unknown', isNamed: false },
    ])
  })
})
