import type { Frame } from '../contract/frame.js'
import type { TraceSymbols } from '../contract/symbols.js'
import type { TraceLocation } from '../trace/trace-location.js'
import type { TraceMeta } from '../trace/trace-meta.js'
import { FrameTable } from './frame-table.js'
import { symbolizeTrace } from './symbolize.js'

export interface LiveSymbolsOptions {
  subjectModules?: readonly string[] | undefined
}

/**
 * Names for a trace that is still being written: each address is named when it is first seen, and asked for once. Nothing is
 * sealed; the names of the capture are made when the run is over.
 */
export class LiveSymbols {
  readonly #known = new Map<string, Frame[]>()
  readonly #notes = new Set<string>()
  readonly #options: LiveSymbolsOptions

  constructor(options: LiveSymbolsOptions = {}) {
    this.#options = options
  }

  async of(meta: TraceMeta): Promise<TraceSymbols> {
    const keys = meta.locations.map((location) => locationKey(meta, location))
    const fresh = keys.flatMap((key, index) => (this.#known.has(key) ? [] : [index]))
    if (fresh.length > 0) await this.#learn(meta, keys, fresh)
    const table = new FrameTable()
    const locationFrames = keys.map((key) =>
      this.#known.get(key)!.map((frame) => table.index(frame)),
    )
    const { traceFile } = meta
    return { traceFile, frames: table.frames, locationFrames, notes: [...this.#notes] }
  }

  async #learn(meta: TraceMeta, keys: readonly string[], fresh: readonly number[]): Promise<void> {
    const { subjectModules } = this.#options
    const locations = fresh.map((index) => meta.locations[index]!)
    const named = await symbolizeTrace(
      { ...meta, locations },
      { ...(subjectModules !== undefined && { subjectModules }) },
    )
    fresh.forEach((index, at) => {
      const frames = named.locationFrames[at]!.map((frame) => named.frames[frame]!)
      this.#known.set(keys[index]!, frames)
    })
    for (const note of named.notes) this.#notes.add(note)
  }
}

/** Indexes of modules and code may move while the file grows; what they stand for does not. */
function locationKey({ modules, code }: TraceMeta, location: TraceLocation): string {
  switch (location.kind) {
    case 'native': {
      const module = modules[location.moduleIndex]
      return `n ${module?.path} ${module?.buildId} ${location.offset}`
    }
    case 'js': {
      const { name, start } = code[location.codeIndex] ?? { name: '', start: 0 }
      return `j ${name} ${start} ${location.offset} ${location.bytecodeOffset ?? ''}`
    }
    case 'unknown':
      return `u ${location.pc}`
  }
}
