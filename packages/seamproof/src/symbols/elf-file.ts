import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** 64-bit little-endian ELF, read piece by piece: a node binary is over 100 MB and only its tables are wanted. */
export interface ElfSection {
  name: string
  type: number
  flags: number
  address: number
  offset: number
  sizeBytes: number
  link: number
}

export interface ElfSegment {
  type: number
  flags: number
  offset: number
  address: number
  fileBytes: number
  memoryBytes: number
}

export type ElfProblem = 'missing' | 'unreadable' | 'not-elf64'

export const SectionType = { symtab: 2, strtab: 3, note: 7, nobits: 8, dynsym: 11 } as const
const SegmentType = { load: 1, note: 4 } as const
const sectionFlagExecute = 4
const headerBytes = 64
const sectionHeaderBytes = 64
const segmentHeaderBytes = 56
const noteBytesMax = 64 * 1024
/** Far above any real file; a damaged count must not make us read for minutes. */
const headerCountMax = 1 << 18

/** Values above 2^53 lose their low bits; no such address or offset can be valid in a file. */
function u64(bytes: Buffer, position: number): number {
  return bytes.readUInt32LE(position) + bytes.readUInt32LE(position + 4) * 4294967296
}

export class ElfFile {
  readonly path: string
  readonly sizeBytes: number
  readonly modifiedMs: number
  readonly sections: readonly ElfSection[]
  readonly segments: readonly ElfSegment[]
  #descriptor: number

  private constructor(path: string, descriptor: number, header: Buffer) {
    const stat = fstatSync(descriptor)
    this.path = path
    this.#descriptor = descriptor
    this.sizeBytes = stat.size
    this.modifiedMs = stat.mtimeMs
    this.segments = this.#readSegments(header)
    this.sections = this.#readSections(header)
  }

  /** Never throws: a file that cannot be used is answered by why. Close it when done. */
  static open(path: string): ElfFile | ElfProblem {
    let descriptor: number
    try {
      descriptor = openSync(path, 'r')
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unreadable'
    }
    try {
      const header = Buffer.alloc(headerBytes)
      if (readSync(descriptor, header, 0, headerBytes, 0) === headerBytes && isElf64(header))
        return new ElfFile(path, descriptor, header)
      closeSync(descriptor)
      return 'not-elf64'
    } catch {
      closeSync(descriptor)
      return 'unreadable'
    }
  }

  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor)
    this.#descriptor = -1
  }

  /** As much of the range as the file holds, perhaps nothing. */
  read(offset: number, sizeBytes: number): Buffer {
    if (!(offset >= 0) || offset >= this.sizeBytes || !(sizeBytes > 0)) return Buffer.alloc(0)
    const bytes = Buffer.allocUnsafe(Math.min(sizeBytes, this.sizeBytes - offset))
    try {
      return bytes.subarray(0, readSync(this.#descriptor, bytes, 0, bytes.length, offset))
    } catch {
      return Buffer.alloc(0)
    }
  }

  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name)
  }

  /** The zero-terminated text at `offset` of a string table; empty where there is none. */
  string(table: ElfSection, offset: number): string {
    if (offset < 0 || offset >= table.sizeBytes) return ''
    for (let length = 256; ; length *= 8) {
      const bytes = this.read(table.offset + offset, Math.min(length, table.sizeBytes - offset))
      const end = bytes.indexOf(0)
      if (end >= 0) return bytes.toString('utf8', 0, end)
      if (bytes.length < length) return ''
    }
  }

  isExecutable(section: ElfSection | undefined): section is ElfSection {
    return section !== undefined && (section.flags & sectionFlagExecute) !== 0
  }

  /** Lower-case hex; empty when the linker wrote none. */
  get buildId(): string {
    const ranges = [
      ...this.sections.filter((section) => section.type === SectionType.note),
      ...this.segments
        .filter((segment) => segment.type === SegmentType.note)
        .map((segment) => ({ offset: segment.offset, sizeBytes: segment.fileBytes })),
    ]
    for (const range of ranges) {
      const id = buildIdOf(this.read(range.offset, Math.min(range.sizeBytes, noteBytesMax)))
      if (id !== '') return id
    }
    return ''
  }

  /** Where `objcopy --add-gnu-debuglink` says the debug information went. */
  get debugLink(): { fileName: string; crc32: number } | undefined {
    const section = this.section('.gnu_debuglink')
    if (section === undefined) return undefined
    const bytes = this.read(section.offset, Math.min(section.sizeBytes, 4096))
    const end = bytes.indexOf(0)
    const crcAt = (end + 4) & ~3
    if (end <= 0 || crcAt + 4 > bytes.length) return undefined
    return { fileName: bytes.toString('utf8', 0, end), crc32: bytes.readUInt32LE(crcAt) }
  }

  get hasDebugInfo(): boolean {
    return this.#contentBytes('.debug_info') > 0 && this.#contentBytes('.debug_line') > 0
  }

  get hasSymbolTable(): boolean {
    return this.#contentBytes('.symtab') > 0
  }

  /** True where a few objects of a large program were built with -g (OpenSSL inside node). */
  get isDebugInfoSparse(): boolean {
    return this.#contentBytes('.debug_info') < this.#contentBytes('.text') / 4
  }

  /** Address in the file's own numbering (what addr2line takes) of a byte of the file. */
  addressOfOffset(offset: number): number | undefined {
    const segment = this.#loaded((s) => offset >= s.offset && offset < s.offset + s.fileBytes)
    return segment && segment.address + (offset - segment.offset)
  }

  offsetOfAddress(address: number): number | undefined {
    const segment = this.#loaded((s) => address >= s.address && address < s.address + s.fileBytes)
    return segment && segment.offset + (address - segment.address)
  }

  #loaded(matches: (segment: ElfSegment) => boolean): ElfSegment | undefined {
    return this.segments.find((segment) => segment.type === SegmentType.load && matches(segment))
  }

  #contentBytes(name: string): number {
    const section = this.section(name)
    if (section === undefined || section.type === SectionType.nobits) return 0
    return Math.max(0, Math.min(section.sizeBytes, this.sizeBytes - section.offset))
  }

  #readSegments(header: Buffer): ElfSegment[] {
    const count = header.readUInt16LE(56)
    const bytes = this.read(u64(header, 32), count * segmentHeaderBytes)
    const segments: ElfSegment[] = []
    for (let at = 0; at + segmentHeaderBytes <= bytes.length; at += segmentHeaderBytes)
      segments.push({
        type: bytes.readUInt32LE(at),
        flags: bytes.readUInt32LE(at + 4),
        offset: u64(bytes, at + 8),
        address: u64(bytes, at + 16),
        fileBytes: u64(bytes, at + 32),
        memoryBytes: u64(bytes, at + 40),
      })
    return segments
  }

  #readSections(header: Buffer): ElfSection[] {
    const tableOffset = u64(header, 40)
    const first = this.read(tableOffset, sectionHeaderBytes)
    if (first.length < sectionHeaderBytes) return []
    // A count or index that does not fit its 16 bits is kept in section 0.
    const count = Math.min(header.readUInt16LE(60) || u64(first, 32), headerCountMax)
    const nameIndex = header.readUInt16LE(62)
    const bytes = this.read(tableOffset, count * sectionHeaderBytes)
    const sections: ElfSection[] = []
    const nameOffsets: number[] = []
    for (let at = 0; at + sectionHeaderBytes <= bytes.length; at += sectionHeaderBytes) {
      nameOffsets.push(bytes.readUInt32LE(at))
      sections.push({
        name: '',
        type: bytes.readUInt32LE(at + 4),
        flags: bytes.readUInt32LE(at + 8),
        address: u64(bytes, at + 16),
        offset: u64(bytes, at + 24),
        sizeBytes: u64(bytes, at + 32),
        link: bytes.readUInt32LE(at + 40),
      })
    }
    this.#nameSections(
      sections,
      nameOffsets,
      nameIndex === 0xffff ? first.readUInt32LE(40) : nameIndex,
    )
    return sections
  }

  #nameSections(sections: ElfSection[], nameOffsets: number[], nameIndex: number): void {
    const table = sections[nameIndex]
    if (table === undefined) return
    const names = this.read(table.offset, Math.min(table.sizeBytes, 1 << 20))
    for (const [index, section] of sections.entries()) {
      const start = nameOffsets[index]!
      const end = names.indexOf(0, start)
      if (start < names.length && end >= 0) section.name = names.toString('utf8', start, end)
    }
  }
}

function isElf64(header: Buffer): boolean {
  const isElf = header.readUInt32BE(0) === 0x7f454c46
  return isElf && header[4] === 2 && header[5] === 1
}

/** Notes are {name length, content length, type, name, content}, each padded to 4 bytes. */
function buildIdOf(notes: Buffer): string {
  const align = (length: number) => Math.ceil(length / 4) * 4
  for (let at = 0; at + 12 <= notes.length; ) {
    const nameLength = notes.readUInt32LE(at)
    const contentLength = notes.readUInt32LE(at + 4)
    const content = at + 12 + align(nameLength)
    const isBuildId =
      notes.readUInt32LE(at + 8) === 3 && notes.toString('latin1', at + 12, at + 16) === 'GNU\0'
    if (isBuildId && contentLength > 0 && content + contentLength <= notes.length)
      return notes.toString('hex', content, content + contentLength)
    at = content + align(contentLength)
  }
  return ''
}
