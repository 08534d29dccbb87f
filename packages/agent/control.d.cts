export const isRecording: boolean
/** `kind` as in docs/TRACE_FORMAT.md: 0 user, 1 round begins, 2 round ends, 3 warm-up ends, 4 program ends. */
export function mark(name: string, kind?: number): void
export function jsHeap(): void
/** A counter of the agent, or NaN. */
export function stats(name: string): number
/** The CPU sampler, where the process is profiled; else no-ops. */
export const profile: {
  readonly isRunning: boolean
  start(): void
  stop(): void
  range<T>(name: string, run: () => T): T
}
/** The loaded library itself, for `ticker.cjs`; null where the agent does not record. */
export const native: object | null
