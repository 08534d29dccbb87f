import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { median } from 'simple-statistics'
import { allocatedSizes, allocationCosts } from './analyze/bench/allocation-costs.js'
import { closedLoopMeasurements } from './analyze/bench/closed-loop-measurements.js'
import { heapMeasurements } from './analyze/bench/heap-measurements.js'
import { latencyMeasurements, rateText } from './analyze/bench/latency-measurements.js'
import { sliceRate } from './analyze/bench/slice-rate.js'
import { matchesPattern } from './base/name-pattern.js'
import { ExitCode, SeamproofError } from './base/seamproof-error.js'
import { seamproofVersion } from './base/seamproof-version.js'
import { type BenchArm, prepareArm } from './capture/bench/bench-arm.js'
import { hasValgrind } from './capture/bench/callgrind.js'
import {
  allocationTurns,
  type BenchSetting,
  closedLoopTurns,
  heapRun,
  openLoopTurns,
  type ProcessRun,
} from './capture/bench/take-turns.js'
import { machineFacts } from './capture/machine-facts.js'
import { requireAgent, requireCalibrationAddon } from './capture/require-agent.js'
import { findSubjectExecutable } from './capture/subject-executable.js'
import type { ClosedLoopResult, ClosedLoopWorkload } from './contract/bench-samples.js'
import type { Evidence, Measurement, MeasurementList } from './contract/measurement.js'
import {
  type CountedAllocations,
  type CountedWorkload,
  countAllocations,
  countCrossings,
  countOperationInstructions,
} from './pipeline-bench-counts.js'

export const benchParts = [
  'timing',
  'latency',
  'heap',
  'allocations',
  'crossings',
  'instructions',
] as const
export type BenchPart = (typeof benchParts)[number]

export interface BenchOptions {
  /** An empty folder for samples, captures and measurements. */
  folder: string
  files: readonly string[]
  cwd: string
  env: NodeJS.ProcessEnv
  /** As it can be typed again. */
  command: readonly string[]
  nodePath?: string | undefined
  only?: string | undefined
  /** Only workloads with one of these names; `*` stands for any text. */
  patterns?: readonly string[] | undefined
  parts: readonly BenchPart[]
  /** Of the timed parts, over all processes. */
  timeMs: number
  processCount: number
  /** For latency; each workload's own, or half of what it can do, when absent. */
  ratePerS?: number | undefined
  isRealtime?: boolean | undefined
  /** For which workloads latency is measured; all when absent. */
  hasLatency?: ((workload: { name: string; component?: string }) => boolean) | undefined
  /** Counts two workloads at once, and times crossings under the layer once: for a validation in minutes. */
  isQuick?: boolean | undefined
  /** Component → patterns of names of workloads. */
  components?: Readonly<Record<string, { workloads: readonly string[] }>> | undefined
  subjectModules?: readonly string[] | undefined
  timeoutMs: number
  onStep?: ((text: string) => void) | undefined
}

/** One side of a comparison: what is different there. */
export interface BenchSide {
  name: string
  env: Record<string, string | undefined>
  cwd: string
}

/** Measures the workloads of some files: time, latency, allocations, crossings. Leaves samples.json and measurements.json. */
export async function benchWorkloads(options: BenchOptions): Promise<MeasurementList> {
  const [list] = await benchSides([{ name: 'run', env: {}, cwd: options.cwd }], options)
  writeFileSync(join(options.folder, 'measurements.json'), `${JSON.stringify(list, null, 2)}\n`)
  return list!
}

/** The same for several sides, whose processes take turns. One list for each, in their order. */
export async function benchSides(
  sides: readonly BenchSide[],
  options: BenchOptions,
): Promise<MeasurementList[]> {
  const nodePath = findSubjectExecutable(options.nodePath ?? process.execPath, options).path
  const setting: BenchSetting = {
    agentLibrary: await requireAgent(),
    calibrationAddon: await requireCalibrationAddon(),
    nodePath,
    env: options.env,
    timeoutMs: options.timeoutMs,
    // Of several files only some declare it.
    ...(options.only !== undefined && options.files.length > 1
      ? { patterns: [options.only] }
      : { only: options.only, patterns: options.patterns }),
    onStep: options.onStep,
  }
  const machine = machineFacts(nodePath)
  const arms: BenchArm[] = []
  for (const side of sides) arms.push(await prepareArm(side, options.files, options.folder))
  const bench = new Bench(arms, setting, options)
  await bench.run()
  return arms.map((arm) => ({
    formatVersion: 1,
    seamproofVersion,
    createdAt: new Date().toISOString(),
    command: [...options.command],
    machine,
    measurements: bench.measurements.get(arm.name)!,
    missing: bench.missing.get(arm.name)!,
    notes: bench.notes,
  }))
}

/** Enough for an interval; each is a second. */
const mallocProcesses = 5

class Bench {
  readonly measurements = new Map<string, Measurement[]>()
  readonly missing = new Map<string, MeasurementList['missing']>()
  readonly notes: string[] = []
  readonly #arms: readonly BenchArm[]
  readonly #setting: BenchSetting
  readonly #options: BenchOptions
  readonly #evidence: Evidence
  readonly #allocations = new Map<string, CountedAllocations[]>()
  #closed: ProcessRun<ClosedLoopResult>[] = []

  constructor(arms: readonly BenchArm[], setting: BenchSetting, options: BenchOptions) {
    this.#arms = arms
    this.#setting = setting
    this.#options = options
    this.#evidence = {
      kind: 'samples',
      path: 'samples.json',
      reproduce: options.command.join(' '),
    }
    for (const arm of arms) {
      this.measurements.set(arm.name, [])
      this.missing.set(arm.name, [])
    }
  }

  async run(): Promise<void> {
    const { parts, processCount } = this.#options
    const isTimed = parts.includes('timing')
    const hasLatency = parts.includes('latency')
    const share = this.#options.timeMs / (isTimed && hasLatency ? 2 : 1)
    const processes = this.#arms.length * Math.max(1, this.#options.files.length)
    this.#closed = await closedLoopTurns(
      {
        arms: this.#arms,
        // What the other parts need to know of a workload, one process tells.
        processCount: isTimed ? processCount : 1,
        measureMsPerProcess: isTimed ? share / (processCount * processes) : 100,
      },
      this.#setting,
    )
    if (this.#closed.every(({ result }) => result.workloads.length === 0))
      throw noSuchWorkload(this.#options)
    if (isTimed) this.#addTimes()
    const openCount = Math.max(5, Math.ceil(processCount / 2))
    if (hasLatency) await this.#addLatency(openCount, share / (openCount * processes))
    for (const arm of this.#arms) {
      for (const [file] of arm.files.entries()) await this.#addCounts(arm, file)
      await this.#addAllocationCosts(arm)
    }
    this.#writeSamples()
  }

  #results(arm: string, file: number): ClosedLoopResult[] {
    return this.#closed
      .filter((one) => one.arm === arm && one.file === file)
      .map((one) => one.result)
  }

  #workloads(arm: string, file: number): ClosedLoopWorkload[] {
    return (this.#results(arm, file)[0]?.workloads ?? []).map((workload) => ({
      ...workload,
      ...this.#componentOf(workload),
    }))
  }

  #componentOf({ name, component }: ClosedLoopWorkload): { component?: string } {
    const configured = Object.entries(this.#options.components ?? {}).find(([, { workloads }]) =>
      workloads.some((pattern) => matchesPattern(pattern, name)),
    )
    const found = component ?? configured?.[0]
    return found === undefined ? {} : { component: found }
  }

  #addTimes(): void {
    for (const arm of this.#arms)
      for (const file of arm.files.keys()) {
        const results = this.#results(arm.name, file).map((result) => ({
          ...result,
          workloads: result.workloads.map((one) => ({ ...one, ...this.#componentOf(one) })),
        }))
        this.#add(arm, closedLoopMeasurements(results, this.#evidence))
      }
  }

  #capacity(arm: string, file: number, index: number): number {
    const times = this.#results(arm, file).map(
      ({ workloads }) => sliceRate(workloads[index]!.slices).nsPerOperation,
    )
    return 1e9 / median(times)
  }

  async #addLatency(processCount: number, measureMsPerProcess: number): Promise<void> {
    const [first] = this.#arms
    const rates = first!.files.map((_, file) => this.#ratesOf(file))
    const runs = await openLoopTurns(
      {
        arms: this.#arms,
        processCount,
        measureMsPerProcess,
        rates,
        isRealtime: this.#options.isRealtime ?? false,
      },
      this.#setting,
    )
    if (this.#options.isRealtime && runs.some((one) => !one.result.isRealtime))
      this.notes.push('real-time scheduling is not permitted here: latency was measured without it')
    for (const arm of this.#arms)
      for (const file of arm.files.keys())
        for (const workload of this.#workloads(arm.name, file)) {
          const own = runs
            .filter((one) => one.arm === arm.name && one.file === file)
            .flatMap((one) => one.result.workloads)
            .filter((one) => one.name === workload.name)
          const path = `latency-${arm.name}-${file + 1}.json`
          this.#writeJson(path, own)
          const evidence: Evidence = { ...this.#evidence, kind: 'histogram', path }
          this.#add(arm, latencyMeasurements(own, workload, evidence))
        }
  }

  /** The same rate for all sides. What cannot be held would only measure how long the queue grew. */
  #ratesOf(file: number): Record<string, number> {
    const rates: Record<string, number> = {}
    for (const [index, workload] of this.#workloads(this.#arms[0]!.name, file).entries()) {
      if (this.#options.hasLatency?.(workload) === false) continue
      const capacity = Math.min(...this.#arms.map((arm) => this.#capacity(arm.name, file, index)))
      const asked = this.#options.ratePerS ?? workload.ratePerS
      if (asked !== undefined && asked > capacity) {
        for (const arm of this.#arms)
          this.missing.get(arm.name)!.push({
            metric: 'latency p99',
            workload: workload.name,
            ...(workload.component === undefined ? {} : { component: workload.component }),
            reason: `it can do ${rateText(capacity)}: ${rateText(asked)} cannot be held`,
          })
        continue
      }
      rates[workload.name] = asked ?? Math.min(200_000, capacity / 2)
    }
    return rates
  }

  async #addCounts(arm: BenchArm, file: number): Promise<void> {
    const { parts, subjectModules, command, cwd } = this.#options
    const workloads = this.#workloads(arm.name, file)
    if (workloads.length === 0) return
    if (parts.includes('heap'))
      await this.#attempt(arm, ['JavaScript heap'], undefined, async () =>
        heapMeasurements(
          await heapRun(arm, arm.files[file]!, this.#setting),
          workloads,
          this.#evidence,
        ),
      )
    const hasCallgrind = parts.includes('instructions') && hasValgrind(this.#setting, cwd)
    const countedOf = (workload: ClosedLoopWorkload, index: number): CountedWorkload => ({
      arm,
      file: arm.files[file]!,
      workload,
      operationsPerS: this.#capacity(arm.name, file, index),
      setting: this.#setting,
      subjectModules,
      layerRepetitions: this.#options.isQuick ? 1 : 3,
      reproduce: command.join(' '),
      index,
    })
    const atOnce = this.#options.isQuick && availableParallelism() > 1 ? 2 : 1
    await inTurns(workloads, atOnce, async (workload, index) => {
      const counted = countedOf(workload, index)
      if (parts.includes('allocations'))
        await this.#attempt(arm, ['native allocations', 'native bytes allocated'], workload, () =>
          countAllocations(counted, (found) => {
            const before = this.#allocations.get(arm.name) ?? []
            this.#allocations.set(arm.name, [...before, found])
          }),
        )
      if (parts.includes('crossings'))
        await this.#attempt(arm, ['crossings', 'crossing cost', 'bytes copied'], workload, () =>
          countCrossings(counted, this.#results(arm.name, file)),
        )
      if (!parts.includes('instructions')) return
      const metrics = ['instructions per operation', 'instructions per crossing']
      if (hasCallgrind)
        await this.#attempt(arm, metrics, workload, () =>
          countOperationInstructions(counted, this.#crossingsOf(arm, workload.name)),
        )
      else this.#lack(arm, metrics, workload, 'valgrind is not installed: apt-get install valgrind')
    })
  }

  /** How large blocks are is only known when they were counted. */
  async #addAllocationCosts(arm: BenchArm): Promise<void> {
    const counted = this.#allocations.get(arm.name) ?? []
    const sizes = allocatedSizes(counted)
    if (sizes.length === 0) return
    await this.#attempt(arm, ['allocation cost'], undefined, async () =>
      allocationCosts(counted, await allocationTurns(arm, sizes, mallocProcesses, this.#setting)),
    )
  }

  #crossingsOf(arm: BenchArm, workload: string): number | undefined {
    return this.measurements
      .get(arm.name)!
      .find(
        (one) =>
          one.metric === 'crossings' && one.workload === workload && one.detail === undefined,
      )?.estimate.value
  }

  /** A count that cannot be had is missing with its reason; what was timed is kept. */
  async #attempt(
    arm: BenchArm,
    metrics: string[],
    workload: ClosedLoopWorkload | undefined,
    measure: () => Promise<Measurement[]>,
  ): Promise<void> {
    try {
      this.#add(arm, await measure())
    } catch (error) {
      if (!(error instanceof SeamproofError) || error.code === 'INTERRUPTED') throw error
      this.#lack(arm, metrics, workload, error.message.split('\n')[0]!)
    }
  }

  #lack(
    arm: BenchArm,
    metrics: string[],
    workload: ClosedLoopWorkload | undefined,
    reason: string,
  ): void {
    for (const metric of metrics)
      this.missing.get(arm.name)!.push({
        metric,
        ...(workload === undefined ? {} : { workload: workload.name }),
        reason,
      })
  }

  #add(arm: BenchArm, measured: Measurement[]): void {
    this.measurements.get(arm.name)!.push(...measured)
  }

  #writeSamples(): void {
    this.#writeJson('samples.json', { formatVersion: 1, closed: this.#closed })
  }

  #writeJson(name: string, value: unknown): void {
    writeFileSync(join(this.#options.folder, name), `${JSON.stringify(value)}\n`)
  }
}

/** So many at once; what each adds, it adds for itself. */
async function inTurns<One>(
  all: readonly One[],
  atOnce: number,
  visit: (one: One, index: number) => Promise<void>,
): Promise<void> {
  const rest = [...all.entries()]
  const worker = async () => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift())
      await visit(next[1], next[0])
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

function noSuchWorkload({ only, patterns, files }: BenchOptions): SeamproofError {
  return new SeamproofError(
    'NO_WORKLOADS',
    `no workload of ${files.join(', ')} is named "${only ?? patterns?.join('", "')}"`,
    { exitCode: ExitCode.usage, hint: 'names are those in workload("…")' },
  )
}
