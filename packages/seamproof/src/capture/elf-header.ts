import { closeSync, openSync, readSync } from 'node:fs'

/** What decides whether a shared library can be preloaded into an executable. */
export interface ElfHeader {
  bits: 32 | 64
  machine: string
  /** The dynamic loader it asks for; absent for a statically linked executable. */
  interpreter?: string
}

const machineNames: Record<number, string> = {
  3: 'ia32',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
}
const programHeaderInterpreter = 3

/** Undefined when the file is not an ELF file. Throws what the file system throws. */
export function readElfHeader(path: string): ElfHeader | undefined {
  const descriptor = openSync(path, 'r')
  try {
    const header = readAt(descriptor, 0, 64)
    if (header.length < 52 || header.readUInt32BE(0) !== 0x7f454c46) return undefined
    const isWide = header[4] === 2
    if (header[5] !== 1) return { bits: isWide ? 64 : 32, machine: 'big-endian' }
    const machineNumber = header.readUInt16LE(18)
    const machine = machineNames[machineNumber] ?? `machine ${machineNumber}`
    const interpreter = readInterpreter(descriptor, header, isWide)
    return {
      bits: isWide ? 64 : 32,
      machine,
      ...(interpreter === undefined ? {} : { interpreter }),
    }
  } finally {
    closeSync(descriptor)
  }
}

function readInterpreter(descriptor: number, header: Buffer, isWide: boolean): string | undefined {
  const tableOffset = isWide ? Number(header.readBigUInt64LE(32)) : header.readUInt32LE(28)
  const entryBytes = header.readUInt16LE(isWide ? 54 : 42)
  const entryCount = header.readUInt16LE(isWide ? 56 : 44)
  // No real program has a table that large; a damaged header may say anything.
  if (entryBytes < (isWide ? 56 : 32) || entryBytes * entryCount > 65_536) return undefined
  const table = readAt(descriptor, tableOffset, entryBytes * entryCount)
  for (let at = 0; at + entryBytes <= table.length; at += entryBytes) {
    if (table.readUInt32LE(at) !== programHeaderInterpreter) continue
    const offset = isWide ? Number(table.readBigUInt64LE(at + 8)) : table.readUInt32LE(at + 4)
    const length = isWide ? Number(table.readBigUInt64LE(at + 32)) : table.readUInt32LE(at + 16)
    return readAt(descriptor, offset, Math.min(length, 4096))
      .toString('latin1')
      .replace(/\0.*$/s, '')
  }
  return undefined
}

function readAt(descriptor: number, offset: number, length: number): Buffer {
  if (!Number.isSafeInteger(offset)) return Buffer.alloc(0)
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(descriptor, bytes, 0, length, offset))
}
