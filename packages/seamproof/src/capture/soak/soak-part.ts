import { readFileSync, rmSync } from 'node:fs'
import { constants as osConstants } from 'node:os'
import { join } from 'node:path'
import type { Histogram } from 'hdr-histogram-js'
import { latencyFigures } from '../../base/latency-figures.js'
import type { SubjectExit } from '../../contract/capture.js'
import type { SoakEnd, SoakHead, SoakLine } from '../../contract/soak.js'
import { encodeHdr, hdrOf } from '../subject/latency-histogram.js'
import type {
  FloorMessage,
  FloorPlan,
  IntervalReport,
  SoakCommand,
  SoakMessage,
  SoakPlan,
} from '../subject/soak-plan.js'
import type { WorkloadError } from '../subject/workload-plan.js'
import type { CaptureSoakOptions } from './capture-soak.js'
import { readCpuMs, readProcessMemory, readProcessStatus, readRssBytes } from './process-memory.js'
import { type SoakProcess, startSoakProcess } from './soak-process.js'
import { traceBytesIn, writePlan } from './soak-record.js'

export interface SoakPartOptions {
  folder: string
  head: SoakHead
  library: string
  nodePath: string
  modulePath: string
  env: Record<string, string>
  part: number
  startedAtMs: number
  /** Load that this part is to have, at most. */
  loadMs: number
  options: CaptureSoakOptions
  emit: (line: SoakLine) => void
}

export interface SoakPartOutcome {
  end: SoakEnd
  /** Workloads that took turns. */
  names: string[]
  exit: SubjectExit
  error?: WorkloadError & { phase: string }
}

const realtimePriority = 1
/** V8 doubles its young generation now and then in the first hour: it begins with the size that it would end with. */
const youngGenerationOption = '--min-semi-space-size=16'
const tickPeriodUs = 100
const guardEveryMs = 200
/** A subject that says nothing for so long, and as long as several intervals, is given up. */
const silenceMs = 60_000

type LineOf<Type extends SoakLine['type']> = Omit<
  Extract<SoakLine, { type: Type }>,
  'at' | 'elapsedMs' | 'part' | 'type'
>

/** One process of a soak, from its start to its end, seen from outside. */
export class SoakPart {
  readonly #given: SoakPartOptions
  readonly #subject: SoakProcess<SoakMessage, SoakCommand>
  #floor: SoakProcess<FloorMessage, never> | undefined
  #names: string[] = []
  #error: SoakPartOutcome['error']
  #isDone = false
  #isStopped = false
  #overLimitBytes = 0
  #isHung = false
  #heardMs = performance.now()
  #cpu = { ms: 0, atMs: performance.now() }

  constructor(given: SoakPartOptions) {
    this.#given = given
    const planPath = writePlan(given.folder, `soak-plan-${given.part}.json`, this.#plan())
    this.#subject = startSoakProcess({
      runner: 'run-soak.js',
      planPath,
      nodePath: given.nodePath,
      nodeArgs: ['--expose-gc', youngGenerationOption],
      cwd: given.options.cwd,
      env: given.env,
    })
    this.#subject.onMessage = (message) => this.#hear(message)
  }

  async run(): Promise<SoakPartOutcome> {
    const guard = setInterval(() => this.#watch(), guardEveryMs)
    const stop = () => {
      this.#isStopped = true
      this.#subject.tell('stop')
    }
    const { stop: signal } = this.#given.options
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop)
    const exit = await this.#subject.ended
    clearInterval(guard)
    signal?.removeEventListener('abort', stop)
    this.#floor?.kill('SIGKILL')
    for (const path of this.#plan().countsPaths) rmSync(path, { force: true })
    const end = this.#line('end', this.#endOf(exit))
    this.#given.emit(end)
    return {
      end,
      names: this.#names,
      exit,
      ...(this.#error === undefined ? {} : { error: this.#error }),
    }
  }

  #plan(): SoakPlan {
    const { head, library, modulePath, options, loadMs } = this.#given
    return {
      modulePath,
      defaultName: head.workloadFile,
      ...(options.only === undefined ? {} : { only: options.only }),
      ...(options.isAll ? { isAll: true as const } : {}),
      library,
      realtimePriority: options.isOrdinary ? 0 : realtimePriority,
      ratePerS: head.ratePerS,
      periodUs: tickPeriodUs,
      warmupMs: head.warmupMs,
      roundMs: head.roundMs,
      roundCount: Math.max(1, Math.round(loadMs / head.roundMs)),
      intervalMs: head.intervalMs,
      countsPaths: [
        join(this.#given.folder, '.interval-0.counts'),
        join(this.#given.folder, '.interval-1.counts'),
      ],
    }
  }

  #hear(message: SoakMessage): void {
    this.#heardMs = performance.now()
    if (message.type === 'ready') this.#begin(message)
    else if (message.type === 'interval') this.#interval(message)
    else if (message.type === 'rest') this.#rest(message)
    else if (message.type === 'threw') this.#error = { ...message.error, phase: message.phase }
    else this.#isDone = true
  }

  #begin(message: Extract<SoakMessage, { type: 'ready' }>): void {
    this.#names = message.workloads
    this.#cpu = { ms: readCpuMs(this.#subject.pid ?? 0) ?? 0, atMs: performance.now() }
    this.#emit('begin', {
      pid: this.#subject.pid ?? 0,
      workloads: message.workloads,
      nodeVersion: message.nodeVersion,
      scheduling: message.scheduling,
      periodUs: tickPeriodUs,
    })
    if (!this.#given.options.hasNoFloor) this.#startFloor()
  }

  #interval({
    type: _,
    countsPath,
    latency,
    service,
    ...report
  }: { type: 'interval' } & IntervalReport): void {
    const memory = readProcessStatus(this.#subject.pid ?? 0)
    if (memory === undefined) return
    const cpuMs = readCpuMs(this.#subject.pid ?? 0) ?? this.#cpu.ms
    const atMs = performance.now()
    const cpuShare = (cpuMs - this.#cpu.ms) / (atMs - this.#cpu.atMs)
    this.#cpu = { ms: cpuMs, atMs }
    const [latencyHdr, serviceHdr] = readCounts(countsPath)
    this.#emit('interval', {
      ...report,
      latency: latencyFigures(latencyHdr, latency),
      service: latencyFigures(serviceHdr, service),
      latencyHdr: encodeHdr(latencyHdr),
      serviceHdr: encodeHdr(serviceHdr),
      cpuShare,
      memory: { ...report.memory, ...memory },
      traceBytes: traceBytesIn(this.#given.folder),
    })
  }

  #rest({ type: _, ...report }: Extract<SoakMessage, { type: 'rest' }>): void {
    const memory = readProcessMemory(this.#subject.pid ?? 0)
    if (memory !== undefined)
      this.#emit('rest', { ...report, memory: { ...report.memory, ...memory } })
    this.#subject.tell('go')
    if (this.#isStopped) this.#subject.tell('stop')
  }

  #startFloor(): void {
    const { head, library, folder, nodePath, options, part } = this.#given
    const plan: FloorPlan = {
      library,
      realtimePriority: options.isOrdinary ? 0 : realtimePriority,
      ratePerS: head.ratePerS,
      periodUs: tickPeriodUs,
      activeMs: Math.min(2000, head.intervalMs / 5),
      everyMs: head.intervalMs,
    }
    const floor = startSoakProcess<FloorMessage, never>({
      runner: 'run-floor.js',
      planPath: writePlan(folder, `floor-plan-${part}.json`, plan),
      nodePath,
      nodeArgs: [],
      cwd: options.cwd,
      env: plainEnvironment(options.env),
    })
    floor.onMessage = (message) => this.#emit('floor', message)
    this.#floor = floor
  }

  #watch(): void {
    const pid = this.#subject.pid
    const { memoryLimitBytes, intervalMs } = this.#given.head
    if (pid === undefined) return
    if (performance.now() - this.#heardMs > Math.max(silenceMs, 5 * intervalMs)) {
      this.#isHung = true
      this.#subject.kill('SIGKILL')
    }
    const rssBytes = memoryLimitBytes === undefined ? undefined : readRssBytes(pid)
    if (rssBytes === undefined || rssBytes <= memoryLimitBytes!) return
    this.#overLimitBytes = Math.max(this.#overLimitBytes, rssBytes)
    this.#subject.kill('SIGKILL')
  }

  #endOf({ code, signal }: SubjectExit): LineOf<'end'> {
    const exit = { exitCode: code, signal }
    const limit = this.#given.head.memoryLimitBytes
    if (this.#overLimitBytes > 0)
      return {
        ...exit,
        reason: 'memory-limit',
        text: `stopped: RSS was ${this.#overLimitBytes} bytes, the limit is ${limit}`,
      }
    if (this.#isHung)
      return {
        ...exit,
        reason: 'hung',
        text: `nothing was heard of it for ${silenceMs / 1000} s; it was killed`,
      }
    if (this.#error !== undefined) return { ...exit, reason: 'threw', text: this.#error.message }
    if (this.#isDone && this.#isStopped)
      return { ...exit, reason: 'interrupted', text: 'stopped before its time' }
    if (this.#isDone) return { ...exit, reason: 'done', text: 'ran to its end' }
    return { ...exit, reason: 'crashed', text: crashText(code, signal) }
  }

  #emit<Type extends SoakLine['type']>(type: Type, body: LineOf<Type>): void {
    this.#given.emit(this.#line(type, body) as SoakLine)
  }

  #line<Type extends SoakLine['type']>(
    type: Type,
    body: LineOf<Type>,
  ): Extract<SoakLine, { type: Type }> {
    const now = Date.now()
    const line = {
      type,
      at: new Date(now).toISOString(),
      elapsedMs: now - this.#given.startedAtMs,
      part: this.#given.part,
      ...body,
    }
    return line as unknown as Extract<SoakLine, { type: Type }>
  }
}

/** The counts of latency and service time lie one after the other. */
function readCounts(path: string): [Histogram, Histogram] {
  const { buffer, byteOffset, byteLength } = readFileSync(path)
  const slots = new Uint32Array(buffer.slice(byteOffset, byteOffset + byteLength))
  const half = slots.length / 2
  return [hdrOf(slots.subarray(0, half)), hdrOf(slots.subarray(half))]
}

function crashText(code: number | null, signal: string | null): string {
  if (signal === null) return `the subject ended by itself with exit code ${code}`
  const number = osConstants.signals[signal as NodeJS.Signals]
  return `the subject was ended by ${signal}${number === undefined ? '' : ` (${number})`}`
}

/** The floor has no agent in it, and none of the subject's options. */
function plainEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(env))
    if (
      value !== undefined &&
      !/^(NODE_OPTIONS|NODE_EXTRA_CA_CERTS|LD_PRELOAD|SEAMPROOF_.*)$/.test(name)
    )
      plain[name] = value
  return plain
}
