export interface ModuleSegment {
  /** Address in the process. */
  start: number
  bytes: number
  protection: number
  fileOffset: number
}

/** A library or the executable, for as long as it was mapped. The same file loaded again is another entry. */
export interface TraceModule {
  /** The agent's own number, which a later module may get again. */
  agentIndex: number
  path: string
  /** Lower-case hexadecimal; empty when the file has none. */
  buildId: string
  loadBias: number
  segments: ModuleSegment[]
  /** Places in the META stream (record numbers): a module is live from the first to before the second. */
  loadedAtRecord: number
  unloadedAtRecord: number | null
}

interface LiveSegment {
  start: number
  end: number
  moduleIndex: number
}

/** Which module is mapped at an address. */
export class LiveModules {
  readonly all: TraceModule[] = []
  readonly #live = new Map<number, number>()
  #segments: LiveSegment[] = []

  add(module: TraceModule): void {
    const index = this.all.length
    this.#unload(module.agentIndex, module.loadedAtRecord)
    this.#evictOverlapped(module)
    this.all.push(module)
    this.#live.set(module.agentIndex, index)
    for (const segment of module.segments)
      this.#segments.push({
        start: segment.start,
        end: segment.start + segment.bytes,
        moduleIndex: index,
      })
    this.#segments.sort((a, b) => a.start - b.start)
  }

  remove(agentIndex: number, atRecord: number): void {
    this.#unload(agentIndex, atRecord)
  }

  /** Index of the module that is mapped at the address, or -1. */
  find(address: number): number {
    const segments = this.#segments
    let low = 0
    let high = segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (segments[middle]!.start <= address) low = middle + 1
      else high = middle
    }
    const segment = segments[low - 1]
    return segment !== undefined && address < segment.end ? segment.moduleIndex : -1
  }

  #unload(agentIndex: number, atRecord: number): void {
    const index = this.#live.get(agentIndex)
    if (index === undefined) return
    this.#live.delete(agentIndex)
    this.all[index]!.unloadedAtRecord = atRecord
    this.#segments = this.#segments.filter((segment) => segment.moduleIndex !== index)
  }

  /** What a new module is mapped over must be gone, even if nobody said so. */
  #evictOverlapped(module: TraceModule): void {
    const gone = new Set<number>()
    for (const live of this.#segments)
      for (const segment of module.segments)
        if (live.start < segment.start + segment.bytes && segment.start < live.end)
          gone.add(live.moduleIndex)
    for (const index of gone) this.#unload(this.all[index]!.agentIndex, module.loadedAtRecord)
  }
}
