import type { CpuCost, CpuProfile, CpuThread, SampleState } from '../contract/cpu-profile.js'
import type { Frame } from '../contract/frame.js'
import type { TraceSymbols } from '../contract/symbols.js'
import { CpuSampleState, type TraceCpu, type TraceCpuThread } from '../trace/cpu-records.js'
import { NodeFlag } from '../trace/trace-format.js'
import type { TraceMeta } from '../trace/trace-meta.js'
import { roleOfThread, stateOfFrames } from './sample-state.js'

const gcKinds: Readonly<Record<number, string>> = {
  1: 'scavenge',
  2: 'minor mark-sweep',
  4: 'mark-sweep-compact',
  8: 'incremental marking',
  16: 'weak callbacks',
}

/** What interpreted code runs in: its time is the JavaScript function's. */
const interpreter = /^(?:BytecodeHandler:|Builtin:\w*Handler$|Builtins_\w+Handler$)/

/** The profile of one traced process; undefined when its sampler never ran. */
export function profileFromTrace(
  meta: TraceMeta,
  symbols: TraceSymbols,
  command: readonly string[],
  options: { range?: string | undefined } = {},
): CpuProfile | undefined {
  const { cpu, header } = meta
  const start = cpu?.samplers.find(({ isStart }) => isStart)
  if (cpu === null || start === undefined) return undefined
  const tree = new SampleTree(meta, symbols)
  const threads = new ThreadTable(cpu, header.pid)
  const costs: CpuCost[] = []
  const costIndexes = new Map<string, number>()
  const order = timeOrder(cpu)
  const timeline = { timeNs: [] as number[], costIndex: [] as number[] }
  const { samples } = cpu
  const isWanted = rangeFilter(meta, options.range)
  for (const at of order) {
    if (!isWanted(samples.timeUs[at]!)) continue
    const stack = Math.min(samples.stack[at]!, meta.stacks.nodeCount)
    const treeIndex = tree.indexOf(stack)
    const thread = threads.indexOf(samples.thread[at]!)
    const state = stateOf(samples.state[at]!, tree, stack, treeIndex)
    const key = `${treeIndex} ${thread} ${state}`
    let index = costIndexes.get(key)
    if (index === undefined) {
      index = costs.push({ treeIndex, thread, state, sampleCount: 0, ns: 0 }) - 1
      costIndexes.set(key, index)
    }
    costs[index]!.sampleCount++
    costs[index]!.ns += samples.ns[at]!
    threads.all[thread]!.sampleCount++
    threads.noteRoot(thread, tree.rootFrames(treeIndex))
    timeline.timeNs.push((samples.timeUs[at]! - start.timeUs) * 1000)
    timeline.costIndex.push(index)
  }
  threads.finish()
  return {
    source: 'agent',
    clock: start.clock,
    command: [...command],
    pid: header.pid,
    startedAt: new Date(header.startWallMs + start.timeUs / 1000).toISOString(),
    durationNs: durationNs(meta, cpu, start.timeUs),
    periodNs: start.periodNs,
    frames: tree.frames,
    tree: { parentIndex: tree.parentIndex, frameIndex: tree.frameIndex },
    threads: threads.all,
    costs,
    timeline,
    losses: {
      droppedCount: header.cpuDropped,
      truncatedCount: header.cpuTruncated,
      rootlessCount: header.cpuRootless,
      ...(meta.overwrittenChunkCount > 0 && { overwrittenUntilNs: timeline.timeNs[0] ?? 0 }),
      notes: [
        ...new Set([...meta.notes, ...symbols.notes, ...threads.notes(), ...overwritten(meta)]),
      ],
    },
    ...(meta.layer === null ? {} : { crossings: meta.layer.crossings }),
    gc: meta.gcs.map(({ startUs, durationUs, type }) => ({
      timeNs: (startUs - start.timeUs) * 1000,
      durationNs: durationUs * 1000,
      kind: gcKinds[type] ?? `type ${type}`,
    })),
  }
}

const overwritten = ({ overwrittenChunkCount, cpu }: TraceMeta): string[] =>
  overwrittenChunkCount === 0
    ? []
    : [
        `only the last ${cpu?.samples.length ?? 0} samples are kept here: older ones were overwritten, as --continuous and --push ask for; their time is in the profiles that were written or sent`,
      ]

function stateOf(code: number, tree: SampleTree, stack: number, treeIndex: number): SampleState {
  if (code === CpuSampleState.idle) return 'idle'
  if (code === CpuSampleState.runnable) return 'runnable'
  const state = tree.stateOf(stack, treeIndex)
  return code === CpuSampleState.kernel && state !== 'gc' ? 'kernel' : state
}

function timeOrder({ samples }: TraceCpu): Uint32Array {
  const order = Uint32Array.from({ length: samples.length }, (_, index) => index)
  return order.sort((a, b) => samples.timeUs[a]! - samples.timeUs[b]! || a - b)
}

/** Ranges of one name may lie in each other or overlap: what is in any of them counts, once. */
function rangeFilter(meta: TraceMeta, name: string | undefined): (timeUs: number) => boolean {
  if (name === undefined) return () => true
  const spans: [fromUs: number, toUs: number][] = []
  let depth = 0
  let fromUs = 0
  for (const mark of meta.marks) {
    if (mark.name !== name) continue
    if (mark.kind === 'range-begin' && depth++ === 0) fromUs = mark.timeUs
    if (mark.kind === 'range-end' && depth > 0 && --depth === 0) spans.push([fromUs, mark.timeUs])
  }
  if (depth > 0) spans.push([fromUs, Number.POSITIVE_INFINITY])
  return (timeUs) => spans.some(([from, to]) => timeUs >= from && timeUs <= to)
}

/** Time in which the sampler ran; pauses are left out. */
function durationNs(meta: TraceMeta, cpu: TraceCpu, firstUs: number): number {
  const { header } = meta
  let endUs =
    header.endMonotonicNs > 0 ? (header.endMonotonicNs - header.startMonotonicNs) / 1000 : firstUs
  for (let i = 0; i < cpu.samples.length; i++) endUs = Math.max(endUs, cpu.samples.timeUs[i]!)
  let ranUs = 0
  let sinceUs: number | undefined
  for (const { isStart, timeUs } of cpu.samplers) {
    if (isStart) sinceUs ??= timeUs
    else if (sinceUs !== undefined) {
      ranUs += timeUs - sinceUs
      sinceUs = undefined
    }
  }
  if (sinceUs !== undefined) ranUs += Math.max(0, endUs - sinceUs)
  return ranUs * 1000
}

/** Stacks of addresses as stacks of named frames, each made once. */
class SampleTree {
  readonly frames: Frame[]
  readonly parentIndex = [0]
  readonly frameIndex = [-1]
  readonly #meta: TraceMeta
  readonly #symbols: TraceSymbols
  readonly #treeOf: Int32Array
  readonly #edges = new Map<number, number>()
  readonly #states = new Map<number, SampleState>()
  readonly #gapFrame: number

  constructor(meta: TraceMeta, symbols: TraceSymbols) {
    this.#meta = meta
    this.#symbols = symbols
    this.frames = symbols.frames.slice()
    this.#gapFrame =
      this.frames.push({
        functionName: '(frames left out)',
        kind: 'unknown',
        origin: 'unknown',
        isNamed: true,
      }) - 1
    this.#treeOf = new Int32Array(meta.stacks.nodeCount + 1).fill(-1)
    this.#treeOf[0] = 0
  }

  indexOf(stack: number): number {
    const path: number[] = []
    let node = stack
    while (this.#treeOf[node] === -1) {
      path.push(node)
      node = this.#meta.stacks.parent[node]!
    }
    let at = this.#treeOf[node]!
    for (let i = path.length - 1; i >= 0; i--) {
      const id = path[i]!
      if ((this.#meta.stacks.flags[id]! & NodeFlag.gap) !== 0) at = this.#child(at, this.#gapFrame)
      const frames = this.#symbols.locationFrames[this.#meta.stacks.location[id]!] ?? []
      for (let inner = frames.length - 1; inner >= 0; inner--) at = this.#child(at, frames[inner]!)
      this.#treeOf[id] = at
    }
    return at
  }

  stateOf(stack: number, treeIndex: number): SampleState {
    let state = this.#states.get(stack)
    if (state === undefined) {
      const frames = this.#path(treeIndex)
      const leaf = frames.at(-1)
      state = stateOfFrames(frames)
      if (state === 'builtin' && leaf !== undefined && interpreter.test(leaf.functionName))
        state = 'js'
      this.#states.set(stack, state)
    }
    return state
  }

  rootFrames(treeIndex: number): Frame[] {
    return this.#path(treeIndex).slice(0, 12)
  }

  #path(treeIndex: number): Frame[] {
    const frames: Frame[] = []
    for (let at = treeIndex; at > 0; at = this.parentIndex[at]!)
      frames.push(this.frames[this.frameIndex[at]!]!)
    return frames.reverse()
  }

  #child(parent: number, frame: number): number {
    const key = parent * this.frames.length + frame
    let child = this.#edges.get(key)
    if (child === undefined) {
      child = this.parentIndex.push(parent) - 1
      this.frameIndex.push(frame)
      this.#edges.set(key, child)
    }
    return child
  }
}

class ThreadTable {
  readonly all: CpuThread[] = []
  readonly #cpu: TraceCpu
  readonly #pid: number
  readonly #indexes = new Map<number, number>()
  readonly #records: (TraceCpuThread | undefined)[] = []
  readonly #isRooted: boolean[] = []

  constructor(cpu: TraceCpu, pid: number) {
    this.#cpu = cpu
    this.#pid = pid
  }

  indexOf(index: number): number {
    const known = this.#indexes.get(index)
    if (known !== undefined) return known
    const record = this.#cpu.threads.get(index)
    const { tid, name, cpuNs, wallNs, runQueueNs } = record ?? {
      tid: 0,
      name: '',
      cpuNs: 0,
      wallNs: 0,
      runQueueNs: 0,
    }
    this.#records.push(record)
    this.#isRooted.push(false)
    const place =
      this.all.push({
        tid,
        name,
        role: tid === this.#pid ? 'main' : 'other',
        sampleCount: 0,
        cpuNs,
        wallNs,
        ...(runQueueNs > 0 ? { runQueueNs } : {}),
      }) - 1
    this.#indexes.set(index, place)
    return place
  }

  /** The outermost frames say what a thread is for; the first stack that says something decides. */
  noteRoot(place: number, frames: readonly Frame[]): void {
    if (this.#isRooted[place] || this.all[place]!.tid === this.#pid) return
    const role = roleOfThread(this.all[place]!.name, frames)
    if (role === 'other' || role === 'main') return
    this.all[place]!.role = role
    this.#isRooted[place] = true
  }

  /** Threads that were never caught running are listed too: what they used counts. */
  finish(): void {
    for (const index of this.#cpu.threads.keys()) this.indexOf(index)
  }

  notes(): string[] {
    return this.all.flatMap((thread, place) => {
      const record = this.#records[place]
      const unseenMs = thread.sampleCount === 0 ? (record?.cpuNs ?? 0) / 1e6 : 0
      return unseenMs < 50
        ? []
        : [
            `thread ${thread.tid} (${thread.name}) ran for ${unseenMs.toFixed(0)} ms and gave no sample: it blocks signals`,
          ]
    })
  }
}
