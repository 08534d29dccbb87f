import { beforeAll, describe, expect, it } from 'vitest'
import { demangle, tidyName, trimLinkerName } from '../../src/symbols/demangler.js'
import { findSymbolTools } from '../../src/symbols/symbol-tools.js'

const names: [linkerName: string, readable: string][] = [
  ['malloc', 'malloc'],
  ['malloc@@GLIBC_2.2.5', 'malloc'],
  ['memcpy@GLIBC_2.14', 'memcpy'],
  ['grow.isra.0', 'grow'],
  ['grow.constprop.0.isra.0', 'grow'],
  ['grow.part.3.cold', 'grow'],
  ['_ZN5codec5Codec6encodeEPKhm', 'codec::Codec::encode'],
  ['_ZN5codec5Codec6encodeEPKhm.cold', 'codec::Codec::encode'],
  ['_ZN5codec5Codec6encodeEPKhm.llvm.12345678901234', 'codec::Codec::encode'],
  ['_ZN5codec5CodecC2Ev', 'codec::Codec::Codec'],
  ['_ZN5codec5CodecD0Ev', 'codec::Codec::~Codec'],
  ['_ZNK5codec5CodecixEm', 'codec::Codec::operator[]'],
  ['_ZN5codec12_GLOBAL__N_14growEi', 'codec::(anonymous namespace)::grow'],
  [
    '_ZN3BoxINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEE4fillEv',
    'Box<std::string>::fill',
  ],
  // Rust, both manglings.
  ['_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE', 'core::fmt::Formatter::write_str'],
  [
    '_ZN60_$LT$alloc..string..String$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE',
    '<alloc::string::String as core::fmt::Display>::fmt',
  ],
  ['_RNvMNtCs2OpA4fNwd7R_1r4deepINtB2_1ShE4makeB4_', '<r::deep::S<u8>>::make'],
  ['_RNvCs2OpA4fNwd7R_5codec6encode', 'codec::encode'],
  // What only looks mangled stays.
  ['_Zebra', '_Zebra'],
  ['Builtins_HandleApiCall', 'Builtins_HandleApiCall'],
  ['_start', '_start'],
]

describe('the names that compilers make', () => {
  let readable: Map<string, string>
  beforeAll(async () => {
    const { demangler } = findSymbolTools()
    if (demangler === undefined)
      throw new Error('this test needs c++filt: apt-get install binutils')
    readable = await demangle(
      names.map(([linkerName]) => linkerName),
      demangler,
    )
  })

  it.each(names)('%s is %s', (linkerName, expected) => {
    expect(readable.get(linkerName)).toBe(expected)
  })

  it('stay as they are, without suffixes, when there is no demangler', async () => {
    const plain = await demangle(['_ZN1a1bEv.cold', 'main.part.0'], undefined)
    expect([...plain.values()]).toEqual(['_ZN1a1bEv', 'main'])
  })
})

it('old Rust names that were taken for C++ are repaired', () => {
  const half =
    '_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..clone..Clone$GT$::clone::h0123456789abcdef'
  expect(tidyName(half)).toBe('<alloc::vec::Vec<T> as core::clone::Clone>::clone')
})

it('a name that is all suffix is kept', () => {
  expect(trimLinkerName('.cold')).toBe('.cold')
  expect(trimLinkerName('@')).toBe('@')
})

describe('a name that is too long to read', () => {
  const inner = (depth: number): string =>
    depth === 0 ? 'int' : `Wrap<${inner(depth - 1)}, Wrap<char>>`
  it('loses its innermost template arguments first', () => {
    const name = `reducers::Stack<${inner(20)}>::visit<operators::Add>`
    const tidy = tidyName(name)
    expect(tidy.length).toBeLessThan(200)
    expect(tidy).toMatch(/^reducers::Stack<Wrap<.*…/)
    expect(tidy).toMatch(/>::visit<operators::Add>$/)
  })

  it('is not taken apart at operators', () => {
    const argument = 'a'.repeat(200)
    expect(tidyName(`Box<${argument}>::operator<<`)).toBe('Box<…>::operator<<')
    expect(tidyName(`Box<${argument}>::operator->`)).toBe('Box<…>::operator->')
    expect(tidyName(`Box<${argument}>::operator<=><int>`)).toBe('Box<…>::operator<=><…>')
  })

  it('stays whole when its brackets do not pair up', () => {
    const odd = `Box<${'a'.repeat(200)}`
    expect(tidyName(odd)).toBe(odd)
  })
})
