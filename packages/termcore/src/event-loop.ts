import { constants } from 'node:os'
import { loadNative } from './native.js'
import { TermcoreError } from './termcore-error.js'

/** What event_loop_bindings.c exports. */
interface NativeEventLoop {
  loopCreate(isEpoll: 0 | 1): number
  loopDestroy(loop: number): void
  loopAddFd(loop: number, fd: number, interest: number, callback: (value: number) => void): number
  loopAddTimer(
    loop: number,
    firstNs: number,
    everyNs: number,
    isPrecise: 0 | 1,
    callback: (value: number) => void,
  ): number
  loopAddSignal(loop: number, signal: number, callback: (value: number) => void): number
  loopModifyFd(source: number, interest: number): void
  loopRemove(source: number): void
  loopUnref(source: number): void
  loopCounts(loop: number, counts: Float64Array): void
}

/** Bits of a descriptor's interest (the first two) and of what its callback is told. */
export const readiness = { readable: 1, writable: 2, hangup: 4, error: 8 } as const

export interface TimerOptions {
  /** Until it fires first. */
  readonly afterMs: number
  /** And then again; default: once. */
  readonly everyMs?: number
  /**
   * Microseconds instead of libuv's whole milliseconds, by a timerfd (Linux). Such a timer comes with
   * the descriptors in the order of a turn. Default false.
   */
  readonly precise?: boolean
}

export interface EventLoopCounts {
  readonly timerCount: number
  readonly fdCount: number
  readonly signalCount: number
  /** Events for sources that were removed or not interested any more. */
  readonly refusedCount: number
  /** Callbacks that were timed: 1 in 64. */
  readonly sampledCount: number
  readonly sampledNs: number
  readonly sampledNsMax: number
  readonly sourceCount: number
}

/** One thing an event loop waits for. Removing twice is an error; disposing twice is not. */
export class EventSource implements Disposable {
  readonly #native: NativeEventLoop
  readonly #handle: number
  #isRemoved = false

  /** @internal */
  constructor(native: NativeEventLoop, handle: number) {
    this.#native = native
    this.#handle = handle
  }

  /** Another interest for a descriptor; counts at once, also for what this turn has reported already. */
  modify(interest: number): void {
    this.#native.loopModifyFd(this.#handle, interest)
  }

  /** Its callback never runs again, also not for an event that is already reported. */
  remove(): void {
    this.#native.loopRemove(this.#handle)
    this.#isRemoved = true
  }

  /** Lets the process end although this source still waits. */
  unref(): this {
    this.#native.loopUnref(this.#handle)
    return this
  }

  [Symbol.dispose](): void {
    if (this.#isRemoved) return
    this.#isRemoved = true
    try {
      this.#native.loopRemove(this.#handle)
    } catch {
      // The loop was destroyed first and took the source with it.
    }
  }
}

export interface EventLoopOptions {
  /** `epoll` is Linux only and runs inside Node's loop. Default `uv`. */
  readonly backend?: 'uv' | 'epoll'
}

/**
 * Descriptors, timers and signals, on Node's own loop or on raw epoll. Order in a turn: timers by due
 * time, then descriptors as the kernel reports them, then signals. Callbacks may add, modify and
 * remove anything, this loop included.
 */
export class EventLoop implements Disposable {
  readonly #native = loadNative<NativeEventLoop>()
  readonly #handle: number
  readonly #counts = new Float64Array(8)
  #isClosed = false

  constructor(options: EventLoopOptions = {}) {
    this.#handle = this.#native.loopCreate(options.backend === 'epoll' ? 1 : 0)
  }

  /** `interest`: bits of `readiness`. The callback is told what is ready, plus hangup and error. */
  watchFd(fd: number, interest: number, callback: (ready: number) => void): EventSource {
    return this.#source(this.#native.loopAddFd(this.#handle, fd, interest, callback))
  }

  /** The callback is told how many periods have passed since it last ran; more than 1 means it was late. */
  startTimer(options: TimerOptions, callback: (expirations: number) => void): EventSource {
    const { afterMs, everyMs = 0, precise = false } = options
    const nsPerMs = 1e6
    return this.#source(
      this.#native.loopAddTimer(
        this.#handle,
        afterMs * nsPerMs,
        everyMs * nsPerMs,
        precise ? 1 : 0,
        callback,
      ),
    )
  }

  watchSignal(signal: NodeJS.Signals, callback: (number: number) => void): EventSource {
    const number = constants.signals[signal]
    if (number === undefined)
      throw new TermcoreError(
        'TERMCORE_ARGUMENT',
        `${signal} is no signal of this system`,
        `use one of ${Object.keys(constants.signals).slice(0, 8).join(', ')}, ...`,
      )
    return this.#source(this.#native.loopAddSignal(this.#handle, number, callback))
  }

  counts(): EventLoopCounts {
    this.#native.loopCounts(this.#handle, this.#counts)
    const [
      timers = 0,
      fds = 0,
      signals = 0,
      refused = 0,
      sampled = 0,
      ns = 0,
      nsMax = 0,
      sources = 0,
    ] = this.#counts
    return {
      timerCount: timers,
      fdCount: fds,
      signalCount: signals,
      refusedCount: refused,
      sampledCount: sampled,
      sampledNs: ns,
      sampledNsMax: nsMax,
      sourceCount: sources,
    }
  }

  /** Removes every source. Closing twice is harmless. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#native.loopDestroy(this.#handle)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #source(handle: number): EventSource {
    return new EventSource(this.#native, handle)
  }
}
