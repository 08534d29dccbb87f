import { basename } from 'node:path'
import { builtinPrefix } from './code-name.js'
import { openDebugFile } from './debug-file.js'
import { isMangled } from './demangler.js'
import { type DwarfFrame, type DwarfLines, readDwarfLines } from './dwarf-lines.js'
import { ElfFile, type ElfProblem } from './elf-file.js'
import { findSymbols, type SymbolMatch } from './symbol-table.js'
import type { SymbolTools, TaskLimit } from './symbol-tools.js'

export interface NativeModule {
  path: string
  /** Lower-case hex as the agent saw it; empty when the module has none. */
  buildId: string
  /** When the last trace that has it ended; 0 when not known. Without a build-id a newer file is another build. */
  usedUntilMs: number
}

/** A function of a module before its name is demangled; `linkerName` is empty when nothing names it. */
export interface NativeFunction {
  linkerName: string
  file?: string
  line?: number
  column?: number
  isInlined?: boolean
}

export interface ModuleSymbols {
  /** By address in the module's own numbering; innermost (inlined) first; an address that nothing names is absent. */
  functions: Map<number, NativeFunction[]>
  notes: string[]
  /** It has debug information that no tool could read. */
  lacksLineTool: boolean
}

export interface NativeContext {
  tools: SymbolTools
  limit: TaskLimit
  debugFolder?: string | undefined
}

/** addr2line reads the whole symbol table of a file this large for the few lines that sparse debug information holds. */
const sparseFileBytesMin = 32 * 1024 * 1024

/** Names addresses (sorted, distinct) of one module. Never throws: what cannot be named is said in the notes. */
export async function resolveModule(
  module: NativeModule,
  addresses: Float64Array,
  context: NativeContext,
): Promise<ModuleSymbols> {
  const symbols: ModuleSymbols = { functions: new Map(), notes: [], lacksLineTool: false }
  if (isKernelPage(module.path)) return symbols
  const file = ElfFile.open(module.path)
  if (typeof file === 'string') {
    symbols.notes.push(problemNote(module.path, file))
    return symbols
  }
  let debugFile: ElfFile | undefined
  try {
    const mismatch = buildMismatch(module, file)
    if (mismatch !== undefined) {
      symbols.notes.push(mismatch)
      return symbols
    }
    debugFile = openDebugFile(file, module.buildId || file.buildId, context.debugFolder)
    const files = debugFile === undefined ? [file] : [file, debugFile]
    const matches = matchAddresses(files, addresses)
    const lines = await readLines(files, addresses, context, symbols)
    for (const [index, address] of addresses.entries()) {
      const functions = combine(lines.get(address), matches[index])
      if (functions.length > 0) symbols.functions.set(address, functions)
    }
    return symbols
  } finally {
    file.close()
    debugFile?.close()
  }
}

/**
 * Addresses are those of return addresses minus one. V8 makes frames go on at the very start of a builtin that no call leads
 * to (after it gave up optimised code); what is before that start has nothing to do with it.
 */
function matchAddresses(files: ElfFile[], addresses: Float64Array): (SymbolMatch | undefined)[] {
  const asked = Float64Array.from(
    new Set([...addresses].flatMap((address) => [address, address + 1])),
  ).sort()
  const matches = findSymbols(files, asked)
  const byAddress = new Map(matches.map((match, index) => [asked[index]!, match]))
  return [...addresses].map((address) => {
    const next = byAddress.get(address + 1)
    const isStart = next?.address === address + 1 && next.linkerName.startsWith(builtinPrefix)
    return isStart ? next : byAddress.get(address)
  })
}

async function readLines(
  files: ElfFile[],
  addresses: Float64Array,
  { tools, limit }: NativeContext,
  symbols: ModuleSymbols,
): Promise<DwarfLines> {
  const file = files.find((candidate) => candidate.hasDebugInfo)
  if (file === undefined) return new Map()
  if (tools.llvmSymbolizer === undefined) {
    const main = files[0]!
    if (file === main && main.sizeBytes > sparseFileBytesMin && main.isDebugInfoSparse)
      return new Map()
    if (tools.addr2line === undefined) {
      symbols.lacksLineTool = true
      return new Map()
    }
  }
  try {
    return await limit.run(() => readDwarfLines(file.path, [...addresses], tools))
  } catch (error) {
    symbols.notes.push(
      `The debug information of ${file.path} could not be read (${(error as Error).message}): its functions have names but no lines.`,
    )
    return new Map()
  }
}

/** Debug information knows lines and inlined functions, the symbol table the name of the function around them. */
function combine(
  frames: DwarfFrame[] | undefined,
  match: SymbolMatch | undefined,
): NativeFunction[] {
  if (frames === undefined) return match === undefined ? [] : [{ linkerName: match.linkerName }]
  return frames.map((frame, index) => {
    const isOutermost = index === frames.length - 1
    const linkerName = isOutermost
      ? fullerName(frame.linkerName, match?.linkerName)
      : frame.linkerName
    return {
      linkerName,
      ...(frame.line > 0 && frame.file !== '' && { file: frame.file, line: frame.line }),
      ...(frame.line > 0 && frame.column !== undefined && { column: frame.column }),
      ...(!isOutermost && { isInlined: true }),
    }
  })
}

/** Debug information may leave out the scope that a mangled symbol has, or know only an internal alias (`__GI___malloc`). */
function fullerName(inDebugInfo: string, inSymbols: string | undefined): string {
  if (inSymbols === undefined || isMangled(inDebugInfo)) return inDebugInfo
  const isAlias = inDebugInfo.startsWith('_') && !inSymbols.startsWith('_')
  return inDebugInfo === '' || isAlias || isMangled(inSymbols) ? inSymbols : inDebugInfo
}

function isKernelPage(path: string): boolean {
  return path.startsWith('[') || /^linux-(?:vdso|gate)\.so/.test(path)
}

function problemNote(path: string, problem: ElfProblem): string {
  const consequence = `its functions are shown as ${basename(path)}+offset.`
  if (problem === 'missing') return `${path} is no longer on disk: ${consequence}`
  if (problem === 'unreadable') return `${path} cannot be read: ${consequence}`
  return `${path} is not a 64-bit ELF file: ${consequence}`
}

function buildMismatch(module: NativeModule, file: ElfFile): string | undefined {
  const consequence = `its functions are shown as ${basename(module.path)}+offset.`
  const onDisk = file.buildId
  if (module.buildId !== '' && module.buildId !== onDisk)
    return `${module.path} was changed after the run (build-id ${onDisk || 'none'} on disk, ${module.buildId} in the run): ${consequence}`
  if (module.buildId === '' && module.usedUntilMs > 0 && file.modifiedMs > module.usedUntilMs)
    return `${module.path} was changed after the run (it has no build-id, and was written after the end): ${consequence}`
  return undefined
}
