export type EffectSize = 'negligible' | 'small' | 'medium' | 'large'

/** Of all pairs, the share where `left` is larger minus the share where it is smaller: −1 to 1, 0 where neither tends to be. */
export function cliffsDelta(left: readonly number[], right: readonly number[]): number {
  if (left.length === 0 || right.length === 0) return 0
  let balance = 0
  for (const one of left) for (const other of right) balance += Math.sign(one - other)
  return balance / (left.length * right.length)
}

/** The usual words for it (Romano and others, 2006). */
export function effectSize(delta: number): EffectSize {
  const size = Math.abs(delta)
  if (size < 0.147) return 'negligible'
  if (size < 0.33) return 'small'
  return size < 0.474 ? 'medium' : 'large'
}
