import { type ByteReader, DamagedBytes } from './byte-reader.js'
import { MetaType } from './trace-format.js'

/** One start or stop of the sampler. */
export interface TraceCpuSampler {
  isStart: boolean
  clock: 'cpu' | 'wall'
  periodNs: number
  timeUs: number
}

/** A sampled thread, as it was when it was last written. */
export interface TraceCpuThread {
  index: number
  tid: number
  startUs: number
  cpuNs: number
  wallNs: number
  runQueueNs: number
  sampleCount: number
  droppedCount: number
  truncatedCount: number
  rootlessCount: number
  name: string
}

export const CpuSampleState = { user: 0, kernel: 1, idle: 2, runnable: 3 } as const
export const CpuSampleFlag = { deep: 8, rootless: 16, foreignStack: 32, onePeriod: 128 } as const
const stateMask = 7

/** Samples in the order in which they were written: in time order within a thread, not between threads. */
export interface TraceCpuSamples {
  length: number
  thread: Uint32Array
  timeUs: Float64Array
  /** See `CpuSampleState`. */
  state: Uint8Array
  /** See `CpuSampleFlag`. */
  flags: Uint8Array
  ns: Float64Array
  stack: Uint32Array
}

export interface TraceCpu {
  samplers: TraceCpuSampler[]
  /** By index. */
  threads: Map<number, TraceCpuThread>
  samples: TraceCpuSamples
}

export const isCpuRecord = (type: number): boolean =>
  type >= MetaType.cpuSampler && type <= MetaType.cpuSamples

function emptySamples(capacity: number): TraceCpuSamples {
  return {
    length: 0,
    thread: new Uint32Array(capacity),
    timeUs: new Float64Array(capacity),
    state: new Uint8Array(capacity),
    flags: new Uint8Array(capacity),
    ns: new Float64Array(capacity),
    stack: new Uint32Array(capacity),
  }
}

function grown(samples: TraceCpuSamples): TraceCpuSamples {
  const larger = emptySamples(samples.thread.length * 2)
  larger.length = samples.length
  for (const column of ['thread', 'timeUs', 'state', 'flags', 'ns', 'stack'] as const)
    larger[column].set(samples[column])
  return larger
}

/** Collects the sampler's records. */
export class CpuRecords {
  readonly #samplers: TraceCpuSampler[] = []
  readonly #threads = new Map<number, TraceCpuThread>()
  #samples = emptySamples(1024)
  #hasAny = false

  add(type: number, body: ByteReader): void {
    this.#hasAny = true
    if (type === MetaType.cpuSampler) this.#sampler(body)
    else if (type === MetaType.cpuThread) this.#thread(body)
    else this.#batch(body)
  }

  finish(): TraceCpu | null {
    if (!this.#hasAny) return null
    return { samplers: this.#samplers, threads: this.#threads, samples: this.#samples }
  }

  #sampler(body: ByteReader): void {
    const isStart = body.u8() === 1
    const clock = body.u8() === 1 ? 'wall' : 'cpu'
    body.u8() // what drives it; there is one kind so far
    this.#samplers.push({ isStart, clock, periodNs: body.varint(), timeUs: body.varint() })
  }

  #thread(body: ByteReader): void {
    const thread: TraceCpuThread = {
      index: body.varint(),
      tid: body.varint(),
      startUs: body.varint(),
      cpuNs: body.varint(),
      wallNs: body.varint(),
      runQueueNs: body.varint(),
      sampleCount: body.varint(),
      droppedCount: body.varint(),
      truncatedCount: body.varint(),
      rootlessCount: body.varint(),
      name: body.string(),
    }
    this.#threads.set(thread.index, thread)
  }

  #batch(body: ByteReader): void {
    const thread = body.varint()
    const count = body.count(3)
    const periodNs = this.#samplers.at(-1)?.periodNs
    if (periodNs === undefined) throw new DamagedBytes('samples without a sampler')
    let timeUs = 0
    for (let i = 0; i < count; i++) {
      timeUs += body.zigzag()
      const flags = body.u8()
      const ns = (flags & CpuSampleFlag.onePeriod) !== 0 ? periodNs : body.varint()
      this.#push(thread, timeUs, flags, ns, body.varint())
    }
  }

  #push(thread: number, timeUs: number, flags: number, ns: number, stack: number): void {
    if (this.#samples.length === this.#samples.thread.length) this.#samples = grown(this.#samples)
    const samples = this.#samples
    const at = samples.length++
    samples.thread[at] = thread
    samples.timeUs[at] = timeUs
    samples.state[at] = flags & stateMask
    samples.flags[at] = flags & ~stateMask
    samples.ns[at] = ns
    samples.stack[at] = stack
  }
}
