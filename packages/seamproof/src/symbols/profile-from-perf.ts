import { basename } from 'node:path'
import { type CpuProfile, kernelModule, type SampleState } from '../contract/cpu-profile.js'
import type { Frame } from '../contract/frame.js'
import type { PerfFrame, PerfSample, PerfScript } from '../trace/perf-script.js'
import { builtinFrame, builtinPrefix, parseCodeName } from './code-name.js'
import { tidyName, trimLinkerName } from './demangler.js'
import type { JsFrames } from './js-frames.js'
import { moduleOrigin } from './module-origin.js'
import { ProfileBuilder } from './profile-builder.js'
import { roleOfThread, stateOfFrames } from './sample-state.js'

const runtimeProgram = /^(?:node(?:js)?(?:[-.]?v?\d.*)?|electron|bun|deno)$/
const jitMap = /(?:^|\/)perf-\d+\.map$|^\[JIT\] tid \d+$|\.so\.jitted$|jitted-\d+-\d+\.so$/
const kernelDso =
  /^\[(?:kernel|guest\.kernel|nf_|bpf|[a-z0-9_]+)[^\]]*\]$|\/vmlinu[xz]|\.ko(?:\.\w+)?$/
const userDso = /^\[(?:vdso|vsyscall|unknown|stack|heap|anon.*)\]$/
const clockEvent = /^(?:cpu-clock|task-clock)(?::\w+)?$/
/** How many frames from the root tell what a thread is for. */
const rootDepth = 8

export interface PerfProfileOptions {
  subjectModules?: readonly string[] | undefined
}

export function profileFromPerf(
  script: PerfScript,
  jsFrames: JsFrames,
  { subjectModules }: PerfProfileOptions = {},
): CpuProfile {
  const builder = new ProfileBuilder()
  const notes: string[] = []
  const samples = ofOneEvent(script.samples, notes)
  const startNs = Math.min(...timesOf(samples), Number.POSITIVE_INFINITY)
  const periodNs = periodOf(samples, script.cmdline, notes)
  const namer = new FrameNamer(builder, jsFrames, subjectModules)
  const threads = new Map<string, number>()
  let rootlessCount = 0
  for (const sample of samples) {
    const stack = namer.stack(sample)
    const frames = stack.map((index) => builder.frames[index]!)
    const key = `${sample.pid ?? ''}/${sample.tid}`
    let thread = threads.get(key)
    if (thread === undefined) {
      thread = builder.thread({ tid: sample.tid, name: sample.comm, role: 'other' })
      threads.set(key, thread)
    }
    const of = builder.threads[thread]!
    if (of.role === 'other') of.role = roleOf(sample, frames)
    if (frames.length < 2) rootlessCount++
    const isClock = clockEvent.test(sample.event)
    builder.add({
      stack,
      thread,
      state: stateOf(sample, frames),
      ns: isClock ? (sample.period ?? periodNs) : periodNs,
      ...(sample.timeNs !== undefined && { timeNs: sample.timeNs - startNs }),
    })
  }
  const endNs = samples.reduce((last, { timeNs = 0 }) => Math.max(last, timeNs), 0)
  return builder.build({
    source: 'perf',
    clock: 'cpu',
    command: script.cmdline?.split(' ') ?? [],
    pid: samples[0]!.pid ?? samples[0]!.tid,
    durationNs: Number.isFinite(startNs) ? endNs - startNs + periodNs : samples.length * periodNs,
    periodNs,
    losses: {
      droppedCount: 0,
      truncatedCount: 0,
      rootlessCount,
      notes: [...notes, ...jsFrames.notes],
    },
    gc: [],
  })
}

/** Cycles and page faults do not add up: one event is read, and the others are named. */
function ofOneEvent(samples: PerfSample[], notes: string[]): PerfSample[] {
  const counts = new Map<string, number>()
  for (const { event } of samples) counts.set(event, (counts.get(event) ?? 0) + 1)
  const rank = (event: string) =>
    clockEvent.test(event) ? 2 : /^(?:cpu_core\/)?cycles/.test(event) ? 1 : 0
  const [chosen, ...others] = [...counts].sort(
    ([a, left], [b, right]) => rank(b) - rank(a) || right - left,
  )
  if (others.length > 0)
    notes.push(
      `Read: ${chosen![1]} samples of ${chosen![0]}. Left out: ${others.map(([event, count]) => `${count} of ${event}`).join(', ')}.`,
    )
  if (rank(chosen![0]) === 0)
    notes.push(
      `${chosen![0]} is no clock: its samples are shown as if each stood for the same time.`,
    )
  return samples.filter(({ event }) => event === chosen![0])
}

const timesOf = (samples: readonly PerfSample[]): number[] =>
  samples.flatMap(({ timeNs }) => timeNs ?? [])

/** What one sample stands for, in nanoseconds: as printed, as asked for, or as the samples lie apart. */
function periodOf(
  samples: readonly PerfSample[],
  cmdline: string | undefined,
  notes: string[],
): number {
  const first = samples[0]!
  if (clockEvent.test(first.event) && first.period !== undefined && first.period > 1)
    return first.period
  const asked = /\s(?:-F|--freq[= ])\s*(\d+)/.exec(cmdline ?? '')?.[1]
  if (asked !== undefined && Number(asked) > 0) return Math.round(1e9 / Number(asked))
  const steps: number[] = []
  const last = new Map<number, number>()
  for (const { tid, timeNs } of samples) {
    if (timeNs === undefined) continue
    const before = last.get(tid)
    if (before !== undefined && timeNs > before) steps.push(timeNs - before)
    last.set(tid, timeNs)
  }
  if (steps.length > 0) {
    steps.sort((a, b) => a - b)
    const periodNs = steps[Math.floor(steps.length / 2)]!
    notes.push(
      `The text does not say how often perf sampled: ${(1e9 / periodNs).toFixed(0)} Hz was taken from the times of the samples.`,
    )
    return periodNs
  }
  notes.push(
    'The text has no times and no rate: every sample counts as 1 ms, and only shares mean something.',
  )
  return 1_000_000
}

function stateOf(sample: PerfSample, frames: readonly Frame[]): SampleState {
  return sample.tid === 0 || sample.comm === 'swapper' ? 'idle' : stateOfFrames(frames)
}

function roleOf(sample: PerfSample, frames: readonly Frame[]) {
  if (sample.pid !== undefined && sample.pid === sample.tid) return 'main'
  return roleOfThread(sample.comm, frames.slice(0, rootDepth))
}

class FrameNamer {
  readonly #builder: ProfileBuilder
  readonly #jsFrames: JsFrames
  readonly #subjectModules: readonly string[] | undefined

  constructor(builder: ProfileBuilder, jsFrames: JsFrames, subjectModules?: readonly string[]) {
    this.#builder = builder
    this.#jsFrames = jsFrames
    this.#subjectModules = subjectModules
  }

  /** From the root inwards, without what perf's unwinder left behind where it lost the stack. */
  stack({ frames }: PerfSample): number[] {
    const outward = [...frames]
    while (isNothing(outward.at(-1))) outward.pop()
    return outward.reverse().map((frame) => this.#index(frame))
  }

  #index(frame: PerfFrame): number {
    const address = frame.symbol === '[unknown]' ? frame.address : ''
    const key = `${frame.symbol}\n${frame.dso}\n${frame.isInlined}\n${frame.file}:${frame.line}\n${address}`
    return this.#builder.frame(key, () => this.#frame(frame))
  }

  #frame({ symbol, dso, address, isInlined, file, line }: PerfFrame): Frame {
    const source = {
      ...(file !== undefined && { file }),
      ...(line !== undefined && { line }),
      ...(isInlined && { isInlined }),
    }
    if (kernelDso.test(dso) && !userDso.test(dso)) {
      const isNamed = symbol !== '[unknown]'
      const functionName = isNamed ? symbol : '(kernel)'
      return {
        functionName,
        kind: 'native',
        origin: 'system',
        isNamed,
        moduleName: kernelModule,
        ...source,
      }
    }
    if (
      jitMap.test(dso) ||
      /^(?:JS|LazyCompile|Function|Script|Eval|RegExp|Builtin|BytecodeHandler|Stub):/.test(symbol)
    )
      return this.#jsFrames.namedFrame(parseCodeName(symbol))
    return { ...this.#native(symbol, dso, address), ...source }
  }

  #native(symbol: string, dso: string, address: string): Frame {
    const isKnownModule = dso !== '' && !userDso.test(dso)
    const moduleName = isKnownModule ? basename(dso) : dso
    const isRuntime = runtimeProgram.test(moduleName)
    const origin = isKnownModule
      ? moduleOrigin({
          path: dso,
          isExecutable: isRuntime,
          hasJavaScript: isRuntime,
          ...(this.#subjectModules !== undefined && { subjectModules: this.#subjectModules }),
        })
      : 'unknown'
    const place = isKnownModule ? { moduleName, modulePath: dso } : {}
    if (symbol === '[unknown]') {
      const functionName = isKnownModule ? `${moduleName}+0x${address}` : `0x${address}`
      return {
        functionName,
        kind: isKnownModule ? 'native' : 'unknown',
        origin,
        isNamed: false,
        ...place,
      }
    }
    if (isRuntime && symbol.startsWith(builtinPrefix))
      return builtinFrame(`Builtin:${symbol.slice(builtinPrefix.length)}`)
    return { functionName: readableName(symbol), kind: 'native', origin, isNamed: true, ...place }
  }
}

const isNothing = (frame: PerfFrame | undefined): boolean =>
  frame !== undefined && frame.symbol === '[unknown]' && userDso.test(frame.dso)

/** Older versions of perf print parameter lists; linkers and compilers add versions and suffixes. */
const readableName = (symbol: string): string => tidyName(withoutParameters(trimLinkerName(symbol)))

/** Cuts at the first bracket outside of template arguments that is not part of the name itself. */
function withoutParameters(name: string): string {
  let depth = 0
  for (let at = 0; at < name.length; at++) {
    const part =
      /^(?:\(anonymous namespace\)|\{lambda\(.*?\)#\d+\}|operator(?:\(\)|<=>|<<=?|>>=?|->\*?|<=|>=|<|>)?)/.exec(
        name.slice(at),
      )
    if (part !== null) at += part[0].length - 1
    else if (name[at] === '<') depth++
    else if (name[at] === '>') depth--
    else if (name[at] === '(' && depth <= 0) return at === 0 ? name : name.slice(0, at)
  }
  return name
}
