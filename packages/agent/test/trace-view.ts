import { statSync } from 'node:fs'
import { symbolizeTrace } from '../../seamproof/src/symbols/symbolize.js'
import { EventOp } from '../../seamproof/src/trace/event-batch.js'
import { openTrace } from '../../seamproof/src/trace/open-trace.js'
import { readTraceMeta, type TraceMeta } from '../../seamproof/src/trace/trace-meta.js'
import { type TraceViolation, verifyTrace } from '../../seamproof/src/trace/verify-trace.js'

export interface SeenEvent {
  op: number
  kind: number
  thread: number
  stack: number
  sizeBytes: number
  address: number
  seq: number
}

export interface SeenFrame {
  functionName: string
  kind: string
  origin: string
  moduleName: string | undefined
  file: string | undefined
  line: number | undefined
  /** See `NodeFlag`. */
  flags: number
}

/** A finished trace with all its events in memory: for subjects of known size. */
export class TraceView {
  readonly path: string
  readonly meta: TraceMeta
  #events: SeenEvent[] | undefined
  #names: Promise<Awaited<ReturnType<typeof symbolizeTrace>>> | undefined

  constructor(path: string) {
    this.path = path
    this.meta = readTraceMeta(path)
  }

  get sizeBytes(): number {
    return statSync(this.path).size
  }

  get violations(): TraceViolation[] {
    return verifyTrace(this.path)
  }

  get events(): SeenEvent[] {
    this.#events ??= readEvents(this.path)
    return this.#events
  }

  allocationsOf(sizeBytes: number): SeenEvent[] {
    return this.events.filter(
      (event) => event.op === EventOp.allocate && event.sizeBytes === sizeBytes,
    )
  }

  /** Events from the only allocation of one size to that of another: what the subject did between its own marks. */
  between(firstBytes: number, lastBytes: number): SeenEvent[] {
    const from = this.events.findIndex((event) => isAllocation(event, firstBytes))
    const to = this.events.findIndex((event) => isAllocation(event, lastBytes))
    if (from < 0 || to < from) throw new Error(`no marks ${firstBytes} and ${lastBytes} in order`)
    return this.events.slice(from, to)
  }

  /** Sizes of the blocks that are live at the end, by address. */
  liveBlocks(): Map<number, SeenEvent> {
    const live = new Map<number, SeenEvent>()
    for (const event of this.events) {
      if (event.op === EventOp.allocate) live.set(event.address, event)
      else if (event.op === EventOp.free || event.op === EventOp.reallocRelease)
        live.delete(event.address)
    }
    return live
  }

  liveOf(sizeBytes: number): number {
    return [...this.liveBlocks().values()].filter((event) => event.sizeBytes === sizeBytes).length
  }

  /** Return addresses of a stack in the process, innermost first; for JavaScript the offset in its code. */
  pcs(id: number): number[] {
    const { stacks, locations, modules } = this.meta
    const found: number[] = []
    for (let node = id; node !== 0; node = stacks.parent[node]!) {
      const where = locations[stacks.location[node]!]!
      if (where.kind === 'native')
        found.push(modules[where.moduleIndex]!.loadBias + where.offset + 1)
      else found.push(where.kind === 'unknown' ? where.pc : where.offset)
    }
    return found
  }

  /** Frames of a stack, innermost first; a frame that the compiler inlined others into is one. */
  async stack(id: number): Promise<SeenFrame[]> {
    this.#names ??= symbolizeTrace(this.meta)
    const names = await this.#names
    const { stacks } = this.meta
    const frames: SeenFrame[] = []
    for (let node = id; node !== 0; node = stacks.parent[node]!) {
      const frame = names.frames[names.locationFrames[stacks.location[node]!]!.at(-1)!]!
      const { functionName, kind, moduleName, origin } = frame
      const flags = stacks.flags[node]!
      frames.push({
        functionName,
        kind,
        moduleName,
        origin,
        flags,
        file: frame.file,
        line: frame.line,
      })
    }
    return frames
  }

  async stackNames(id: number): Promise<string[]> {
    return (await this.stack(id)).map((frame) => frame.functionName)
  }
}

function isAllocation(event: SeenEvent, sizeBytes: number): boolean {
  return event.op === EventOp.allocate && event.sizeBytes === sizeBytes
}

function readEvents(path: string): SeenEvent[] {
  const trace = openTrace(path)
  try {
    const events: SeenEvent[] = []
    for (const batch of trace.batches())
      for (let i = 0; i < batch.length; i++)
        events.push({
          op: batch.op[i]!,
          kind: batch.kind[i]!,
          thread: batch.thread[i]!,
          stack: batch.stack[i]!,
          sizeBytes: batch.sizeBytes[i]!,
          address: batch.address[i]!,
          seq: batch.seq[i]!,
        })
    return events
  } finally {
    trace.close()
  }
}
