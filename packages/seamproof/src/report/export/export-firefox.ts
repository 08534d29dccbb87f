/**
 * The processed profile format of the Firefox Profiler (profiler.firefox.com), at version 48: each thread has its own tables.
 * The profiler brings older versions up to its own when it loads them.
 */
import type { CpuProfile, CpuThread } from '../../contract/cpu-profile.js'
import type { Frame } from '../../contract/frame.js'
import { threadLabel } from '../flamegraph/cpu-columns.js'
import { type FrameCategory, frameCategories } from '../flamegraph/flamegraph-document.js'
import { frameCategory } from '../flamegraph/process-columns.js'
import { frameName } from '../frame-text.js'
import { isWaiting } from '../profile/cpu-states.js'
import { profileTitle } from '../profile/profile-text.js'
import { type OrderedSample, samplesByThread } from '../profile/sample-order.js'
import { type ShownStacks, withStateFrames } from '../profile/state-frames.js'

const processedVersion = 48
const geckoVersion = 29

/** Names and colours that the profiler knows. */
const categories: Record<FrameCategory, { name: string; color: string }> = {
  user: { name: 'JavaScript', color: 'blue' },
  subject: { name: 'Native addon', color: 'orange' },
  'node-internal': { name: 'Node internals', color: 'lightblue' },
  builtin: { name: 'V8 builtin', color: 'purple' },
  runtime: { name: 'Node and V8', color: 'grey' },
  system: { name: 'libc and system', color: 'yellow' },
  wasm: { name: 'WebAssembly', color: 'green' },
  unknown: { name: 'Unknown', color: 'grey' },
  gc: { name: 'GC', color: 'magenta' },
  kernel: { name: 'Kernel', color: 'brown' },
  runnable: { name: 'Waiting for a core', color: 'red' },
  idle: { name: 'Idle', color: 'transparent' },
}
const defaultCategory = frameCategories.indexOf('unknown')

export function exportFirefox(profile: CpuProfile, generator: string): string {
  const shown = withStateFrames(profile)
  const samples = samplesByThread(profile)
  const started = Date.parse(profile.startedAt ?? '')
  const meta = {
    interval: profile.periodNs / 1e6,
    startTime: Number.isNaN(started) ? 0 : started,
    profilingStartTime: 0,
    profilingEndTime: profile.durationNs / 1e6,
    processType: 0,
    product: profileTitle(profile),
    importedFrom: generator,
    stackwalk: 1,
    debug: false,
    version: geckoVersion,
    preprocessedProfileVersion: processedVersion,
    symbolicated: true,
    symbolicationNotSupported: true,
    usesOnlyOneStackType: true,
    doesNotUseFrameImplementation: true,
    sourceCodeIsNotOnSearchfox: true,
    extensions: { id: [], name: [], baseURL: [], length: 0 },
    categories: frameCategories.map((category) => ({
      ...categories[category],
      subcategories: ['Other'],
    })),
    markerSchema: [gcSchema],
    sampleUnits: { time: 'ms', eventDelay: 'ms', threadCPUDelta: 'ns' },
  }
  const threads = profile.threads
    .map((thread, index) => threadTables(profile, shown, thread, samples[index]!))
    .filter(({ samples: { length } }) => length > 0)
    .sort((a, b) => Number(b.isMainThread) - Number(a.isMainThread))
  return `${JSON.stringify({ meta, libs: [], pages: [], threads })}\n`
}

const gcSchema = {
  name: 'GC',
  tooltipLabel: 'Garbage collection: {marker.data.kind}',
  tableLabel: '{marker.data.kind}',
  chartLabel: '{marker.data.kind}',
  display: ['marker-chart', 'marker-table', 'timeline-overview'],
  data: [{ key: 'kind', label: 'Kind', format: 'string' }],
}

class Strings {
  readonly all: string[] = []
  readonly #indexes = new Map<string, number>()

  index(text: string): number {
    let index = this.#indexes.get(text)
    if (index === undefined) {
      index = this.all.push(text) - 1
      this.#indexes.set(text, index)
    }
    return index
  }
}

function threadTables(
  profile: CpuProfile,
  shown: ShownStacks,
  thread: CpuThread,
  samples: readonly OrderedSample[],
) {
  const strings = new Strings()
  const tables = new ThreadTables(shown, strings)
  const stack = samples.map(({ cost }) => tables.stack(shown.costNode[cost]!))
  const isMain = thread.role === 'main'
  return {
    processType: 'default',
    processName: profileTitle(profile),
    processStartupTime: 0,
    processShutdownTime: null,
    registerTime: 0,
    unregisterTime: null,
    pausedRanges: [],
    name: isMain ? 'GeckoMain' : threadLabel(thread),
    isMainThread: isMain,
    pid: String(profile.pid),
    tid: thread.tid,
    samples: {
      stack,
      time: samples.map(({ timeNs }) => timeNs / 1e6),
      weight: samples.map(({ ns }) => ns / 1e6),
      weightType: 'tracing-ms',
      threadCPUDelta: samples.map(({ cost, ns }) =>
        isWaiting(profile.costs[cost]!.state) ? 0 : Math.round(ns),
      ),
      length: samples.length,
    },
    markers: isMain ? gcMarkers(profile, strings) : gcMarkers({ gc: [] }, strings),
    ...tables.columns(),
    stringArray: strings.all,
  }
}

function gcMarkers({ gc }: Pick<CpuProfile, 'gc'>, strings: Strings) {
  const category = frameCategories.indexOf('gc')
  const name = gc.length > 0 ? strings.index('GC') : 0
  return {
    data: gc.map(({ kind }) => ({ type: 'GC', kind })),
    name: gc.map(() => name),
    startTime: gc.map(({ timeNs }) => timeNs / 1e6),
    endTime: gc.map(({ timeNs, durationNs }) => (timeNs + durationNs) / 1e6),
    // An interval.
    phase: gc.map(() => 1),
    category: gc.map(() => category),
    length: gc.length,
  }
}

class ThreadTables {
  readonly #stacks = {
    frame: [] as number[],
    prefix: [] as (number | null)[],
    category: [] as number[],
    subcategory: [] as number[],
  }
  readonly #frames: { frame: Frame; func: number; category: number }[] = []
  readonly #funcs: {
    name: number
    isJs: boolean
    fileName: number | null
    line: number | null
    column: number | null
    resource: number
  }[] = []
  readonly #resources: number[] = []
  readonly #stackOf = new Map<number, number>()
  readonly #frameOf = new Map<number, number>()
  readonly #funcOf = new Map<string, number>()
  readonly #resourceOf = new Map<string, number>()
  readonly #shown: ShownStacks
  readonly #strings: Strings

  constructor(shown: ShownStacks, strings: Strings) {
    this.#shown = shown
    this.#strings = strings
  }

  /** Null for a sample without a stack. */
  stack(node: number): number | null {
    const { tree } = this.#shown
    const path: number[] = []
    let at = node
    while (at > 0 && !this.#stackOf.has(at)) {
      path.push(at)
      at = tree.parentIndex[at]!
    }
    let prefix = at > 0 ? this.#stackOf.get(at)! : null
    for (const step of path.reverse()) {
      const frame = this.#frame(tree.frameIndex[step]!)
      this.#stacks.frame.push(frame)
      this.#stacks.prefix.push(prefix)
      this.#stacks.category.push(this.#frames[frame]!.category)
      this.#stacks.subcategory.push(0)
      prefix = this.#stacks.frame.length - 1
      this.#stackOf.set(step, prefix)
    }
    return prefix
  }

  #frame(index: number): number {
    let known = this.#frameOf.get(index)
    if (known === undefined) {
      const frame = this.#shown.frames[index]!
      const category = frameCategories.indexOf(frameCategory(frame))
      known =
        this.#frames.push({
          frame,
          func: this.#func(frame),
          category: category === -1 ? defaultCategory : category,
        }) - 1
      this.#frameOf.set(index, known)
    }
    return known
  }

  #func(frame: Frame): number {
    const key = `${frameName(frame)}\n${frame.file}\n${frame.moduleName}`
    let known = this.#funcOf.get(key)
    if (known === undefined) {
      const isJs = frame.kind === 'js'
      known =
        this.#funcs.push({
          name: this.#strings.index(frameName(frame)),
          isJs,
          fileName: frame.file === undefined ? null : this.#strings.index(frame.file),
          line: frame.line ?? null,
          column: frame.column ?? null,
          resource: frame.moduleName === undefined ? -1 : this.#resource(frame.moduleName),
        }) - 1
      this.#funcOf.set(key, known)
    }
    return known
  }

  #resource(moduleName: string): number {
    let known = this.#resourceOf.get(moduleName)
    if (known === undefined) {
      known = this.#resources.push(this.#strings.index(moduleName)) - 1
      this.#resourceOf.set(moduleName, known)
    }
    return known
  }

  columns() {
    const frames = this.#frames
    const funcs = this.#funcs
    return {
      stackTable: { ...this.#stacks, length: this.#stacks.frame.length },
      frameTable: {
        address: frames.map(() => -1),
        inlineDepth: frames.map(() => 0),
        category: frames.map(({ category }) => category),
        subcategory: frames.map(() => 0),
        func: frames.map(({ func }) => func),
        nativeSymbol: frames.map(() => null),
        innerWindowID: frames.map(() => 0),
        implementation: frames.map(() => null),
        line: frames.map(({ frame }) => frame.line ?? null),
        column: frames.map(({ frame }) => frame.column ?? null),
        length: frames.length,
      },
      funcTable: {
        name: funcs.map(({ name }) => name),
        isJS: funcs.map(({ isJs }) => isJs),
        relevantForJS: funcs.map(() => false),
        resource: funcs.map(({ resource }) => resource),
        fileName: funcs.map(({ fileName }) => fileName),
        lineNumber: funcs.map(({ line }) => line),
        columnNumber: funcs.map(({ column }) => column),
        length: funcs.length,
      },
      // A library each; no file is offered for symbols, since they are resolved.
      resourceTable: {
        lib: this.#resources.map(() => null),
        name: this.#resources,
        host: this.#resources.map(() => null),
        type: this.#resources.map(() => 1),
        length: this.#resources.length,
      },
      nativeSymbols: { libIndex: [], address: [], name: [], functionSize: [], length: 0 },
    }
  }
}
