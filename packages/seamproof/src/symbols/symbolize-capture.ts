import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { tryWriteWholeFile } from '../base/whole-file.js'
import type { SymbolTable, TraceSymbols } from '../contract/symbols.js'
import { readTraceMeta } from '../trace/trace-meta.js'
import { type SymbolizedTrace, type SymbolizeOptions, symbolizeTraces } from './symbolize.js'

export const symbolsFile = 'symbols.json'
const formatVersion = 1

/**
 * Names all addresses of a capture and seals them beside its traces. Do it right after the run, on the machine of the run:
 * what is on disk then is what ran. A trace that cannot be read gets a note and no frames.
 */
export async function symbolizeCapture(
  captureDir: string,
  options: SymbolizeOptions = {},
): Promise<SymbolTable> {
  const readable: SymbolizedTrace[] = []
  const failed: TraceSymbols[] = []
  for (const traceFile of readdirSync(captureDir).sort()) {
    if (!traceFile.endsWith('.trace')) continue
    try {
      readable.push(namedPart(join(captureDir, traceFile)))
    } catch (error) {
      const notes = [`No symbols: ${(error as Error).message}`]
      failed.push({ traceFile, frames: [], locationFrames: [], notes })
    }
  }
  const traces = [...(await symbolizeTraces(readable, options)), ...failed]
  traces.sort((a, b) => (a.traceFile < b.traceFile ? -1 : 1))
  const table: SymbolTable = { formatVersion, traces }
  const refusal = tryWriteWholeFile(join(captureDir, symbolsFile), `${JSON.stringify(table)}\n`)
  if (refusal !== undefined)
    table.traces[0]?.notes.push(
      `names could not be stored (${refusal}): they are made anew at each reading, from what is on disk then`,
    )
  return table
}

/** Undefined when the capture has not been symbolized. */
export function readSymbolTable(captureDir: string): SymbolTable | undefined {
  const path = join(captureDir, symbolsFile)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw damaged(path, (cause as Error).message, cause)
  }
  let table: Partial<SymbolTable>
  try {
    table = JSON.parse(text) as Partial<SymbolTable>
  } catch (cause) {
    throw damaged(path, (cause as Error).message, cause)
  }
  if (table?.formatVersion !== formatVersion)
    throw damaged(path, `format version ${String(table?.formatVersion)}, expected ${formatVersion}`)
  if (!Array.isArray(table.traces)) throw damaged(path, 'it has no traces')
  return table as SymbolTable
}

/** Without the stacks, which are most of a trace and no business of names. */
function namedPart(path: string): SymbolizedTrace {
  const { traceFile, process, modules, code, locations, header } = readTraceMeta(path)
  return { traceFile, process, modules, code, locations, header }
}

function damaged(path: string, reason: string, cause?: unknown): SeamproofError {
  return new SeamproofError('SYMBOLS_DAMAGED', `${path} cannot be used: ${reason}`, {
    hint: 'delete it; the next report names the addresses anew, from what is on disk now',
    exitCode: ExitCode.subjectNotDriven,
    cause,
  })
}
