import { runSymbolTool } from './symbol-tools.js'

/** What compilers append to copies and parts of a function, and linkers to its version. */
const suffixPattern =
  /(?:\.(?:isra|part|constprop|cold|lto_priv|localalias|llvm|resolver|clone)(?:\.\d+)*)+$|@{1,2}[\w.]+$/
const mangledPattern = /^_{1,4}Z|^_R[A-Z0-9]/

/** The name without what is not the author's: `grow.isra.0` and `malloc@@GLIBC_2.2.5` are `grow` and `malloc`. */
export function trimLinkerName(linkerName: string): string {
  for (let name = linkerName; ; ) {
    const trimmed = name.replace(suffixPattern, '')
    if (trimmed === name || trimmed === '') return name
    name = trimmed
  }
}

export function isMangled(name: string): boolean {
  return mangledPattern.test(name)
}

/**
 * Readable names for C++ and Rust linker names, all in one run of the demangler. What it does not know stays as it is.
 * Parameter lists are left out: stacks are read by the hundred, and the line tells overloads apart.
 */
export async function demangle(
  linkerNames: Iterable<string>,
  program: string | undefined,
): Promise<Map<string, string>> {
  const readable = new Map<string, string>()
  const mangled: string[] = []
  const trimmedOf = new Map<string, string>()
  for (const linkerName of linkerNames) {
    const trimmed = trimLinkerName(linkerName)
    trimmedOf.set(linkerName, trimmed)
    if (isMangled(trimmed) && !/\s/.test(trimmed)) mangled.push(trimmed)
  }
  const demangled = await demangleBatch([...new Set(mangled)], program)
  for (const [linkerName, trimmed] of trimmedOf)
    readable.set(linkerName, tidyName(demangled.get(trimmed) ?? trimmed))
  return readable
}

async function demangleBatch(names: string[], program: string | undefined) {
  const demangled = new Map<string, string>()
  if (program === undefined || names.length === 0) return demangled
  const isGnu = !program.includes('llvm')
  const output = await runSymbolTool(program, isGnu ? ['--no-params'] : [], names)
  const lines = output.split('\n')
  for (const [index, name] of names.entries()) {
    const line = lines[index]
    if (line) demangled.set(name, line)
  }
  return demangled
}

const rustEscapes: Record<string, string> = {
  LT: '<',
  GT: '>',
  RF: '&',
  BP: '*',
  LP: '(',
  RP: ')',
  C: ',',
  SP: '@',
}

/** Shortens what demanglers spell out: default template arguments of strings, inline namespaces, Rust's hashes. */
export function tidyName(name: string): string {
  const full = /::h[0-9a-f]{16}$/.test(name) ? unescapeRust(name.slice(0, -19)) : name
  const tidy = full
    .replace(/ \[clone [^\]]*\]/g, '')
    .replace(/\[[0-9a-f]{5,16}\](?=::|>|$)/g, '')
    .replace(/std::(?:__cxx11|__1)::/g, 'std::')
    .replace(stringPattern, (_, view: string | undefined) => `std::string${view ?? ''}`)
    .replace(/> (?=>)/g, '>')
  return tidy.length > nameLengthMax ? foldTemplates(tidy) : tidy
}

const stringPattern =
  /std::basic_string(_view)?<char, std::char_traits<char>(?:, std::allocator<char>)? ?>(?: (?=>))?/g
/** Template arguments of template arguments say little, and in V8 fill pages. */
const nameLengthMax = 160

/** Folds the innermost template arguments to `<…>`, then those around them, until the name is short. */
function foldTemplates(name: string): string {
  const depths = templateDepths(name)
  if (depths === undefined) return name
  let folded = name
  for (let depth = Math.max(...depths) - 1; depth >= 0 && folded.length > nameLengthMax; depth--) {
    folded = ''
    for (let index = 0; index < name.length; index++) {
      if (depths[index]! <= depth) folded += name[index]
      else if (depths[index - 1]! <= depth) folded += '…'
    }
  }
  return folded
}

/** How many template lists each character is inside of; undefined when the brackets do not pair up. */
function templateDepths(name: string): number[] | undefined {
  const depths: number[] = []
  let depth = 0
  for (let index = 0; index < name.length; index++) {
    const operator = /^(?:operator(?:<=>|<<=?|>>=?|->\*?|<=|>=|<|>)|->)/.exec(
      name.slice(index, index + 12),
    )
    if (operator !== null) {
      for (const _ of operator[0]) depths.push(depth)
      index += operator[0].length - 1
      continue
    }
    if (name[index] === '>' && --depth < 0) return undefined
    depths.push(depth)
    if (name[index] === '<') depth++
  }
  return depth === 0 ? depths : undefined
}

/** A demangler that takes old Rust names for C++ leaves their escapes. */
function unescapeRust(name: string): string {
  return name
    .replace(/(^|::)_(?=\$)/g, '$1')
    .replace(/\$(LT|GT|RF|BP|LP|RP|C|SP)\$/g, (_, name: string) => rustEscapes[name]!)
    .replace(/\$u([0-9a-f]{1,6})\$/g, (whole, hex: string) => {
      const codePoint = Number.parseInt(hex, 16)
      return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : whole
    })
    .replace(/\.\./g, '::')
}
