import { createRequire } from 'node:module'

export interface ProfileControl {
  /** Whether samples are being taken now. */
  readonly isRunning: boolean
  start(): void
  stop(): void
  /** Names a stretch of time: until `run` returns, or the promise that it returns is settled. Gives back what `run` gives. */
  range<T>(name: string, run: () => T): T
}

/** The CPU sampler of `seamproof profile`; without it everything here does nothing, so that calls may stay in a program. */
export const profile: ProfileControl = (
  createRequire(import.meta.url)('@seamproof/agent/control') as { profile: ProfileControl }
).profile
