/** What is held against the facts. Every number that a verdict depends on stands here. */
export interface LeakLimits {
  /** Fewer steps cannot tell growth from noise. */
  stepsMin: number
  /** How far a step may lie from the median step and the growth still be steady, as a share of the median. */
  steadyDeviationMax: number
  /** For blocks that no frame of the subject explains, which V8's own habits could: the same, but stricter. */
  runtimeDeviationMax: number
  /** Runtime growth below this many blocks per operation is V8's own. */
  runtimeRateMin: number
  /** Runtime growth from this rate on, with the user's JavaScript in its stacks, is a leak of the program. */
  runtimeLeakRateMin: number
  /** Steady growth of fewer blocks in a step may be anything that happens a few times a round … */
  stepBlocksMin: number
  /** … unless it is as many as there are operations. */
  everyOperationRateMin: number
  /** Steady growth in bytes of blocks whose number does not grow. */
  stepBytesMin: number
  /** Uneven growth of less than both, in all, is noise. */
  unevenBlocksMin: number
  unevenBytesMin: number
  /** Growth over a program's life, without rounds: the least in all. */
  lifetimeBlocksMin: number
  lifetimeBytesMin: number
  /** A shorter life is all start-up. */
  lifetimeMsMin: number
}

export const defaultLeakLimits: LeakLimits = {
  stepsMin: 3,
  steadyDeviationMax: 0.25,
  runtimeDeviationMax: 0.05,
  runtimeRateMin: 0.5,
  runtimeLeakRateMin: 0.95,
  stepBlocksMin: 5,
  everyOperationRateMin: 0.95,
  stepBytesMin: 1024,
  unevenBlocksMin: 24,
  unevenBytesMin: 64 * 1024,
  lifetimeBlocksMin: 1000,
  lifetimeBytesMin: 256 * 1024,
  lifetimeMsMin: 2000,
}
