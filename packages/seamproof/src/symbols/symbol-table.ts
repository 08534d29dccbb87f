import { type ElfFile, type ElfSection, SectionType } from './elf-file.js'

/** A function of a symbol table that holds an asked address. */
export interface SymbolMatch {
  /** As the linker knows it: mangled, perhaps with a version or a compiler's suffix. */
  linkerName: string
  address: number
}

const symbolBytes = 24
const windowBytes = symbolBytes * 40_000
const SymbolType = { none: 0, function: 2, indirect: 10 } as const
const sectionIndexReserved = 0xff00

interface Candidate {
  address: number
  file: ElfFile
  strings: ElfSection
  nameOffset: number
}

/**
 * Names the sorted, distinct `addresses` from the symbol tables of `files` (a module and its separate debug file).
 * The tables are passed over once, each symbol looking for the addresses inside it, so nothing is sorted or kept:
 * node has 140,000 symbols and a capture asks for a few thousand addresses.
 *
 * A symbol names only what lies inside its size. A symbol without a size (assembly) reaches to the next symbol or the end
 * of its section, and only where a full symbol table shows what comes next; a stripped module has nothing to show that.
 */
export function findSymbols(
  files: readonly ElfFile[],
  addresses: Float64Array,
): (SymbolMatch | undefined)[] {
  const sized = new Array<Candidate | undefined>(addresses.length)
  const nearest = new Array<Candidate | undefined>(addresses.length)
  const nearestIsSized = new Uint8Array(addresses.length)
  const hasAllSymbols = files.some((file) => file.hasSymbolTable)

  for (const file of files)
    visitFunctions(file, (address, sizeBytes, sectionEnd, strings, nameOffset) => {
      const first = lowerBound(addresses, address)
      if (first === addresses.length || addresses[first]! >= sectionEnd) return
      const candidate = { address, file, strings, nameOffset }
      const known = nearest[first]
      if (
        known === undefined ||
        known.address < address ||
        (sizeBytes > 0 && known.address === address)
      ) {
        nearest[first] = candidate
        nearestIsSized[first] = sizeBytes > 0 ? 1 : 0
      }
      const end = address + sizeBytes
      for (let index = first; index < addresses.length && addresses[index]! < end; index++)
        sized[index] = better(sized[index], candidate)
    })

  const matches: (SymbolMatch | undefined)[] = []
  let reach: Candidate | undefined
  let reachIsSized = false
  for (let index = 0; index < addresses.length; index++) {
    if (nearest[index] !== undefined) {
      reach = nearest[index]
      reachIsSized = nearestIsSized[index] === 1
    }
    const open =
      !reachIsSized && hasAllSymbols && reaches(reach, addresses[index]!) ? reach : undefined
    const found = sized[index] ?? open
    matches.push(found && { linkerName: nameOf(found), address: found.address })
  }
  return matches
}

type Visit = (
  address: number,
  sizeBytes: number,
  sectionEnd: number,
  strings: ElfSection,
  nameOffset: number,
) => void

/** Defined functions (and untyped labels: hand-written assembly) in executable sections. */
function visitFunctions(file: ElfFile, visit: Visit): void {
  for (const table of file.sections) {
    if (table.type !== SectionType.symtab && table.type !== SectionType.dynsym) continue
    const strings = file.sections[table.link]
    if (strings === undefined || strings.type !== SectionType.strtab) continue
    for (let done = 0; done < table.sizeBytes; done += windowBytes) {
      const bytes = file.read(table.offset + done, Math.min(windowBytes, table.sizeBytes - done))
      visitWindow(file, bytes, strings, visit)
      if (bytes.length < windowBytes) break
    }
  }
}

function visitWindow(file: ElfFile, bytes: Buffer, strings: ElfSection, visit: Visit): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0; at + symbolBytes <= bytes.length; at += symbolBytes) {
    const type = bytes[at + 4]! & 15
    if (type !== SymbolType.function && type !== SymbolType.indirect && type !== SymbolType.none)
      continue
    const sectionIndex = view.getUint16(at + 6, true)
    if (sectionIndex === 0 || sectionIndex >= sectionIndexReserved) continue
    const section = file.sections[sectionIndex]
    if (!file.isExecutable(section)) continue
    const address = view.getUint32(at + 8, true) + view.getUint32(at + 12, true) * 4294967296
    const sizeBytes = view.getUint32(at + 16, true) + view.getUint32(at + 20, true) * 4294967296
    const nameOffset = view.getUint32(at, true)
    if (nameOffset === 0) continue
    visit(address, sizeBytes, section.address + section.sizeBytes, strings, nameOffset)
  }
}

/** The innermost function, and of several names of one function the one people know (`malloc`, not `__libc_malloc`). */
function better(known: Candidate | undefined, candidate: Candidate): Candidate {
  if (known === undefined || candidate.address > known.address) return candidate
  if (candidate.address < known.address) return known
  const [a, b] = [nameOf(known), nameOf(candidate)]
  const order = underscores(a) - underscores(b) || a.length - b.length || (a < b ? -1 : 1)
  return order <= 0 ? known : candidate
}

function underscores(name: string): number {
  return /^_(?:Z|R)/.test(name) ? 0 : name.length - name.replace(/^_+/, '').length
}

function nameOf(candidate: Candidate): string {
  return candidate.file.string(candidate.strings, candidate.nameOffset)
}

function reaches(candidate: Candidate | undefined, address: number): candidate is Candidate {
  if (candidate === undefined) return false
  return candidate.file.sections.some(
    (section) =>
      candidate.file.isExecutable(section) &&
      candidate.address >= section.address &&
      address < section.address + section.sizeBytes &&
      candidate.address < section.address + section.sizeBytes,
  )
}

/** Index of the first element that is not below `value`. */
function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
