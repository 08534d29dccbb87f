import { writeFileSync } from 'node:fs'
import { analyzeTrace } from '../../src/analyze/analyze-trace.js'
import type { WorkloadRun } from '../../src/contract/capture.js'
import type { GrowthGroup, ProcessFacts } from '../../src/contract/facts.js'
import type { Frame, FrameOrigin } from '../../src/contract/frame.js'
import type { TraceSymbols } from '../../src/contract/symbols.js'
import { openTrace } from '../../src/trace/open-trace.js'
import type { TraceMeta } from '../../src/trace/trace-meta.js'
import { type EncoderOptions, MemorySink, TraceEncoder } from '../trace/trace-encoder.js'

const bases = { subject: 0x10_0000, runtime: 0x20_0000, system: 0x30_0000, js: 0x40_0000 }
const modules = [
  ['subject', '/app/node_modules/thumb/thumb.node', 'aa01'],
  ['runtime', '/usr/bin/node', 'bb02'],
  ['system', '/lib/libc.so.6', 'cc03'],
] as const

/**
 * A made-up process: stacks are written as frame names, outermost first, whose origin shows in a prefix: `js:` the user's
 * JavaScript, `node:` JavaScript inside Node, `sub:` the subject, `run:` the runtime, `sys:` the system. A name may end in
 * `:<line>`; then lines are known. A `!` at the end makes it the optimised code of the function.
 */
export class Scene {
  readonly encoder: TraceEncoder
  readonly #sink = new MemorySink()
  readonly #frames = new Map<string, { address: number; frame: Frame }>()
  readonly #stacks = new Map<string, number>([['', 0]])
  #nextAddress = 0x1000
  #nextBlock = 0x7f00_0000_0000

  constructor(options: EncoderOptions = {}) {
    this.encoder = new TraceEncoder(this.#sink, { eventChunkBytes: 4096, ...options })
    this.encoder.process('/usr/bin/node', '/app', ['node', 'app.js'])
    modules.forEach(([origin, path, buildId], index) => {
      this.encoder.module(index, 0, path, buildId, [[bases[origin], 0x8_0000, 5, 0]])
    })
  }

  stack(...names: string[]): number {
    let node = 0
    let key = ''
    for (const name of names) {
      const parent = node
      key += `>${name}`
      node = this.#stacks.get(key) ?? this.encoder.node(parent, this.#address(name) + 1)
      this.#stacks.set(key, node)
    }
    return node
  }

  /** An address where nothing was before. */
  block(): number {
    this.#nextBlock += 64
    return this.#nextBlock
  }

  #address(name: string): number {
    const known = this.#frames.get(name)
    if (known !== undefined) return known.address
    const [, prefix, functionName, line, optimized] = /^(\w+):(.*?)(?::(\d+))?(!?)$/.exec(name)!
    const origin = originOf(prefix!)
    const isJs = prefix === 'js' || prefix === 'node'
    const base = isJs ? bases.js : bases[origin as 'subject' | 'runtime' | 'system']
    const address = base + this.#nextAddress
    this.#nextAddress += 0x100
    if (isJs) this.encoder.code(address, 0x100, `JS:~${functionName} /app/app.js:1:1`)
    const module = modules.find(([of]) => of === origin)
    const frame: Frame = {
      functionName: functionName!,
      kind: isJs ? 'js' : 'native',
      origin,
      isNamed: true,
      ...(isJs || module === undefined
        ? { file: prefix === 'js' ? '/app/app.js' : 'node:internal/x' }
        : { moduleName: module[1].split('/').at(-1)!, modulePath: module[1] }),
      ...(line === undefined ? {} : { line: Number(line) }),
      ...(line !== undefined && !isJs ? { file: '/src/thumb.cc' } : {}),
      ...(isJs ? { tier: optimized === '!' ? 'optimized' : 'interpreted' } : {}),
    }
    this.#frames.set(name, { address, frame })
    return address
  }

  #symbols(meta: TraceMeta): TraceSymbols {
    const all = [...this.#frames.values()]
    const unknown: Frame = { functionName: '?', kind: 'unknown', origin: 'unknown', isNamed: false }
    const frames = [...all.map(({ frame }) => frame), unknown]
    const locationFrames = meta.locations.map((location) => {
      const address =
        location.kind === 'native'
          ? location.offset
          : location.kind === 'js'
            ? meta.code[location.codeIndex]!.start + location.offset
            : -1
      const index = all.findIndex((entry) => entry.address === address)
      return [index < 0 ? all.length : index]
    })
    return { traceFile: meta.traceFile, frames, locationFrames, notes: [] }
  }

  /** Ends the process, and analyses what it left at `path`. */
  analyze(
    path: string,
    workloads: readonly WorkloadRun[] = [],
    end: 'closed' | 'killed' = 'closed',
  ): ProcessFacts {
    this.encoder.finish(end)
    writeFileSync(path, this.#sink.bytes)
    const trace = openTrace(path)
    try {
      return analyzeTrace(trace, this.#symbols(trace.meta), workloads)
    } finally {
      trace.close()
    }
  }
}

function originOf(prefix: string): FrameOrigin {
  const origins: Record<string, FrameOrigin> = {
    js: 'user',
    node: 'node-internal',
    sub: 'subject',
    run: 'runtime',
    sys: 'system',
  }
  const origin = origins[prefix]
  if (origin === undefined) throw new Error(`no origin for the prefix ${prefix}`)
  return origin
}

export const workloadRun = (
  name: string,
  operationsPerRound: number,
  roundCount = 6,
): WorkloadRun => ({
  name,
  operationsPerRound,
  roundCount,
  warmupOperations: operationsPerRound,
})

/** Warm-up and rounds; `round` does what one round does. */
export function runRounds(
  scene: Scene,
  name: string,
  roundCount: number,
  round: (number: number) => void,
): void {
  const { encoder } = scene
  round(0)
  encoder.mark(3, name)
  for (let number = 1; number <= roundCount; number++) {
    encoder.mark(1, name)
    round(number)
    encoder.timeUs += 100_000
    encoder.mark(2, name)
  }
}

/** Names of a group's frames, outermost first. */
export function groupFrames(facts: ProcessFacts, group: GrowthGroup): string[] {
  return group.frameIndexes.map((index) => facts.frames[index]!.functionName).reverse()
}
