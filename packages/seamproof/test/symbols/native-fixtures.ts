import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll } from 'vitest'
import type { Frame } from '../../src/contract/frame.js'
import { ElfFile } from '../../src/symbols/elf-file.js'
import type { SymbolizedTrace } from '../../src/symbols/symbolize.js'

/** A folder with a space in its name, gone after the tests of the file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'seamproof symbols-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const aptPackage: Record<string, string> = {
  gcc: 'gcc',
  'g++': 'g++',
  strip: 'binutils',
  objcopy: 'binutils',
  readelf: 'binutils',
  objdump: 'binutils',
  addr2line: 'binutils',
  'c++filt': 'binutils',
  rustc: 'rustc',
}

/** Runs a build tool; when it is missing the test fails with how to get it. */
export async function build(tool: string, ...args: string[]): Promise<string> {
  const result = await execa(tool, args, { reject: false, env: { NODE_OPTIONS: '', LC_ALL: 'C' } })
  if (result.code === 'ENOENT') {
    throw new Error(`this test needs ${tool}: apt-get install ${aptPackage[tool]}`)
  }
  if (result.failed) throw new Error(`${tool} ${args.join(' ')}: ${result.stderr}`)
  return result.stdout
}

/** Compiles `source` to a shared library `folder/name.so`. */
export async function compile(
  folder: string,
  name: string,
  source: string,
  ...args: string[]
): Promise<string> {
  const extension = args.includes('rust')
    ? 'rs'
    : args.includes('asm')
      ? 's'
      : /\bnamespace\b/.test(source)
        ? 'cc'
        : 'c'
  const input = join(folder, `${name}.${extension}`)
  const output = join(folder, `${name}.so`)
  writeFileSync(input, source)
  const flags = args.filter((arg) => arg !== 'rust' && arg !== 'asm')
  if (extension === 'rs')
    await build('rustc', ...flags, '--crate-type', 'cdylib', '-o', output, input)
  else
    await build(
      extension === 'cc' ? 'g++' : 'gcc',
      '-shared',
      '-fPIC',
      ...flags,
      '-o',
      output,
      input,
    )
  if (!existsSync(output)) throw new Error(`${output} was not made`)
  return output
}

/** Address and size of each function and label, as readelf sees them. */
export async function functionsOf(path: string) {
  const found = new Map<string, { address: number; sizeBytes: number }>()
  const pattern = /^ *\d+: ([0-9a-f]+) +(\w+) (?:FUNC|IFUNC|NOTYPE) +\w+ +\w+ +\d+ ([^\s@]+)/
  for (const line of (await build('readelf', '-sW', path)).split('\n')) {
    const [, address, sizeBytes, name] = pattern.exec(line) ?? []
    if (name !== undefined)
      found.set(name, { address: Number.parseInt(address!, 16), sizeBytes: Number(sizeBytes) })
  }
  return found
}

export function openElf(path: string): ElfFile {
  const file = ElfFile.open(path)
  if (typeof file === 'string') throw new Error(`${path}: ${file}`)
  return file
}

/** A trace of one process that went through these addresses of one module. */
export function traceOf(
  path: string,
  addresses: readonly number[],
  overrides: { buildId?: string; endWallMs?: number; executable?: string } = {},
): SymbolizedTrace {
  const file = ElfFile.open(path)
  const buildId = overrides.buildId ?? (typeof file === 'string' ? '' : file.buildId)
  if (typeof file !== 'string') file.close()
  return {
    traceFile: 'process-1-1.trace',
    header: {
      startWallMs: 0,
      startMonotonicNs: 0,
      endMonotonicNs: (overrides.endWallMs ?? 0) * 1e6,
    },
    process: { executable: overrides.executable ?? '/usr/bin/node', cwd: '/', argv: [] },
    modules: [
      {
        agentIndex: 0,
        path,
        buildId,
        loadBias: 0,
        segments: [],
        loadedAtRecord: 0,
        unloadedAtRecord: null,
      },
    ],
    code: [],
    locations: addresses.map((offset) => ({ kind: 'native', moduleIndex: 0, offset })),
  }
}

/** Function names of each location, innermost first. */
export function stackNames(symbols: { frames: Frame[]; locationFrames: number[][] }): string[][] {
  return symbols.locationFrames.map((indexes) =>
    indexes.map((index) => symbols.frames[index]!.functionName),
  )
}
