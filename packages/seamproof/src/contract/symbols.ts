import type { Frame } from './frame.js'

/**
 * Names for every address of a capture, resolved once right after the run and sealed beside the traces (`symbols.json`),
 * so that later stages look up and never resolve: a rebuilt binary or another machine cannot change an old report.
 */
export interface SymbolTable {
  formatVersion: 1
  traces: TraceSymbols[]
}

export interface TraceSymbols {
  /** File name inside the capture directory. */
  traceFile: string
  frames: Frame[]
  /** Location index (see `trace/`'s `StackTree`) → indexes into `frames`, innermost (inlined) first; never empty. */
  locationFrames: number[][]
  /** What could not be done, in sentences: a module that is gone, a build-id that differs, a missing tool. */
  notes: string[]
}
