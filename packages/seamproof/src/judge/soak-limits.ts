/** What is held against the facts of a soak. Every number that a verdict depends on stands here. */
export interface SoakLimits {
  /** Of native live bytes, USS and V8's heap, over the measured time. */
  growthRatioMax: number
  /** Share of the scheduled operations that must have been done. */
  heldShareMin: number
  /** Growth that is beyond doubt is spoken of from this share of the baseline on … */
  spokenRatioMin: number
  /** … and from this many bytes. */
  spokenBytesMin: number
  /** Descriptors, threads, handles and mappings: so many more, beyond doubt, are too many. */
  resourceGrowthMax: number
  /** Of what the process holds beyond live blocks, less than this share of the live growth is only the blocks' own overhead. */
  overheadShareMax: number
}

export const defaultSoakLimits: SoakLimits = {
  growthRatioMax: 0.1,
  heldShareMin: 0.999,
  spokenRatioMin: 0.05,
  spokenBytesMin: 1024 * 1024,
  resourceGrowthMax: 3,
  overheadShareMax: 0.5,
}
