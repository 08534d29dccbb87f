import { realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ElfFile } from '../../src/symbols/elf-file.js'
import { findSymbols } from '../../src/symbols/symbol-table.js'
import { build, compile, functionsOf, openElf, scratchFolder } from './native-fixtures.js'

const folder = scratchFolder()

function namesAt(path: string, addresses: number[]): (string | undefined)[] {
  const file = openElf(path)
  const found = findSymbols([file], Float64Array.from(addresses))
  file.close()
  return found.map((match) => match?.linkerName)
}

describe('the symbols of the node binary that runs this test', () => {
  const node = realpathSync(process.execPath)

  it('name every function that readelf knows, and its last byte', async () => {
    const functions = await functionsOf(node)
    const names = new Map<number, Set<string>>()
    for (const [name, { address, sizeBytes }] of functions)
      if (sizeBytes > 0) names.set(address, (names.get(address) ?? new Set()).add(name))
    const asked = [...functions.values()].filter((_, index) => index % 37 === 0)
    const sized = asked.filter(({ sizeBytes }) => sizeBytes > 0)
    expect(sized.length).toBeGreaterThan(500)
    const starts = sized.map(({ address }) => address).sort((a, b) => a - b)
    const found = namesAt(node, starts)
    for (const [index, start] of starts.entries()) expect(names.get(start)).toContain(found[index])
    // In an overlap the inner function wins, so the last byte may be another's, but never nobody's.
    const ends = sized
      .map(({ address, sizeBytes }) => address + sizeBytes - 1)
      .sort((a, b) => a - b)
    expect(namesAt(node, ends)).not.toContain(undefined)
  })

  it('are found without reading the whole file', () => {
    const file = openElf(node)
    let readBytes = 0
    const read = file.read.bind(file)
    file.read = (offset, sizeBytes) => {
      readBytes += sizeBytes
      return read(offset, sizeBytes)
    }
    const text = file.section('.text')!
    findSymbols([file], Float64Array.of(text.address + 4096))
    expect(readBytes).toBeLessThan(file.sizeBytes / 8)
    file.close()
  })
})

describe('a library with sized, unsized and absent symbols', () => {
  const assembly = `
    .text
    .globl sized
    .type sized, @function
sized: nop; nop; nop; nop
    .size sized, 4
    nop; nop; nop; nop
    .globl label
label: nop; nop; nop; nop
    .globl outer
    .type outer, @function
outer: nop; nop
inner_label: nop; nop
    .size outer, 4
    .globl open_end
    .type open_end, @function
open_end: nop; nop
    .section .text.other, "ax"
other_start: nop; nop
`
  let path: string
  let text: number
  beforeAll(async () => {
    path = await compile(folder, 'labels', assembly, 'asm', '-nostdlib')
    text = (await functionsOf(path)).get('sized')!.address
  })

  it('names inside a size, and not one byte further', () => {
    expect(namesAt(path, [text, text + 3, text + 4, text + 7])).toEqual([
      'sized',
      'sized',
      undefined,
      undefined,
    ])
  })

  it('lets a label without a size reach to the next symbol', () => {
    expect(namesAt(path, [text + 8, text + 11, text + 12])).toEqual(['label', 'label', 'outer'])
  })

  it('names code behind a label inside a function after the function', () => {
    expect(namesAt(path, [text + 14, text + 15])).toEqual(['outer', 'outer'])
  })

  it('lets nothing reach out of its section', () => {
    const file = openElf(path)
    const sections = file.sections.filter((section) => file.isExecutable(section))
    for (const section of sections) {
      const end = section.address + section.sizeBytes
      const beyond = findSymbols([file], Float64Array.of(end + 16))[0]
      expect(beyond?.address ?? end).toBeGreaterThanOrEqual(end)
    }
    expect(namesAt(path, [1])).toEqual([undefined])
  })
})

it('a stripped library names its exports and nothing between or behind them', async () => {
  const source = `
    __attribute__((noinline)) static int hidden_one(volatile int *p) { return *p * 3; }
    int exported_one(volatile int *p) { return hidden_one(p) + 1; }
    __attribute__((noinline)) static int hidden_two(volatile int *p) { return *p * 5; }
    int exported_two(volatile int *p) { return hidden_two(p) + 2; }`
  const full = await compile(folder, 'full', source, '-O1', '-fno-ipa-icf')
  const stripped = join(folder, 'stripped.so')
  await build('strip', '-o', stripped, full)
  const functions = [...(await functionsOf(full))].filter(([name]) =>
    /^(hidden|exported)_/.test(name),
  )
  expect(functions).toHaveLength(4)
  for (const [name, { address, sizeBytes }] of functions) {
    const isExported = name.startsWith('exported')
    for (const at of [address, address + sizeBytes - 1]) {
      expect(namesAt(full, [at])).toEqual([name])
      expect(namesAt(stripped, [at])).toEqual([isExported ? name : undefined])
    }
  }
  const last = Math.max(...functions.map(([, { address, sizeBytes }]) => address + sizeBytes))
  expect(namesAt(stripped, [last + 64])).toEqual([undefined])
})

it('the procedure linkage table is not named after a neighbour', async () => {
  const source = 'extern int puts(const char *); int run(void) { return puts("x"); }'
  const path = await compile(folder, 'plt', source, '-fno-plt', '-O0', '-Wl,-z,lazy')
  const plain = await compile(folder, 'plt-lazy', source, '-O0', '-Wl,-z,lazy')
  for (const library of [path, plain]) {
    const file = openElf(library)
    for (const section of file.sections.filter((candidate) => candidate.name.startsWith('.plt')))
      expect(namesAt(library, [section.address, section.address + 1])).toEqual([
        undefined,
        undefined,
      ])
    file.close()
  }
})

it('aliases of one function give the name that people know', async () => {
  const source = `
    int __plain_internal(void) { return 1; }
    int plain(void) __attribute__((alias("__plain_internal")));
    int plain_longer(void) __attribute__((alias("__plain_internal")));`
  const path = await compile(folder, 'alias', source)
  const at = (await functionsOf(path)).get('plain')!.address
  expect(namesAt(path, [at])).toEqual(['plain'])
})

describe('an ELF file', () => {
  it('gives the build-id that the linker wrote', async () => {
    const path = await compile(
      folder,
      'identified',
      'int f(void) { return 1; }',
      '-Wl,--build-id=0xabcdef0123456789',
    )
    expect(openElf(path).buildId).toBe('abcdef0123456789')
    const without = await compile(
      folder,
      'anonymous',
      'int f(void) { return 1; }',
      '-Wl,--build-id=none',
    )
    expect(openElf(without).buildId).toBe('')
  })

  it('turns places of the file into addresses and back', async () => {
    const path = await compile(folder, 'placed', 'int data = 7; int f(void) { return data; }')
    const file = openElf(path)
    for (const name of ['.text', '.data', '.rodata', '.dynsym']) {
      const section = file.section(name)
      if (section === undefined) continue
      expect(file.addressOfOffset(section.offset)).toBe(section.address)
      expect(file.offsetOfAddress(section.address)).toBe(section.offset)
    }
    expect(file.addressOfOffset(file.sizeBytes + 1_000_000)).toBeUndefined()
  })

  it('is refused with the reason when it is none', () => {
    const text = join(folder, 'text.so')
    writeFileSync(text, 'not an ELF file, but longer than a header would be: 64 bytes and more')
    expect(ElfFile.open(text)).toBe('not-elf64')
    expect(ElfFile.open(join(folder, 'nowhere.so'))).toBe('missing')
    expect(ElfFile.open(join(text, 'below-a-file.so'))).toBe('missing')
    expect(ElfFile.open(folder)).toBe('unreadable')
  })
})
