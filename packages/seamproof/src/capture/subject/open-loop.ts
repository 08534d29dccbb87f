import type { Ticker } from '@seamproof/agent/ticker'
import { LatencyCounts } from './latency-counts.js'
import { schedulerTimes } from './scheduler-times.js'

export interface OpenLoopOptions {
  ratePerS: number
  ticker: Ticker
  /** How often operations that are due are started, together. Half of it is in every latency. */
  periodUs?: number
  /** Asynchronous operations under way at once; more have to wait, and their latency grows. */
  inFlightMax?: number
}

export interface OpenLoopCounts {
  /** Whose time came while the load ran. */
  scheduledCount: number
  startedCount: number
  completedCount: number
}

const periodUsDefault = 100
const inFlightMaxDefault = 4096
/** A backlog is worked off in slices, with a turn of the event loop in between: finalizers and answers must get through. */
const sliceNs = 1e6
/** The end of a run is met a tick late; what is later than this was held up. */
const lateNs = 2e6
/** What is still due at the end may be caught up with for so long; who is further behind stays behind. */
const graceNs = 20e6

/**
 * Starts operations when their time has come, whether or not those before them were quick: latency counts from the scheduled
 * start, so that a stall of the subject is seen by every operation that had to wait for it (no coordinated omission). The
 * schedule can be held and resumed: the time in between belongs to no operation.
 */
export class OpenLoop {
  /** From the scheduled start to the end. Whoever reads it may reset it. */
  readonly latency = new LatencyCounts()
  /** From the real start to the end; for asynchronous operations the same, with what ran in between. */
  readonly service = new LatencyCounts()
  readonly #operation: () => unknown
  readonly #ticker: Ticker
  readonly #cell: Float64Array
  readonly #spacingNs: number
  readonly #periodUs: number
  readonly #inFlightMax: number
  #originNs = 0
  #untilNs = 0
  /** How many are to be started by the end of this run: what lies between two runs is always as many. */
  #target = 0
  #started = 0
  #completed = 0
  #inFlight = 0
  #heldAtNs = 0
  #failure: { thrown: unknown } | undefined
  #finish: { resolve: () => void; reject: (error: unknown) => void } | undefined
  /** Called at every tick with the time; for reports, on the load's own thread and at its cost. */
  onTick: ((nowNs: number) => void) | undefined

  constructor(operation: () => unknown, options: OpenLoopOptions) {
    this.#operation = operation
    this.#ticker = options.ticker
    this.#cell = options.ticker.cell
    this.#spacingNs = 1e9 / options.ratePerS
    this.#periodUs = options.periodUs ?? periodUsDefault
    this.#inFlightMax = options.inFlightMax ?? inFlightMaxDefault
  }

  get counts(): OpenLoopCounts {
    const nowNs = this.#finish === undefined ? this.#heldAtNs : this.#now()
    return {
      scheduledCount: this.#dueAt(nowNs),
      startedCount: this.#started,
      completedCount: this.#completed,
    }
  }

  /** Drives the load for a while, from where it was held; what is late then is still owed at the next call. */
  run(forMs: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.thrown)
    const nowNs = this.#now()
    this.#originNs = this.#originNs === 0 ? nowNs : this.#originNs + (nowNs - this.#heldAtNs)
    this.#untilNs = nowNs + forMs * 1e6
    this.#target += (forMs * 1e6) / this.#spacingNs
    return new Promise((resolve, reject) => {
      this.#finish = { resolve, reject }
      this.#ticker.start(this.#periodUs, () => this.#tick())
    })
  }

  /** Ends the call of `run` that is under way at its next tick; the schedule ends there too. */
  stop(): void {
    this.#untilNs = Math.min(this.#untilNs, this.#now())
    this.#target = Math.min(this.#target, this.#dueAt(this.#untilNs))
  }

  /** What is still owed is no longer: after a warm-up, in which code is compiled. */
  forgive(): void {
    this.#originNs = this.#heldAtNs - this.#started * this.#spacingNs
    this.#target = this.#started
  }

  /** Waits for what is under way, while nothing new is started. False when some of it did not end in time. */
  async drain(forMs: number): Promise<boolean> {
    const untilMs = performance.now() + forMs
    while (this.#inFlight > 0 && performance.now() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, 1))
    return this.#inFlight === 0
  }

  /** At the very end: what was scheduled and never done has waited at least until now, and is counted with that. */
  settleDebt(): void {
    const debt = this.#dueAt(this.#heldAtNs) - this.#completed
    const shares = Math.min(debt, 1000)
    for (let share = 0; share < shares; share++) {
      const first = Math.floor((debt * share) / shares)
      const next = Math.floor((debt * (share + 1)) / shares)
      const scheduledNs = this.#originNs + (this.#completed + (first + next) / 2) * this.#spacingNs
      this.latency.recordMany(this.#heldAtNs - scheduledNs, next - first)
    }
  }

  #now(): number {
    this.#ticker.clock()
    return this.#cell[0]!
  }

  #dueAt(nowNs: number): number {
    return this.#originNs === 0 ? 0 : Math.ceil((nowNs - this.#originNs) / this.#spacingNs)
  }

  #tick(): void {
    try {
      const nowNs = this.#now()
      const target = Math.round(this.#target)
      const lastNs = this.#work(nowNs, Math.min(this.#dueAt(nowNs), target))
      this.onTick?.(lastNs)
      const isDone = nowNs >= this.#untilNs && this.#started >= target
      if (isDone || nowNs >= this.#untilNs + graceNs) this.#hold(lastNs)
    } catch (thrown) {
      this.#fail(thrown)
    }
  }

  #work(nowNs: number, due: number): number {
    const operation = this.#operation
    const sliceEndNs = nowNs + sliceNs
    let lastNs = nowNs
    while (this.#started < due && this.#inFlight < this.#inFlightMax) {
      const scheduledNs = this.#originNs + this.#started * this.#spacingNs
      this.#started++
      const outcome = operation()
      if (isThenable(outcome)) {
        this.#await(outcome, scheduledNs, lastNs)
        lastNs = this.#now()
      } else {
        const endNs = this.#now()
        this.latency.record(endNs - scheduledNs)
        this.service.record(endNs - lastNs)
        this.#completed++
        lastNs = endNs
      }
      if (lastNs > sliceEndNs) break
    }
    return lastNs
  }

  #await(outcome: PromiseLike<unknown>, scheduledNs: number, startNs: number): void {
    this.#inFlight++
    // A pause of the schedule moves its origin; an operation under way keeps the time that it was due.
    outcome.then(
      () => {
        const endNs = this.#now()
        this.#inFlight--
        this.#completed++
        this.latency.record(endNs - scheduledNs)
        this.service.record(endNs - startNs)
      },
      (thrown: unknown) => this.#fail(thrown),
    )
  }

  #hold(nowNs: number): void {
    this.#ticker.stop()
    // A stall that went on past the end holds up those that were due in it: the pause begins behind it.
    this.#heldAtNs = nowNs - this.#untilNs > lateNs ? nowNs : this.#untilNs
    const { resolve } = this.#finish!
    this.#finish = undefined
    resolve()
  }

  #fail(thrown: unknown): void {
    this.#failure ??= { thrown }
    if (this.#finish === undefined) return
    this.#ticker.stop()
    this.#heldAtNs = this.#now()
    const { reject } = this.#finish
    this.#finish = undefined
    reject(thrown)
  }
}

export interface OpenLoopResult extends OpenLoopCounts {
  wallMs: number
  /** Share of the main thread's time that it wanted to run and another process had the processor. */
  runQueueWaitShare: number
  cpuShare: number
  latency: LatencyCounts
  service: LatencyCounts
}

/** One operation at a set rate for a set time; the short form for who needs no pauses. */
export async function runOpenLoop(
  operation: () => unknown,
  options: OpenLoopOptions & { forMs: number },
): Promise<OpenLoopResult> {
  const loop = new OpenLoop(operation, options)
  const before = schedulerTimes()
  const startedMs = performance.now()
  await loop.run(options.forMs)
  const wallMs = performance.now() - startedMs
  const after = schedulerTimes()
  await loop.drain(2000)
  loop.settleDebt()
  return {
    ...loop.counts,
    wallMs,
    runQueueWaitShare: (after.waitNs - before.waitNs) / (wallMs * 1e6),
    cpuShare: (after.runNs - before.runNs) / (wallMs * 1e6),
    latency: loop.latency,
    service: loop.service,
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as PromiseLike<unknown>).then === 'function'
  )
}
