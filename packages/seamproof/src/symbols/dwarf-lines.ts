import { runSymbolTool, type SymbolTools } from './symbol-tools.js'

/** One function at an address as the debug information has it; several when functions were inlined there. */
export interface DwarfFrame {
  /** Mangled; empty when the tool did not know it. */
  linkerName: string
  file: string
  line: number
  column?: number
}

/** Frames of each address, innermost first; an address without a known line has none. */
export type DwarfLines = Map<number, DwarfFrame[]>

/** Reads all addresses of one file in one process. llvm-symbolizer is many times faster on large files. */
export async function readDwarfLines(
  path: string,
  addresses: readonly number[],
  tools: SymbolTools,
): Promise<DwarfLines> {
  const lines = addresses.map((address) => `0x${address.toString(16)}`)
  if (tools.llvmSymbolizer !== undefined) {
    const args = [`--obj=${path}`, '--output-style=JSON', '--no-demangle', '--functions=linkage']
    try {
      return parseLlvmSymbolizer(await runSymbolTool(tools.llvmSymbolizer, args, lines))
    } catch (error) {
      // Older than its JSON output, or broken: the other one may still do.
      if (tools.addr2line === undefined) throw error
    }
  }
  if (tools.addr2line === undefined) return new Map()
  return parseAddr2line(await runSymbolTool(tools.addr2line, ['-a', '-f', '-i', '-e', path], lines))
}

interface LlvmAnswer {
  Address?: unknown
  Symbol?: unknown
}

/** One JSON object a line. Frames without a line come from symbol tables, by proximity: ours know better. */
export function parseLlvmSymbolizer(output: string): DwarfLines {
  const found: DwarfLines = new Map()
  for (const line of output.split('\n')) {
    if (!line.startsWith('{') && !line.startsWith('[')) continue
    const parsed: unknown = JSON.parse(line)
    for (const answer of (Array.isArray(parsed) ? parsed : [parsed]) as LlvmAnswer[]) {
      const frames = (Array.isArray(answer.Symbol) ? answer.Symbol : []).map(llvmFrame)
      const address = Number(answer.Address)
      if (frames.some((frame) => frame.line > 0) && Number.isSafeInteger(address))
        found.set(address, frames)
    }
  }
  return found
}

function llvmFrame(symbol: Record<string, unknown>): DwarfFrame {
  const text = (value: unknown) => (typeof value === 'string' && value !== '??' ? value : '')
  const number = (value: unknown) => (typeof value === 'number' ? value : 0)
  const column = number(symbol.Column)
  return {
    linkerName: text(symbol.FunctionName),
    file: text(symbol.FileName),
    line: number(symbol.Line),
    ...(column > 0 && { column }),
  }
}

/** The address alone on a line, then two lines for each frame: function, `file:line`. */
export function parseAddr2line(output: string): DwarfLines {
  const found: DwarfLines = new Map()
  const lines = output.split('\n')
  let at = 0
  while (at < lines.length) {
    const address = Number(lines[at++])
    if (!Number.isSafeInteger(address)) continue
    const frames: DwarfFrame[] = []
    while (at + 1 < lines.length && !/^0x[0-9a-f]{8,}$/.test(lines[at]!)) {
      frames.push(addr2lineFrame(lines[at]!, lines[at + 1]!))
      at += 2
    }
    if (frames.some((frame) => frame.line > 0)) found.set(address, frames)
  }
  return found
}

function addr2lineFrame(name: string, place: string): DwarfFrame {
  const parts = /^(.*):(\d+|\?)(?: \(discriminator \d+\))?$/.exec(place)
  const line = Number(parts?.[2])
  const isKnown = parts !== null && line > 0
  return {
    linkerName: name === '??' ? '' : name,
    file: isKnown ? parts[1]! : '',
    line: isKnown ? line : 0,
  }
}
