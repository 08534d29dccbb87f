export interface Ticker {
  /** `clock()` writes the monotonic time in nanoseconds here: a number returned would be an object for each operation. */
  cell: Float64Array
  clock(): void
  /** Calls back every `periodUs` on the event loop; one schedule per process. Throws when it cannot. */
  start(periodUs: number, callback: () => void): void
  stop(): void
  /** Puts this thread before all that is not real-time (0: back again). Returns 0, or an errno: 1 means not permitted. */
  realtime(priority: number): number
}

export function loadTicker(library: string): Ticker
